"""Which logs of a container go into files that nobody outside of it reads."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from k8slint.location import Location
from k8slint.models.python import Call, PythonFile
from k8slint.regex import regex
from k8slint.workload.gunicorn import gunicorn_settings
from k8slint.workload.knowledge import log_rows
from k8slint.workload.mounts import mounts
from k8slint.workload.process import Process, Word
from k8slint.workload.program import Program
from k8slint.workload.start_up import runs_at_start
from k8slint.workload.values import value
from k8slint.workload.workload import Workload

CATCHES = regex(r"except( (BaseException|Exception|OSError|IOError|EnvironmentError|PermissionError))?$")
_FORWARDED = ("/dev/", "/proc/")
_FOLLOWS = ("tail", "multitail", "xtail")


class LogFile(Struct, frozen=True):
    """``what`` is the log that goes to ``path`` in the container.

    ``is_only`` tells that errors are in that log, and that nothing in the program prints them as well.
    """

    what: str
    path: str
    location: Location
    is_only: bool
    is_needed: bool | None


def log_calls() -> tuple[str, ...]:
    """The names of all calls that open a log."""
    return tuple(name for name in log_rows()["calls"] if not name.startswith("_"))


def log_files(workload: Workload, process: Process) -> Iterator[LogFile]:
    """The logs that a process is known to write into files of its container; those on a volume are not among them."""
    if not mounts(workload).is_known or _is_read_inside(workload, process):
        return
    for one in (*_of_server(workload, process), *_of_program(workload, process)):
        whole = posixpath.normpath(posixpath.join(process.entry.cwd, one.path))
        if not whole.startswith(_FORWARDED) and not _is_mounted(workload, whole):
            yield replace(one, path=whole)


def _is_mounted(workload: Workload, path: str) -> bool:
    """Whether a path is on a volume, which another container of the pod or the node may read."""
    return any(path.startswith(one.path.rstrip("/") + "/") for one in mounts(workload).or_else(()))


def _is_read_inside(workload: Workload, process: Process) -> bool:
    """Whether something in the container may print the files: a link to its output, or a program that follows them."""
    stages = workload.stage.lineage if workload.stage is not None else ()
    linked = any(sign in run.value for stage in stages for run in stage.runs for sign in ("/dev/std", "/proc/"))
    commands = (words for step in process.steps for words, _ in step.commands)
    return linked or any(posixpath.basename(words[0]) in _FOLLOWS for words in commands if words)


def _of_server(workload: Workload, process: Process) -> Iterator[LogFile]:
    for row in log_rows()["servers"].get(process.entry.server, ()):
        word = _option(workload, process, row)
        if word is not None and word.text and word.text not in ("-", "syslog") and "%" not in word.text:
            yield LogFile(row["what"], word.text, word.location, row["is_main"], True)


def _option(workload: Workload, process: Process, row: dict[str, Any]) -> Word | None:
    """The word that names a server's log; of several the last one counts."""
    if process.entry.server == "gunicorn":
        found = gunicorn_settings(workload, process).words(row["setting"], *row["options"])
        words: tuple[Word, ...] = found.or_else(())
    else:
        words = tuple(process.entry.options(*row["options"]))
    return words[-1] if words else None


def _of_program(workload: Workload, process: Process) -> Iterator[LogFile]:
    program = workload.program(process)
    if not program.is_known:
        return
    for name in log_calls():
        for module, call in program.value.calls(name):
            path = _path(workload, process, module, call, log_rows()["calls"][name])
            if path and runs_at_start(program.value, process, module, call):
                is_only = not _may_print(program.value, name)
                is_needed = None if any(map(CATCHES.match, call.guards)) else not call.scope
                yield LogFile("the log of the program", path, call.location, is_only, is_needed)


def _path(workload: Workload, process: Process, module: PythonFile, call: Call, row: dict[str, Any]) -> str | None:
    keyword, index = row["path"]
    at_index = call.args[index] if index is not None and len(call.args) > index else None
    given = call.keyword(keyword) or at_index
    if given is None or call.keyword("**") is not None:
        return None
    found = value(module, given, call.scope, lambda variable: workload.environment.get(variable, process))
    return found.value if found.is_known and isinstance(found.value, str) else None


def _may_print(program: Program, name: str) -> bool:
    """Whether the records may reach the container's output as well."""
    if not program.complete:
        return True
    texts = [module.source.text for module in program.modules]
    if name.startswith("loguru."):
        return not any("logger.remove(" in text for text in texts) or any(".add(sys." in text for text in texts)
    plain_set_up = name != "logging.basicConfig" and any("basicConfig" in text for text in texts)
    return plain_set_up or any(word in text for word in log_rows()["console"]["words"] for text in texts)
