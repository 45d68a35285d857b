"""Packages that are installed while a container starts: by its command line, its image's entry script, its program."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.python import Call, Expr, PythonFile
from k8slint.regex import regex
from k8slint.workload.process import Process
from k8slint.workload.program import Program
from k8slint.workload.workload import Role, Workload

INSTALL_CALLS = (
    "subprocess.run",
    "subprocess.call",
    "subprocess.check_call",
    "subprocess.check_output",
    "subprocess.Popen",
    "os.system",
    "nltk.download",
)
_INSTALLS = regex(
    r"^(?:\S*/)?(?:"
    r"(?:python[\d.]*\s+(?:-\S+\s+)*-m\s+)?(?:pip[\d.]*\s+(?:-\S+\s+)*install|playwright\s+install|spacy\s+download)\b"
    r"|python[\d.]*\s+(?:-\S+\s+)*-m\s+nltk\.downloader\b"
    r"|uv\s+(?:-\S+\s+)*(?:pip\s+(?:-\S+\s+)*install|sync)\b|(?:poetry|pipenv|pdm)\s+(?:-\S+\s+)*(?:install|sync)\b"
    r"|(?:conda|mamba|micromamba)\s+(?:-\S+\s+)*(?:install|env\s+(?:create|update))\b"
    r"|(?:apt|apt-get|dnf|yum|microdnf)\s+(?:-\S+\s+)*install\b|apk\s+(?:-\S+\s+)*add\b"
    r")"
)
_OFFLINE = ("--no-index", "--offline", "--help", "--dry-run")
_ALL_IN_VARIABLE = regex(r"\s(?:install|add)\s+(?:-\S+\s+)*\$\{?(\w+)\}?$")
# The entry scripts of these images install what the variables name, unless `command` takes the scripts' place.
_OBLIGING = regex(r"(^|/)(prefecthq/prefect|dask/dask|daskdev/dask|apache/airflow)\b")
_VARIABLES = {
    "EXTRA_PIP_PACKAGES": "pip install",
    "EXTRA_CONDA_PACKAGES": "conda install",
    "EXTRA_APT_PACKAGES": "apt-get install",
    "_PIP_ADDITIONAL_REQUIREMENTS": "pip install",
}


class StartInstall(Struct, frozen=True):
    """One such command, without what stands before it; ``at_start`` is False where the program may run it later."""

    command: str
    location: Location
    at_start: bool = True


def start_installs(workload: Workload) -> Iterator[StartInstall]:
    """Those of a workload that is Python, or has Python in its image; those of the image's entry script of any."""
    yield from _by_variable(workload)
    if workload.role is Role.PROGRAM or not (workload.python.or_else(False) or workload.base.python):
        return
    seen: set[tuple[str, int]] = set()
    for process in workload.processes.value if workload.processes.is_known else ():
        for one in _by_command(workload, process):
            at = (one.location.path, one.location.line)
            if at not in seen:
                seen.add(at)
                yield one
    for _, program in workload.programs():
        yield from _by_program(program)


def _by_variable(workload: Workload) -> Iterator[StartInstall]:
    container, stage = workload.container, workload.stage
    image = stage.base_image if stage is not None else container.image if container is not None else None
    if container is None or image is None or not image.is_known or not _OBLIGING.search(image.value):
        return
    if not container.command.is_absent or (stage is not None and stage.entrypoint is not None):
        return
    for name, installer in _VARIABLES.items():
        packages = workload.environment.get(name)
        if packages.is_known and packages.value.strip() and packages.places:
            yield StartInstall(f"{installer} {packages.value}", packages.places[0].location)


def _by_command(workload: Workload, process: Process) -> Iterator[StartInstall]:
    commands = [command for step in process.steps for command in step.sure_commands]
    own = process.entry
    commands.append((tuple(word.text or word.written for word in own.words), own.location))
    for words, location in commands:
        text = " ".join(words)
        variable = _ALL_IN_VARIABLE.search(text)
        if variable is not None and not workload.environment.get(variable.group(1), process).is_known:
            continue  # Nobody is known to ask for anything.
        if _installs(text):
            yield StartInstall(_bare(text), location)


def _by_program(program: Program) -> Iterator[StartInstall]:
    for module, call in program.calls(*INSTALL_CALLS):
        if {"handler ImportError", "handler ModuleNotFoundError"} & set(call.guards):
            continue  # Only where the image lacks the package, and that is not known.
        at_start = call.scope in ("", "main")
        if call.name == "nltk.download":
            if at_start:
                yield StartInstall("nltk.download()", call.location)
        elif _installs(text := _command(module, call)):
            yield StartInstall(_bare(text), call.location, at_start)


def _installs(text: str) -> bool:
    return _INSTALLS.match(_bare(text)) is not None and not any(flag in text.split() for flag in _OFFLINE)


def _bare(text: str) -> str:
    """The command behind ``exec``, ``sudo`` and assignments."""
    return re.sub(r"^(?:(?:exec|sudo|command|time|env)\s+|\w+=\S*\s+)*", "", text)


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
