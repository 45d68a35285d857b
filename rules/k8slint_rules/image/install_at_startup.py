"""Packages are installed while the pod starts."""

import re
from collections.abc import Iterator

from k8slint import Call, Expr, Finding, Location, Program, PythonFile, Related, Role, Rule, Severity, Workload

SUBPROCESS = (
    "subprocess.run",
    "subprocess.call",
    "subprocess.check_call",
    "subprocess.check_output",
    "subprocess.Popen",
    "os.system",
    "nltk.download",
)
INSTALLS = re.compile(
    r"^(?:\S*/)?(?:"
    r"(?:python[\d.]*\s+(?:-\S+\s+)*-m\s+)?pip[\d.]*\s+(?:-\S+\s+)*install\b"
    r"|python[\d.]*\s+(?:-\S+\s+)*-m\s+(?:spacy|nltk\.downloader)\s+(?:download\b|\S+)"
    r"|uv\s+(?:pip\s+install|sync)\b|poetry\s+install\b|pipenv\s+(?:install|sync)\b|pdm\s+(?:install|sync)\b"
    r"|(?:conda|mamba|micromamba)\s+install\b|apt(?:-get)?\s+(?:-\S+\s+)*install\b|apk\s+(?:-\S+\s+)*add\b"
    r"|(?:dnf|yum|microdnf)\s+(?:-\S+\s+)*install\b|(?:python[\d.]*\s+-m\s+)?playwright\s+install\b|spacy\s+download\b"
    r")"
)
OFFLINE = ("--no-index", "--help", "--dry-run")
FIX = "install it in the image, in a RUN instruction"


def check(workload: Workload) -> Iterator[Finding]:
    if workload.role is Role.PROGRAM or not workload.python.or_else(False):
        return
    seen: set[Location] = set()
    for process in workload.processes.value if workload.processes.is_known else ():
        commands = [(words, at) for step in process.steps for words, at in step.commands]
        own = process.entry
        commands.append((tuple(word.text or word.written for word in own.words), own.location))
        for words, location in commands:
            text = " ".join(words)
            if location not in seen and INSTALLS.match(_bare(text)) and not any(flag in words for flag in OFFLINE):
                seen.add(location)
                yield _finding(workload, location, _bare(text))
    for _, program in workload.programs():
        yield from _in_python(workload, program)


def _bare(text: str) -> str:
    """The command behind ``exec``, ``sudo`` and assignments."""
    return re.sub(r"^(?:(?:exec|sudo|command|time|env)\s+|\w+=\S*\s+)*", "", text)


def _in_python(workload: Workload, program: Program) -> Iterator[Finding]:
    for module, call in program.calls(*SUBPROCESS):
        text = "nltk download" if call.name == "nltk.download" else _command(module, call)
        if call.name == "nltk.download" and call.scope:
            continue
        if text and (call.name == "nltk.download" or INSTALLS.match(_bare(text))):
            yield _finding(workload, call.location, text)


def _command(module: PythonFile, call: Call) -> str:
    first = module.resolve(call.args[0], call.scope) if call.args else None
    if first is None:
        return ""
    if first.kind == "const" and isinstance(first.value, str):
        return first.value
    return (
        " ".join(_word(module.resolve(part, call.scope)) for part in first.args)
        if first.kind in ("list", "tuple")
        else ""
    )


def _word(part: Expr) -> str:
    if part.kind == "const":
        return str(part.value)
    return "python" if part.value == "sys.executable" else "_"


def _finding(workload: Workload, location: Location, command: str) -> Finding:
    short = command if len(command) <= 60 else command[:57] + "..."
    related = tuple(Related(at, f"{what} leads here") for at, what in workload.launch_places if at != location)
    message = (
        f"`{short}` runs at every start of {workload.label}: each restart waits for the package index and fails when "
        "it cannot be reached, and pods started at different times may run different versions"
    )
    severity = Severity.WARNING if workload.role is Role.INIT else Severity.ERROR
    return Finding(RULE, location, message, FIX, related, severity)


RULE = Rule(
    "install-at-startup",
    "Packages are installed while the pod starts",
    Severity.ERROR,
    Workload,
    check,
    calls=SUBPROCESS,
)
