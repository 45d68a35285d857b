"""Constant waits of a program that go on after a signal's handler has returned."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.fact import Fact, Place, unknown
from k8slint.location import Location
from k8slint.models.python import Call, Expr, PythonFile
from k8slint.workload.lifetime import in_threads
from k8slint.workload.program import Program
from k8slint.workload.values import value
from k8slint.workload.workload import Workload

_LOOPS = ("while", "while-true", "for")
_WAITS = ("time.sleep",)


class LongSleep(Struct, frozen=True):
    """A sleep in a loop; ``seconds`` is known, and ``places`` say where the number comes from."""

    seconds: float
    location: Location
    places: tuple[Place, ...]


def sleep_calls() -> tuple[str, ...]:
    """The names of the calls that wait, and that Python takes up again once a handler has returned (PEP 475)."""
    return _WAITS


def long_sleeps(workload: Workload, program: Program) -> Iterator[LongSleep]:
    """The sleeps in loops of the main thread whose seconds are known."""
    for module, call in program.calls(*_WAITS):
        function = call.scope.rpartition(".")[2]
        if not call.args or not any(guard in _LOOPS for guard in call.guards):
            continue
        if function and (function in in_threads(module) or not program.uses(function)):
            continue
        seconds = _seconds(workload, module, call, call.args[0])
        if seconds.is_known:
            yield LongSleep(seconds.value, call.location, seconds.places)


def _seconds(workload: Workload, module: PythonFile, call: Call, expression: Expr) -> Fact[float]:
    found = value(module, expression, call.scope, workload.environment.get)
    if found.is_known and isinstance(found.value, str):
        try:
            return Fact(found.state, float(found.value), found.places)
        except ValueError:
            return unknown("it is not a number")
    if not found.is_known or isinstance(found.value, bool) or not isinstance(found.value, (int, float)):
        return unknown(found.reason or "it is not a number")
    return Fact(found.state, float(found.value), found.places)
