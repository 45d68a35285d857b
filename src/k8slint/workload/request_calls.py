"""What the functions that answer requests wait for or compute themselves, while the thread they run in does no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.python import Call, PythonFile
from k8slint.workload.detail import calls_around, in_full
from k8slint.workload.knowledge import probes
from k8slint.workload.objects import defined
from k8slint.workload.program import Program

_DEEPEST = 2


class SlowCall(Struct, frozen=True):
    """``written`` holds its thread in a function that answers requests; ``handler`` is the one that they come to.

    ``seconds`` is what bounds it, None where nothing does that can be read.
    """

    written: str
    what: str
    handler: str
    location: Location
    seconds: float | None


def slow_calls(program: Program, only_async: bool) -> Iterator[SlowCall]:
    """Such calls, each once; ``only_async``: in ``async def`` handlers, whose loop then serves nobody else."""
    words = probes()["slow_calls"]["words"]
    if not any(word in module.source.text for module in program.modules for word in words):
        return
    seen: set[Location] = set()
    for short in program.modules:
        if not any(word in short.source.text for word in ("@", "View", "Resource", "request")):
            continue
        module = in_full(short)
        for function in _handlers(program, module, only_async):
            for found in _in(program, module, function, function, frozenset({(module.path, function)})):
                if found.location not in seen:
                    seen.add(found.location)
                    yield found


def _handlers(program: Program, module: PythonFile, only_async: bool) -> Iterator[str]:
    table = probes()["slow_calls"]["handlers"]
    answering = {
        one.name for one in module.classes if any(base.rpartition(".")[2] in table["bases"] for base in one.bases)
    }
    for function in module.functions:
        if only_async and not function.is_async:
            continue
        owner, _, name = function.name.rpartition(".")
        routed = any(
            one.kind == "call" and str(one.value).rpartition(".")[2] in table["decorators"]
            for one in function.decorators
        )
        takes_request = only_async and bool(function.parameters) and function.parameters[0][0] == "request"
        if routed or (owner in answering and name in table["methods"]) or (takes_request and program.uses(name)):
            yield function.name


def _in(
    program: Program, module: PythonFile, function: str, handler: str, seen: frozenset[tuple[str, str]]
) -> Iterator[SlowCall]:
    for call in module.calls:
        if call.scope != function or _is_handed_off(module, call):
            continue
        found = None if call.awaited else _row(program, call)
        if found is not None:
            bound = _bound(module, call, found)
            yield SlowCall(f"{call.name.lstrip('.')}()", found["what"], handler, call.location, bound)
            continue
        target = defined(program, module, call.name) if len(seen) <= _DEEPEST else None
        if target is not None and (target[0].path, target[1]) not in seen:
            inner = in_full(target[0])
            if any(one.name == target[1] for one in inner.functions):
                yield from _in(program, inner, target[1], handler, seen | {(inner.path, target[1])})


def _row(program: Program, call: Call) -> dict[str, Any] | None:
    table = probes()["slow_calls"]
    rows: list[dict[str, Any]] = table["calls"]
    found = next((row for row in rows if re.fullmatch(row["call"], call.name)), None)
    if found is not None or not call.name.endswith(tuple(table["models"]["methods"])):
        return found
    computes = any(program.imports(package) for package in table["models"]["with"])
    return {"what": "computes a model"} if computes else None


def _bound(module: PythonFile, call: Call, row: dict[str, Any]) -> float | None:
    given = call.keyword(row.get("limits", "")) or (call.args[0] if row.get("first") and call.args else None)
    value = module.resolve(given, call.scope).value if given is not None else None
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _is_handed_off(module: PythonFile, call: Call) -> bool:
    """Whether a call is an argument of one that runs it elsewhere: ``to_thread(lambda: requests.get(url))``."""
    offloads = probes()["slow_calls"]["offloads"]
    return any(one.name.rpartition(".")[2] in offloads for one in calls_around(module, call.location))
