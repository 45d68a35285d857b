"""How long a container takes to stop: its preStop hook, the time its server gives running work, what never ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.location import Location
from k8slint.models.python import Call, PythonFile
from k8slint.models.yaml import as_int, strings
from k8slint.regex import regex
from k8slint.workload.gunicorn import gunicorn_settings
from k8slint.workload.knowledge import stopping
from k8slint.workload.operations import as_number
from k8slint.workload.process import Process
from k8slint.workload.program import Program, matches
from k8slint.workload.values import value
from k8slint.workload.workload import Workload

_SEPARATORS = regex(r"&&|;|\n")
_SLEEP = regex(r"(?:exec\s+)?(?:/bin/|/usr/bin/)?sleep\s+([\d.]+)([smh]?)$")
_PYTHON_SLEEP = regex(r"\s*(?:import time|from time import sleep)\s*;\s*(?:time\.)?sleep\(([\d.]+)\)\s*;?\s*$")
_INSTANT = regex(r"(echo|true|:|date|touch|set -\w+)(\s|$)")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


def stopping_calls() -> tuple[str, ...]:
    """The names of all calls that this module asks for, and of settings: a file that sets one is to be read in full."""
    table = stopping()
    endless = table["endless_responses"]
    settings = (row["setting"] for row in table["budgets"].values() if "setting" in row)
    return (*table["budget_calls"], *settings, *endless["calls"], *endless["decorators"])


class Budget(Struct, frozen=True):
    """What a server allows running work after SIGTERM: None is without limit.

    ``name`` is the setting, ``written`` whether somebody set it, ``location`` where, else where the server is started.
    """

    seconds: float | None
    name: str
    written: bool
    location: Location
    option: str = ""
    """The server's option for it, "" where there is none or the setting is made elsewhere."""


def pre_stop_seconds(workload: Workload) -> Fact[float]:
    """How long the preStop hook takes; absent where there is none, unknown where it does more than sleep."""
    if workload.container is None:
        return unknown("the manifest's lifecycle is not known")
    hook = workload.container.get("lifecycle", "preStop")
    if hook is None:
        return absent()
    place = Place(hook.location, "preStop")
    native = workload.container.get("lifecycle", "preStop", "sleep", "seconds")
    if native is not None:
        seconds = as_int(native)
        return unknown("its seconds are filled in later", place) if seconds is None else known(float(seconds), place)
    command = strings(workload.container.get("lifecycle", "preStop", "exec", "command"))
    slept = _slept(command) if command else None
    return unknown("the hook does more than sleep", place) if slept is None else known(slept, place)


def _slept(command: tuple[str, ...]) -> float | None:
    """The seconds that a command sleeps, None where it may do something else that counts."""
    name = command[0].rpartition("/")[2]
    if name in ("sh", "bash", "ash", "dash") and len(command) == 3 and re.fullmatch(r"-[eu]*c", command[1]):
        return _slept_in(command[2])
    if name.startswith("python") and len(command) == 3 and command[1] == "-c":
        found = _PYTHON_SLEEP.match(command[2])
        return float(found[1]) if found else None
    return _slept_in(" ".join(command)) if name == "sleep" else None


def _slept_in(text: str) -> float | None:
    seconds = 0.0
    for part in (one.strip() for one in _SEPARATORS.split(text)):
        slept = _SLEEP.match(part)
        if slept:
            seconds += float(slept[1]) * _UNITS[slept[2]]
        elif part and (not _INSTANT.match(part) or re.search(r"[|&`$(]", part)):
            return None
    return seconds


def shutdown_budget(workload: Workload, process: Process) -> Fact[Budget]:
    """What the server of a process allows running work after SIGTERM; absent for what is no server known here."""
    row = stopping()["budgets"].get(process.entry.server)
    if row is not None:
        return _of_server(workload, process, row)
    if process.entry.server:
        return absent()
    program = workload.program(process)
    return _of_calls(workload, process, program.value) if program.is_known else unknown(program.reason)


