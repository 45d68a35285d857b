"""Whether the server of a container answers one request after another, so that a probe waits for those before it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.workload.concurrency import concurrency
from k8slint.workload.gunicorn import gunicorn_settings
from k8slint.workload.knowledge import probes
from k8slint.workload.operations import as_number
from k8slint.workload.process import Process
from k8slint.workload.program import Program
from k8slint.workload.request_calls import SlowCall, slow_calls
from k8slint.workload.values import whole
from k8slint.workload.workload import Workload

_GUNICORN_TIMEOUT = 30.0


class SingleLine(Struct, frozen=True):
    """``server`` answers one request at a time while ``slow`` runs; after ``timeout`` seconds it gives a request up.

    ``has_loop`` tells of an event loop, which ``slow`` holds, else it is a worker without threads. A ``timeout`` of
    None is without end.
    """

    server: str
    has_loop: bool
    timeout: float | None
    location: Location
    slow: tuple[SlowCall, ...]


def single_line_calls() -> tuple[str, ...]:
    """The names of the calls that start a server with one event loop."""
    return tuple(probes()["slow_calls"]["async_calls"])


def single_lines(workload: Workload) -> Iterator[SingleLine]:
    """The container's one server, where it is one process whose handlers are seen to take long."""
    if not workload.processes.is_known or len(workload.processes.value) != 1:
        return
    process = workload.processes.value[0]
    program = workload.program(process)
    if not program.is_known:
        return
    server = _server(workload, process, program.value)
    if server is None:
        return
    name, has_loop, timeout = server
    found = tuple(slow_calls(program.value, has_loop))
    if found:
        yield SingleLine(name, has_loop, timeout, process.entry.location, found)


def _server(workload: Workload, process: Process, program: Program) -> tuple[str, bool, float | None] | None:
    """Its name, whether it has an event loop, and its timeout; None where it takes several requests, or may."""
    table = probes()["slow_calls"]
    shared = concurrency(workload, process, program)
    name = process.entry.server
    if shared.is_unknown or (shared.is_known and shared.value.workers != 1):
        return None
    if name == "gunicorn":
        return _gunicorn(workload, process)
    if name in table["async_servers"]:
        return name, True, None
    starts = [call.name for _, call in program.calls(*table["async_calls"])] if not name else []
    return (starts[0].partition(".")[0], True, None) if len(starts) == 1 else None


def _gunicorn(workload: Workload, process: Process) -> tuple[str, bool, float | None] | None:
    settings = gunicorn_settings(workload, process)
    kind = settings.get("worker_class", "-k", "--worker-class")
    threads = settings.get("threads", "--threads")
    limit = settings.get("timeout", "-t", "--timeout")
    seconds = as_number(limit.value) if limit.is_known else _GUNICORN_TIMEOUT
    if kind.is_unknown or threads.is_unknown or limit.is_unknown or seconds is None:
        return None
    written = str(kind.or_else("sync"))
    has_loop = any(word in written for word in ("uvicorn", "aiohttp", "asgi"))
    if not has_loop and (written != "sync" or (threads.is_known and whole(threads).or_else(2) != 1)):
        return None
    return f"gunicorn with one {'asynchronous' if has_loop else 'sync'} worker", has_loop, seconds or None
