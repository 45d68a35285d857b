"""Which of a container's servers are made for the developer's machine, or run as if they were there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from k8slint.fact import Fact
from k8slint.location import Location
from k8slint.models.python import Call, Expr, PythonFile
from k8slint.workload.development_paths import is_development
from k8slint.workload.django import setting, settings_module
from k8slint.workload.gunicorn import gunicorn_settings
from k8slint.workload.knowledge import development_rows
from k8slint.workload.lifetime import blocking
from k8slint.workload.process import Process
from k8slint.workload.program import Program
from k8slint.workload.values import value
from k8slint.workload.workload import Workload

_OFF = ("", "0", "false", "no")
_SERVES_DJANGO = ("gunicorn", "uvicorn", "hypercorn", "daphne", "granian", "uwsgi", "waitress-serve")


class DevelopmentServer(Struct, frozen=True):
    """``name`` is what is started, ``effect`` what follows "name": "is Django's development server".

    ``debugger`` is the place that opens Werkzeug's debugger, which runs what its visitors write. ``reloads`` tells a
    server for production that watches its source files.
    """

    name: str
    location: Location
    effect: str
    reloads: bool = False
    debugger: Location | None = None


def development_calls() -> tuple[str, ...]:
    """The names of all calls that start a development server."""
    return tuple(name for name in development_rows()["calls"] if not name.startswith("_"))


def is_for_development(workload: Workload) -> bool:
    """Whether the container is one for the developer's machine or for tests, by the names and paths it has."""
    names = [location.path for location, _ in workload.launch_places]
    if workload.owner is not None:
        names += [workload.owner.path, workload.owner.name or "", workload.owner.namespace or ""]
    if workload.stage is not None:
        names += [workload.stage.from_.location.path, workload.stage.name or ""]
    names += [process.entry.location.path for process in workload.processes.or_else(())]
    return any(is_development(name) or "preview" in name or name.startswith(".") for name in names)


def development_server(workload: Workload, process: Process) -> DevelopmentServer | None:
    """The development server that a process is, None where it is none or that is not known."""
    entry, table = process.entry, development_rows()
    row = table["servers"].get(entry.server)
    if row is not None:
        return DevelopmentServer(
            entry.name, entry.location, row["effect"], debugger=_debugger_of_server(workload, process, row)
        )
    command = table["commands"].get(entry.server)
    if command is not None:
        is_dev = any(word.text == command["word"] for word in entry.words[1:2])
        name = f"{entry.server} {command['word']}"
        return DevelopmentServer(name, entry.location, command["effect"], reloads=True) if is_dev else None
    if entry.server:
        return _reloading(workload, process, table["reload"].get(entry.server))
    program = workload.program(process)
    return next(_of_calls(workload, process, program.value), None) if program.is_known else None


def _debugger_of_server(workload: Workload, process: Process, row: dict[str, Any]) -> Location | None:
    for word in process.entry.words:
        if word.text in row.get("debugger", ()):
            return word.location
    return _switched_on(workload, process, row)


def _switched_on(workload: Workload, process: Process, row: dict[str, Any]) -> Location | None:
    for name in row.get("variables", ()):
        variable = workload.environment.get(name, process)
        if variable.is_known and variable.value.lower() not in _OFF:
            return variable.places[0].location if variable.places else process.entry.location
    return None


def _reloading(workload: Workload, process: Process, row: dict[str, Any] | None) -> DevelopmentServer | None:
    if row is None:
        return None
    entry = process.entry
    for word in entry.words:
        if word.text in row["options"]:
            return _reloads(f"{entry.server} {word.text}", word.location)
    if entry.server == "gunicorn":
        found = gunicorn_settings(workload, process).get(row["setting"], *row["options"])
        if found.is_known and found.value is True and found.places:
            return _reloads(f"{entry.server} with reload", found.places[-1].location)
    return None


def _reloads(name: str, location: Location) -> DevelopmentServer:
    effect = "watches its source files, which do not change in an image, and starts anew when one does"
    return DevelopmentServer(name, location, effect, reloads=True)


def _of_calls(workload: Workload, process: Process, program: Program) -> Iterator[DevelopmentServer]:
    running = {one.location for one in blocking(program)}
    table = development_rows()["calls"]
    for name in development_calls():
        row = table[name]
        for module, call in program.calls(name):
            if call.location not in running or any(guard == "if" for guard in call.guards):
                continue
            if "reload" in row:
                given = call.keyword(row["reload"])
                if given is not None and _is_true(workload, process, module, call, given):
                    yield _reloads(f"{name}({row['reload']}=True)", call.location)
                continue
            debugger = next(
                (
                    given.location
                    for keyword in row["debug"]
                    if (given := call.keyword(keyword)) is not None and _is_true(workload, process, module, call, given)
                ),
                None,
            )
            if debugger is None and not any(keyword in row["debug"] for keyword, _ in call.keywords):
                debugger = _switched_on(workload, process, row)
            called = ".".join(name.split(".")[-2:])
            yield DevelopmentServer(f"{called}()", call.location, row["effect"], debugger=debugger)


def _is_true(workload: Workload, process: Process, module: PythonFile, call: Call, given: Expr) -> bool:
    found = value(module, given, call.scope, lambda name: workload.environment.get(name, process))
    return found.is_known and bool(found.value)


def django_debug(workload: Workload, process: Process) -> Location | None:
    """Where DEBUG is on for the Django program that a server for production serves, None where it is off or unknown."""
    program = workload.program(process)
    if process.entry.server not in _SERVES_DJANGO or not program.is_known:
        return None
    text = program.value.entry.source.text
    if "get_wsgi_application" not in text and "get_asgi_application" not in text:
        return None
    dotted: Fact[str] = settings_module(program.value, workload.environment, process)
    found = setting(program.value, dotted.value, "DEBUG") if dotted.is_known else None
    if found is None or not found.is_known or is_development(dotted.or_else("")):
        return None
    module, written, location = found.value
    came_to = value(module, written, "", lambda name: workload.environment.get(name, process))
    if not came_to.is_known or came_to.value not in (True, 1) or isinstance(came_to.value, str):
        return None
    return location
