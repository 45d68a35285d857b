"""What of a process cannot do without a folder for temporary files."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.python import Call, PythonFile
from k8slint.regex import regex
from k8slint.workload.gunicorn import gunicorn_settings
from k8slint.workload.knowledge import writes
from k8slint.workload.mounts import can_write
from k8slint.workload.process import Process
from k8slint.workload.workload import Workload

_CATCHES = regex(r"except( (BaseException|Exception|OSError|IOError|EnvironmentError|FileNotFoundError))?$")


class TemporaryFile(Struct, frozen=True):
    """One need: ``consequence`` says what fails without a folder, ``at_start`` that nothing works at all then."""

    location: Location
    consequence: str
    at_start: bool


def temporary_calls() -> tuple[str, ...]:
    """The names of all calls that need a folder for temporary files."""
    return tuple(name for name in writes()["calls"] if not name.startswith("_"))


def temporary_files(workload: Workload, process: Process) -> tuple[TemporaryFile, ...]:
    """What the process is known to write into the folder for temporary files: its server first, then its code."""
    return (*_of_server(workload, process), *_of_program(workload, process))


def _of_server(workload: Workload, process: Process) -> Iterator[TemporaryFile]:
    entry = process.entry
    row = writes()["servers"].get(entry.server)
    if row is None:
        return
    if entry.server == "gunicorn":
        folder = gunicorn_settings(workload, process).words(row["setting"], *row["flags"])
        paths = [word.text for word in folder.or_else(())]
        if folder.is_unknown or None in paths:
            return
        if folder.is_known and can_write(workload, _path(paths[-1:], entry.cwd)) is not False:
            return
        yield TemporaryFile(entry.location, row["what"], True)
        return
    if entry.may_have_more_options() or all(word.text != row["command"] for word in entry.words):
        return
    pools = [word.text for word in entry.options(*row["pool_flags"])]
    if all(pool in row["pools"] for pool in pools) and not _mentions(workload, process, "worker_pool", "CELERYD_POOL"):
        yield TemporaryFile(entry.location, row["what"], True)


def _path(folder: list[str | None], cwd: str) -> str:
    return posixpath.normpath(posixpath.join(cwd, folder[0] or "")) if folder else "/tmp"


def _mentions(workload: Workload, process: Process, *words: str) -> bool:
    program = workload.program(process)
    modules = program.value.modules if program.is_known else ()
    return any(word.casefold() in module.source.text.casefold() for word in words for module in modules)


def _of_program(workload: Workload, process: Process) -> Iterator[TemporaryFile]:
    program = workload.program(process)
    if not program.is_known or any(
        one.target == "tempfile.tempdir" for module in program.value.modules for one in module.assignments
    ):
        return
    for name in temporary_calls():
        row = writes()["calls"][name]
        for module, call in program.value.calls(name):
            if _needs_folder(module, call, row) and program.value.reaches(module, call.scope):
                yield TemporaryFile(call.location, f"{name}() in {module.path} fails", False)


def _needs_folder(module: PythonFile, call: Call, row: dict[str, Any]) -> bool:
    keywords = dict(call.keywords)
    if "**" in keywords or any(one.value == "*" for one in call.args) or any(map(_CATCHES.match, call.guards)):
        return False
    if "folder" in row:
        keyword, index = row["folder"]
        given = keywords.get(keyword) or (call.args[index] if len(call.args) > index else None)
        if given is not None and not (given.kind == "const" and given.value is None):
            return False
    if "unless_one" in row:
        jobs = keywords.get(row["unless_one"]) or (call.args[0] if call.args else None)
        number = module.resolve(jobs, call.scope) if jobs is not None else None
        return number is not None and number.kind == "const" and isinstance(number.value, int) and number.value > 1
    return True
