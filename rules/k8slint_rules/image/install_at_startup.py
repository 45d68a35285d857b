"""Packages are installed while the pod starts."""

import re
from collections.abc import Iterator

from k8slint import (
    Call,
    Confidence,
    Expr,
    Finding,
    Location,
    Program,
    PythonFile,
    Related,
    Role,
    Rule,
    Severity,
    Workload,
)
from k8slint.regex import regex

SUBPROCESS = (
    "subprocess.run",
    "subprocess.call",
    "subprocess.check_call",
    "subprocess.check_output",
    "subprocess.Popen",
    "os.system",
    "nltk.download",
)
INSTALLS = regex(
    r"^(?:\S*/)?(?:"
    r"(?:python[\d.]*\s+(?:-\S+\s+)*-m\s+)?(?:pip[\d.]*\s+(?:-\S+\s+)*install|playwright\s+install|spacy\s+download)\b"
    r"|python[\d.]*\s+(?:-\S+\s+)*-m\s+nltk\.downloader\b"
    r"|uv\s+(?:-\S+\s+)*(?:pip\s+(?:-\S+\s+)*install|sync)\b|(?:poetry|pipenv|pdm)\s+(?:-\S+\s+)*(?:install|sync)\b"
    r"|(?:conda|mamba|micromamba)\s+(?:-\S+\s+)*(?:install|env\s+(?:create|update))\b"
    r"|(?:apt|apt-get|dnf|yum|microdnf)\s+(?:-\S+\s+)*install\b|apk\s+(?:-\S+\s+)*add\b"
    r")"
)
OFFLINE = ("--no-index", "--offline", "--help", "--dry-run")
ALL_IN_VARIABLE = regex(r"\s(?:install|add)\s+(?:-\S+\s+)*\$\{?(\w+)\}?$")
# The entry scripts of these images install what the variables name, unless `command` takes the scripts' place.
OBLIGING = regex(r"(^|/)(prefecthq/prefect|dask/dask|daskdev/dask|apache/airflow)\b")
VARIABLES = {
    "EXTRA_PIP_PACKAGES": "pip install",
    "EXTRA_CONDA_PACKAGES": "conda install",
    "EXTRA_APT_PACKAGES": "apt-get install",
    "_PIP_ADDITIONAL_REQUIREMENTS": "pip install",
}
FIX = "install it in the image, in a RUN instruction"


def check(workload: Workload) -> Iterator[Finding]:
    yield from _by_variable(workload)
    if workload.role is Role.PROGRAM or not (workload.python.or_else(False) or workload.base.python):
        return
    seen: set[tuple[str, int]] = set()
    for process in workload.processes.value if workload.processes.is_known else ():
        commands = [command for step in process.steps for command in step.sure_commands]
        own = process.entry
        commands.append((tuple(word.text or word.written for word in own.words), own.location))
        for words, location in commands:
            text = " ".join(words)
            variable = ALL_IN_VARIABLE.search(text)
            if variable is not None and not workload.environment.get(variable.group(1), process).is_known:
                continue  # Nobody is known to ask for anything.
            if (location.path, location.line) not in seen and _installs(text):
                seen.add((location.path, location.line))
                yield _finding(workload, location, _bare(text))
    for _, program in workload.programs():
        yield from _in_python(workload, program)


def _installs(text: str) -> bool:
    return INSTALLS.match(_bare(text)) is not None and not any(flag in text.split() for flag in OFFLINE)


def _bare(text: str) -> str:
    """The command behind ``exec``, ``sudo`` and assignments."""
    return re.sub(r"^(?:(?:exec|sudo|command|time|env)\s+|\w+=\S*\s+)*", "", text)


def _by_variable(workload: Workload) -> Iterator[Finding]:
    container, stage = workload.container, workload.stage
    image = stage.base_image if stage is not None else container.image if container is not None else None
    if container is None or image is None or not image.is_known or not OBLIGING.search(image.value):
        return
    if not container.command.is_absent or (stage is not None and stage.entrypoint is not None):
        return
    for name, installer in VARIABLES.items():
        packages = workload.environment.get(name)
        if packages.is_known and packages.value.strip() and packages.places:
            yield _finding(workload, packages.places[0].location, f"{installer} {packages.value}")


def _in_python(workload: Workload, program: Program) -> Iterator[Finding]:
    for module, call in program.calls(*SUBPROCESS):
        if {"handler ImportError", "handler ModuleNotFoundError"} & set(call.guards):
            continue  # Only where the image lacks the package, and that is not known.
        at_start = call.scope in ("", "main")
        if call.name == "nltk.download":
            if at_start:
                yield _finding(workload, call.location, "nltk.download()")
        elif _installs(text := _command(module, call)):
            yield _finding(workload, call.location, _bare(text), at_start)


def _command(module: PythonFile, call: Call) -> str:
    first = module.resolve(call.args[0], call.scope) if call.args else None
    if first is None:
        return ""
    if first.kind == "const" and isinstance(first.value, str):
        return first.value
    return " ".join(_words(first))


def _words(part: Expr) -> Iterator[str]:
    """The words of a list, of lists that are added up or unpacked, of one word; "..." for what is not known."""
    if part.kind in ("list", "tuple") or (part.kind, part.value) in (("binary", "+"), ("other", "*")):
        for inner in part.args:
            yield from _words(inner)
    elif part.kind == "const":
        yield str(part.value)
    else:
        yield "python" if part.value == "sys.executable" else "..."


def _finding(workload: Workload, location: Location, command: str, at_start: bool = True) -> Finding:
    short = command if len(command) <= 60 else command[:57] + "..."
    related = tuple(Related(at, f"{what} leads here") for at, what in workload.launch_places if at != location)
    when = "runs at every start of" if at_start else "is run by the program of"
    message = (
        f"`{short}` {when} {workload.label}: it waits for a download each time, fails when the other end cannot "
        "be reached, and pods started at different times may run different versions"
    )
    severity = Severity.ERROR if at_start and workload.role is not Role.INIT else Severity.WARNING
    confidence = Confidence.HIGH if at_start else Confidence.MEDIUM
    return Finding(RULE, location, message, FIX, related, severity, confidence)


RULE = Rule(
    "install-at-startup",
    "Packages are installed while the pod starts",
    Severity.ERROR,
    Workload,
    check,
    calls=SUBPROCESS,
)