def _of_server(workload: Workload, process: Process, row: dict[str, Any]) -> Fact[Budget]:
    entry, name = process.entry, f"{process.entry.server}'s {row['name']}"
    if entry.server == "gunicorn":
        return _of_gunicorn(workload, process, row, name)
    option = entry.option(*row.get("option", ()))
    if option is not None:
        return _budget(as_number(option.text), name, option.location)
    if entry.may_have_more_options():
        return unknown("a part of the command line is filled in later")
    if "variable" in row:
        variable = workload.environment.get(row["variable"], process)
        if not variable.is_absent:
            place = variable.places[0].location if variable.places else entry.location
            return _budget(as_number(variable.or_else("")), f"{entry.server}'s {row['variable']}", place)
    if entry.option(*row.get("configured", ())) is not None:
        return unknown("its configuration file is not read")
    own = next(iter(row.get("option", ())), "")
    if row.get("forever"):
        return known(Budget(None, name, False, entry.location, own))
    if "default" in row:
        return known(Budget(float(row["default"]), name, False, entry.location, own))
    return unknown(f"what {entry.server} does without {row['name']} is not known")


def _of_gunicorn(workload: Workload, process: Process, row: dict[str, Any], name: str) -> Fact[Budget]:
    found = gunicorn_settings(workload, process).get(row["setting"], *row["option"])
    if found.is_absent:
        return known(Budget(float(row["default"]), name, False, process.entry.location, row["option"][0]))
    return _budget(as_number(found.value), name, found.places[0].location) if found.is_known else unknown(found.reason)


def _of_calls(workload: Workload, process: Process, program: Program) -> Fact[Budget]:
    """The longest budget among the servers that the program starts, or stops, itself."""
    budgets: list[Budget] = []

    def variable(name: str) -> Fact[str]:
        return workload.environment.get(name, process)

    for called, row in stopping()["budget_calls"].items():
        for module, call in program.calls(called):
            given = call.keyword(row["keyword"])
            if given is None and len(call.args) > row.get("position", len(call.args)):
                given = call.args[row["position"]]
            if given is None and call.keyword("**") is not None:
                return unknown(f"{called} gets its arguments from elsewhere")
            name = f"{called}({row['keyword']}=...)"
            if given is None or (given.kind == "const" and given.value is None):
                budgets.extend([Budget(None, name, False, call.location)] if row.get("forever") else ())
                continue
            seconds = value(module, given, call.scope, variable)
            found = _budget(as_number(seconds.or_else(None)), name, call.location)
            if not found.is_known:
                return found
            budgets.append(found.value)
    if not budgets:
        return absent()
    return known(max(budgets, key=lambda one: float("inf") if one.seconds is None else one.seconds))


def _budget(seconds: float | None, name: str, location: Location) -> Fact[Budget]:
    return unknown(f"{name} is not known") if seconds is None else known(Budget(seconds, name, True, location))


def endless_responses(program: Program) -> tuple[Place, ...]:
    """Routes whose connections last as long as the client, or what feeds them, likes: WebSockets, events, streams."""
    return tuple(_endless(program))


def _endless(program: Program) -> Iterator[Place]:
    table = stopping()["endless_responses"]
    for module in program.modules:
        for function in module.functions:
            for decorator in function.decorators:
                if decorator.kind == "call" and any(matches(str(decorator.value), one) for one in table["decorators"]):
                    path = decorator.args[0].value if decorator.args else None
                    path = path if isinstance(path, str) else function.name.rpartition(".")[2]
                    yield Place(decorator.location, f"WebSocket {path}")
    for module, call in program.calls(*table["calls"]):
        if not _is_bounded(module, call, table["bounded_content"]):
            yield Place(call.location, f"a {call.name.rpartition('.')[2]}")


def _is_bounded(module: PythonFile, call: Call, bounded: list[str]) -> bool:
    """Whether what is sent is a file or a text that is there already."""
    content = call.args[0] if call.args else call.keyword("content")
    if content is None:
        return True
    value = module.resolve(content, call.scope)
    if value.kind in ("list", "tuple", "const"):
        return True
    return value.kind == "call" and isinstance(value.value, str) and value.value in bounded
