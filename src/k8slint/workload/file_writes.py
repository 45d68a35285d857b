"""What a process writes at paths that its code, or its server, names."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.python import Call, PythonFile
from k8slint.regex import holds, regex
from k8slint.workload.celery import celery_processes
from k8slint.workload.detail import in_full
from k8slint.workload.log_files import CATCHES, log_files
from k8slint.workload.process import Process
from k8slint.workload.program import Program
from k8slint.workload.sqlite_files import sqlite_files
from k8slint.workload.start_up import runs_at_start
from k8slint.workload.values import value
from k8slint.workload.workload import Workload

_OPENS = regex(r"\bopen\([^\n]*[\"'][rb]*[wax]")
_MODE = regex(r"[bt]*[wax][bt+]*|r[bt]*\+[bt]*")
_SCHEDULE = "celerybeat-schedule"


class FileWrite(Struct, frozen=True):
    """``what`` is written to ``path``, which is absolute; ``at_start`` tells that the program needs it to start."""

    what: str
    path: str
    location: Location
    at_start: bool


def file_writes(workload: Workload, process: Process) -> Iterator[FileWrite]:
    """The files that a process is known to write, where their paths are known."""
    if _changes_folder(workload, process):
        return
    yield from _schedule(workload, process)
    for log in log_files(workload, process):
        if log.is_needed is not None:
            yield FileWrite(log.what, log.path, log.location, log.is_needed)
    program = workload.program(process)
    if not program.is_known:
        return
    for database in sqlite_files(workload, process, program.value):
        yield FileWrite("the SQLite database", database.path, database.location, False)
    yield from _opened(workload, process, program.value)


def _changes_folder(workload: Workload, process: Process) -> bool:
    """Whether the program may leave the working directory, so that it is not known where a relative path leads."""
    program = workload.program(process)
    texts = [module.source.text for module in program.value.modules] if program.is_known else []
    return any("chdir" in text for text in (*texts, *(word.written for word in process.entry.words)))


def _schedule(workload: Workload, process: Process) -> Iterator[FileWrite]:
    """Celery beat keeps when it sent what in a file, in its working directory unless told otherwise."""
    for one in celery_processes(workload):
        is_beat = one.command == "beat" or one.with_beat.or_else(False)
        if one.process is not process or not is_beat or not one.setting("beat_scheduler").is_absent:
            continue
        named = process.entry.option("-s", "--schedule")
        if named is None and any("schedule_filename" in module.source.text.lower() for module in one.code.modules):
            continue
        path = named.text if named is not None else _SCHEDULE
        if path is not None:
            whole = posixpath.normpath(posixpath.join(process.entry.cwd, path))
            yield FileWrite("the schedule of Celery beat", whole, process.entry.location, one.command == "beat")


def _opened(workload: Workload, process: Process, program: Program) -> Iterator[FileWrite]:
    for short in program.modules:
        if not holds(_OPENS, short.source.text):
            continue
        module = in_full(short)
        for call in module.calls:
            path = _written_path(workload, process, module, call)
            if path and program.counts(short, call.main_guard) and program.reaches(short, call.scope):
                whole = posixpath.normpath(posixpath.join(process.entry.cwd, path))
                at_start = not call.scope and runs_at_start(program, process, short, call)
                yield FileWrite("a file", whole, call.location, at_start)


def _written_path(workload: Workload, process: Process, module: PythonFile, call: Call) -> str | None:
    given = call.args[1] if len(call.args) > 1 else call.keyword("mode")
    if call.name != "open" or given is None or not call.args or not _MODE.fullmatch(str(given.value)):
        return None
    if any(one == "if" or one.startswith("handler") or CATCHES.match(one) for one in call.guards):
        return None
    found = value(module, call.args[0], call.scope, lambda name: workload.environment.get(name, process))
    return found.value if found.is_known and isinstance(found.value, str) else None
