"""Programs whose standard output is a pipe with a buffer, and what they print into it."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.python import Call, PythonFile
from k8slint.workload.idle_classes import is_method_of_unmade_class, only_in_idle_classes
from k8slint.workload.process import Process
from k8slint.workload.program import Program
from k8slint.workload.workload import Role, Workload

_VARIABLE = "PYTHONUNBUFFERED"
_PRINTS = ("print", "builtins.print", "sys.stdout.write")
_RECONFIGURE = "sys.stdout.reconfigure"
_FLUSHES = ("sys.stdout.flush", "logging.StreamHandler", "logging.basicConfig", "uvicorn.run")
OUTPUT_CALLS = (*_PRINTS, _RECONFIGURE, *_FLUSHES)
_QUIET = (False, "warning", "error", "critical")


class Unbuffered(Enum):
    """Why PYTHONUNBUFFERED does not turn the buffer off."""

    UNSET = "unset"
    OFF = "off"
    IGNORED = "ignored"


class BufferedOutput(Struct, frozen=True):
    """The output of ``process``, None where it is not known which of them runs.

    ``location`` is where PYTHONUNBUFFERED, or the option -u, belongs. ``written`` is the variable's value where it is
    off. ``printed`` is the first call whose text may stay in the buffer, None where none is seen or something flushes.
    """

    process: Process | None
    why: Unbuffered
    location: Location
    written: str
    printed: Call | None


def buffered_outputs(workload: Workload) -> Iterator[BufferedOutput]:
    """Those of the Python processes of a workload."""
    if workload.is_base or workload.role is Role.PROGRAM or not workload.python.or_else(False):
        return
    processes = workload.python_processes if workload.processes.is_known else (None,)
    for process in processes:
        setting = _setting(workload, process)
        if setting is None:
            continue
        found = workload.program(process) if process is not None else None
        printed: Call | None = None
        if process is not None and found is not None and found.is_known:
            if any(_unbuffers(call) for _, call in found.value.calls(_RECONFIGURE)):
                continue
            printed = None if _is_flushed(workload, process, found.value) else _first_print(found.value)
        yield BufferedOutput(process, *setting, printed)


def _setting(workload: Workload, process: Process | None) -> tuple[Unbuffered, Location, str] | None:
    """Why the output of a process is buffered, where that is to be changed, and what is written; None where it is not.

    None too where it is not known.
    """
    location = workload.from_location or workload.location
    if location is None or (process is not None and process.entry.unbuffered_flag):
        return None
    if process is not None and process.entry.ignores_environment:
        return Unbuffered.IGNORED, process.entry.location, ""
    setting = workload.environment.get(_VARIABLE, process)
    if setting.is_absent:
        return Unbuffered.UNSET, location, ""
    if setting.is_unknown or setting.value not in ("", "0"):
        return None
    return Unbuffered.OFF, setting.places[0].location if setting.places else location, setting.value


def _is_flushed(workload: Workload, process: Process, program: Program) -> bool:
    """Whether something flushes the stream now and then, or takes the text before it gets there (measured)."""
    if any(_flushes(call) for _, call in program.calls(*_FLUSHES)):
        return True
    entry = process.entry
    if entry.server in ("uvicorn", "fastapi"):  # The access log goes to the same stream.
        level = entry.option("--log-level")
        is_off = any(word.text == "--no-access-log" for word in entry.words)
        return not is_off and (level is None or level.text not in _QUIET)
    if entry.server == "gunicorn":
        option, settings = entry.option("--access-logfile"), workload.settings(process)
        in_settings = settings is not None and "accesslog" in settings.source.text
        return in_settings or (option is not None and option.text in ("-", None))
    return entry.server in ("celery", "dramatiq")  # Their workers hand on what tasks print.


def _flushes(call: Call) -> bool:
    keywords = dict(call.keywords)
    if call.name == "uvicorn.run":
        return not any(name in keywords and keywords[name].value in _QUIET for name in ("access_log", "log_level"))
    return call.name == "sys.stdout.flush" or any(
        value.value == "sys.stdout" for value in (*call.args, *keywords.values())
    )


def _unbuffers(call: Call) -> bool:
    names = ("line_buffering", "write_through", "**")
    return any(name in names and value.value is not False for name, value in call.keywords)


def _first_print(program: Program) -> Call | None:
    for module, call in program.calls(*_PRINTS):
        flush, file = call.keyword("flush"), call.keyword("file")
        is_plain = (flush is None or flush.value is False) and (file is None or file.value == "sys.stdout")
        if is_plain and _runs(program, module, call.scope):
            return call
    return None


def _runs(program: Program, module: PythonFile, scope: str) -> bool:
    """Whether code runs: at the top of a module, in a function that is used, or in one that a decorator registers.

    What has no arguments, such as ``@wraps``, ``@property`` or ``@only_admins``, registers no method.
    """
    decorators = [each for one in module.functions if one.name == scope for each in one.decorators]
    is_registered = bool(decorators) and ("." not in scope or any(each.kind == "call" for each in decorators))
    name = scope.rsplit(".", 1)[-1]
    if not scope or is_registered:
        return True
    is_idle = is_method_of_unmade_class(program, module, scope) or only_in_idle_classes(program, name)
    return program.uses(name) and not is_idle
