"""Handlers with which an application takes SIGTERM from the server that runs it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.python import Call, PythonFile
from k8slint.workload.gunicorn import gunicorn_settings
from k8slint.workload.handlers import handlers_of
from k8slint.workload.knowledge import stopping
from k8slint.workload.process import Process
from k8slint.workload.start_up import runs_at_start
from k8slint.workload.workload import Workload

_HOOKS = ("on_event", "asynccontextmanager")


class TakenSignal(Struct, frozen=True):
    """The call that replaces the handler of ``server``, and what the server does then."""

    location: Location
    name: str
    server: str
    what: str


def taken_signals(workload: Workload, process: Process) -> Iterator[TakenSignal]:
    """Handlers that replace the server's, neither end the process nor call the one before; all else is not known.

    Measured: uvicorn installs its handlers once the application is loaded, and before the application's start is run;
    a worker of gunicorn before the application is loaded, unless it was loaded for all workers.
    """
    program = workload.program(process)
    row = stopping()["taken"].get(process.entry.server)
    if row is None or not program.is_known:
        return
    at_import = row["at_import"] and _loads_after(workload, process)
    for one in handlers_of(program.value):
        body = one.body
        if body is None or body.ends or body.does_more or "getsignal" in one.module.source.text:
            continue
        if runs_at_start(program.value, process, one.module, one.call) and (
            at_import or _is_hook(one.module, one.call)
        ):
            yield TakenSignal(one.call.location, one.name, process.entry.server, row["what"])


def _loads_after(workload: Workload, process: Process) -> bool:
    """Whether gunicorn's worker has its handlers by the time it loads the application."""
    settings = gunicorn_settings(workload, process)
    preload = settings.flag("preload_app", "--preload")
    kind = settings.get("worker_class", "-k", "--worker-class")
    is_own = kind.is_absent or (kind.is_known and str(kind.value) in ("sync", "gthread", "gevent", "eventlet"))
    return is_own and (preload.is_absent or (preload.is_known and not preload.value))


def _is_hook(module: PythonFile, call: Call) -> bool:
    """Whether a call is in a function that the server runs when the application starts."""
    function = next((one for one in module.functions if one.name == call.scope), None)
    if function is None:
        return False
    named = (str(part.value) for one in function.decorators for part in one.walk())
    return function.is_async or any(name.endswith(_HOOKS) for name in named)
