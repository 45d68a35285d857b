"""How long a container takes to stop: its preStop hook, the time its server gives running work, what never ends."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.location import Location
from k8slint.models.python import Call, Expr, PythonFile
from k8slint.models.yaml import as_int, strings
from k8slint.workload.knowledge import stopping
from k8slint.workload.process import Process
from k8slint.workload.program import Program, matches
from k8slint.workload.workload import Workload

_SEPARATORS = re.compile(r"&&|;|\n")
_SLEEP = re.compile(r"(?:exec\s+)?(?:/bin/|/usr/bin/)?sleep\s+([\d.]+)([smh]?)$")
_PYTHON_SLEEP = re.compile(r"\s*(?:import time|from time import sleep)\s*;\s*(?:time\.)?sleep\(([\d.]+)\)\s*;?\s*$")
_INSTANT = re.compile(r"(echo|true|:|date|touch|set -\w+)(\s|$)")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


def stopping_calls() -> tuple[str, ...]:
    """The names of all calls that this module asks for, and of settings: a file that sets one is to be read in full."""
    table = stopping()
    endless = table["endless_responses"]
    settings = (row["setting"] for row in table["budgets"].values() if "setting" in row)
    return (*table["budget_calls"], *settings, *endless["calls"], *endless["decorators"])


@dataclass(frozen=True, slots=True)
class Budget:
    """What a server allows running work after SIGTERM: None is without limit.

    ``name`` is the setting, ``written`` whether somebody set it, ``location`` where, else where the server is started.
    """

    seconds: float | None
    name: str
    written: bool
    location: Location


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
    option = entry.option(*row.get("option", ()))
    if option is not None:
        return _budget(_seconds(option.text), name, option.location)
    if entry.may_have_more_options:
        return unknown("a part of the command line is filled in later")
    if "flags_in" in row:
        flags = workload.environment.get(row["flags_in"], process)
        if flags.is_unknown:
            return unknown(flags.reason)
        words = _words(flags.or_else(""))
        if any(word.startswith(("-c", "--config")) for word in words):
            return unknown(f"{row['flags_in']} names a configuration file")
        for index, word in enumerate(words):
            if word.split("=", 1)[0] == row["option"][0]:
                value = word.partition("=")[2] or "".join(words[index + 1 : index + 2])
                place = flags.places[0].location if flags.places else entry.location
                return _budget(_seconds(value), name, place)
    if "variable" in row:
        variable = workload.environment.get(row["variable"], process)
        if not variable.is_absent:
            place = variable.places[0].location if variable.places else entry.location
            return _budget(_seconds(variable.or_else("")), f"{entry.server}'s {row['variable']}", place)
    if "setting" in row:
        found = _setting(workload, process, row["setting"])
        if not found.is_absent:
            return found if found.is_known else unknown(found.reason)
    if entry.option(*row.get("configured", ())) is not None:
        return unknown("its configuration file is not read")
    if row.get("forever"):
        return known(Budget(None, name, False, entry.location))
    if "default" in row:
        return known(Budget(float(row["default"]), name, False, entry.location))
    return unknown(f"what {entry.server} does without {row['name']} is not known")


def _setting(workload: Workload, process: Process, name: str) -> Fact[Budget]:
    """What the server's own configuration file says."""
    file = workload.settings(process)
    if file is None:
        named = process.entry.option("-c", "--config")
        if named is not None or workload.stage is None:
            return unknown("the configuration file is not in the repository")
        return absent()
    if not file.full or any(one.names == (("*", None),) for one in file.imports):
        return unknown("the configuration file was not read in full") if name in file.source.text else absent()
    found = [one for one in file.assignments if one.target == name]
    if not found:
        return unknown("the configuration file sets it in a way of its own") if name in file.source.text else absent()
    if len(found) > 1:
        return unknown("it is set more than once")
    seconds = _number(workload, process, file, found[0].value, found[0].scope)
    return _budget(seconds, f"{process.entry.server}'s {name}", found[0].location)


def _of_calls(workload: Workload, process: Process, program: Program) -> Fact[Budget]:
    """The longest budget among the servers that the program starts, or stops, itself."""
    budgets: list[Budget] = []
    for called, row in stopping()["budget_calls"].items():
        for module, call in program.calls(called):
            value = call.keyword(row["keyword"])
            if value is None and len(call.args) > row.get("position", len(call.args)):
                value = call.args[row["position"]]
            if value is None and call.keyword("**") is not None:
                return unknown(f"{called} gets its arguments from elsewhere")
            name = f"{called}({row['keyword']}=...)"
            if value is None or (value.kind == "const" and value.value is None):
                budgets.extend([Budget(None, name, False, call.location)] if row.get("forever") else ())
                continue
            found = _budget(_number(workload, process, module, value, call.scope), name, call.location)
            if not found.is_known:
                return found
            budgets.append(found.value)
    if not budgets:
        return absent()
    return known(max(budgets, key=lambda one: float("inf") if one.seconds is None else one.seconds))


def _budget(seconds: float | None, name: str, location: Location) -> Fact[Budget]:
    return unknown(f"{name} is not known") if seconds is None else known(Budget(seconds, name, True, location))


def _seconds(text: str | None) -> float | None:
    return float(text) if text and re.fullmatch(r"\d+(\.\d+)?", text.strip()) else None


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _number(workload: Workload, process: Process, module: PythonFile, expr: Expr, scope: str) -> float | None:
    """A number, written down or read from a variable that is known; None for anything else."""
    value = module.resolve(expr, scope)
    if value.kind == "const":
        if isinstance(value.value, str):
            return _seconds(value.value)
        return float(value.value) if isinstance(value.value, int | float) else None
    if value.kind != "call" or not value.args:
        return None
    if value.value in ("int", "float", "round", "str"):
        return _number(workload, process, module, value.args[0], scope)
    if value.value in ("os.getenv", "os.environ.get") and isinstance(value.args[0].value, str):
        variable = workload.environment.get(value.args[0].value, process)
        if variable.is_absent and len(value.args) > 1:
            return _number(workload, process, module, value.args[1], scope)
        return _seconds(variable.or_else(""))
    return None


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
