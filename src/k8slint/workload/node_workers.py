"""Where a server's number of workers follows the node's processors: options, variables, settings, calls, images."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from k8slint.location import Location
from k8slint.models.python import Expr, PythonFile
from k8slint.regex import regex
from k8slint.workload.cores import NodeCount, counts_in_shell, node_sized
from k8slint.workload.gunicorn import GunicornSettings, gunicorn_settings
from k8slint.workload.process import Process
from k8slint.workload.workload import Role, Workload

_SERVER_CALLS = ("uvicorn.run", "hypercorn.run.run", "granian.Granian", "sanic.Sanic.run")
# The long spelling stands last.
_WORKER_OPTIONS = {
    "gunicorn": ("-w", "--workers"),
    "hypercorn": ("-w", "--workers"),
    "sanic": ("-w", "--workers"),
    "celery": ("-c", "--concurrency"),
    "dramatiq": ("-p", "--processes"),
    "uwsgi": ("-p", "--workers", "--processes"),
}
_READ_WEB_CONCURRENCY = ("gunicorn", "uvicorn", "fastapi")
_CONFIGURATION = ("gunicorn.conf.py", "gunicorn_conf.py", "gunicorn_config.py", "gunicorn.config.py")
# A plain count, also as a default: W=$(nproc), "${W:-$(nproc)}". With arithmetic around it the number is not known.
_PLAIN_COUNT = regex(r"(\w+=)?\"?(\$\{\w+:?-)?(\$\(|`)[^()`*+]*[)`]\}?\"?")
_DEFAULT = regex(r"\"?\$\{(\w+):?-")


class NodeWorkers(Struct, frozen=True):
    """A number of workers that grows with the node: ``spelled`` as in the code, at the ``location`` to edit.

    ``process`` is None where it is not known what reads it. ``on_16_cores`` is what it comes to on a node with 16
    cores, None where that cannot be computed.
    """

    location: Location
    spelled: str
    process: Process | None
    on_16_cores: int | None


def node_worker_calls() -> tuple[str, ...]:
    """The names of all calls that start a server with workers."""
    return _SERVER_CALLS


def node_workers(workload: Workload) -> Iterator[NodeWorkers]:
    """Every place of a workload that gives a server as many workers as the node has processors, or a multiple."""
    for process in workload.python_processes:
        yield from _command_line(workload, process)
        settings = gunicorn_settings(workload, process)
        if settings.file is not None and not _settings_lose(settings):
            yield from _settings(workload, process, settings.file)
    for process_or_none, program in workload.programs():
        for module, call in program.calls(*_SERVER_CALLS):
            size = call.keyword("workers")
            found = node_sized(workload, process_or_none, module, size, call.scope) if size is not None else None
            if size is not None and found is not None:
                spelled = f"{call.name}(workers={_text(module, size, found)})"
                yield NodeWorkers(found.location, spelled, process_or_none, found.on_16_cores)
        if workload.role is Role.PROGRAM and program.entry.path.rsplit("/", 1)[-1] in _CONFIGURATION:
            yield from _settings(workload, None, program.entry)
    yield from _image(workload)


def _command_line(workload: Workload, process: Process) -> Iterator[NodeWorkers]:
    options = _WORKER_OPTIONS.get(process.entry.server, ("--workers",))
    option = process.entry.option(*options)
    if option is None:
        yield from _variable(workload, process, "WEB_CONCURRENCY")
    elif option.text is None:
        variable = re.match(r"\"?\$\{?(\w+)", option.written)
        if any(map(_counts_in_shell(workload), (option.written, *option.substitutions))):
            default = _DEFAULT.match(option.written)
            if default is None or workload.environment.is_set(default.group(1), process) is False:
                spelled = f"{options[-1]} {option.written}"
                yield NodeWorkers(option.location, spelled, process, _on_16_cores(option.written))
        elif variable is not None:
            yield from _variable(workload, process, variable.group(1))


def _variable(workload: Workload, process: Process, name: str) -> Iterator[NodeWorkers]:
    """A variable of an entry script: ``WORKERS=$(nproc)``, or ``WORKERS=${WORKERS:-$(nproc)}`` where it is not set."""
    if name == "WEB_CONCURRENCY" and not _reads_web_concurrency(workload, process):
        return
    steps = [step for one in workload.python_processes for step in one.steps]
    words = dict.fromkeys((word, at) for step in steps for words, at in step.commands for word in words)
    assigned = [(word, at) for word, at in words if word.startswith(f"{name}=")]
    if len(assigned) != 1:
        return  # A second assignment may be the cap.
    word, location = assigned[0]
    default = _DEFAULT.match(word.removeprefix(f"{name}="))
    is_set = workload.environment.is_set(default.group(1) if default else name)
    if _counts_in_shell(workload)(word) and (is_set is False or (is_set is None and default is None)):
        yield NodeWorkers(location, word, process, _on_16_cores(word))


def _on_16_cores(written: str) -> int | None:
    return 16 if _PLAIN_COUNT.fullmatch(written) else None


def _reads_web_concurrency(workload: Workload, process: Process) -> bool:
    """A configuration file that sets ``workers`` wins over the variable, unless it reads it."""
    file = workload.settings(process)
    text = file.source.text if file is not None else ""
    wins = re.search(r"^workers\b", text, re.MULTILINE) is not None and "WEB_CONCURRENCY" not in text
    return process.entry.server in _READ_WEB_CONCURRENCY and not wins


def _counts_in_shell(workload: Workload) -> Callable[[str], bool]:
    # GNU nproc gives OMP_NUM_THREADS where that is set.
    capped = workload.environment.is_set("OMP_NUM_THREADS") is True
    return lambda text: counts_in_shell(text) not in ((None, "nproc") if capped else (None,))


def _settings_lose(settings: GunicornSettings) -> bool:
    """Whether the command line or ``GUNICORN_CMD_ARGS`` gives the number, or may give it."""
    return settings.is_open or any(one.option("-w", "--workers") is not None for one in settings.entries)


def _settings(workload: Workload, process: Process | None, file: PythonFile) -> Iterator[NodeWorkers]:
    assigned = [one for one in file.assignments if one.target == "workers" and not one.scope]
    if len(assigned) != 1:
        return  # A second assignment may be the cap, or the one that counts.
    value = assigned[0].value
    found = node_sized(workload, process, file, value, "")
    if found is not None:
        spelled = f"workers = {_text(file, value, found)}"
        yield NodeWorkers(assigned[0].location, spelled, process, found.on_16_cores)


def _image(workload: Workload) -> Iterator[NodeWorkers]:
    """Base images whose start script starts one worker per processor."""
    if not workload.base.workers_from_cores or workload.stage is None or workload.launch_places:
        return
    environment = replace(workload.environment, image_open="")  # The image itself sets neither variable.
    if any(environment.is_set(name) is not False for name in ("WEB_CONCURRENCY", "MAX_WORKERS")):
        return
    yield NodeWorkers(workload.stage.base_from.location, "the base image's start script", None, 16)


def _text(module: PythonFile, expression: Expr, found: NodeCount) -> str:
    at = expression.location
    if expression.kind == "name" or at.line != at.end_line or at.end_column - at.column > 60:
        return found.written
    return module.source.line(at.line)[at.column - 1 : at.end_column - 1]
