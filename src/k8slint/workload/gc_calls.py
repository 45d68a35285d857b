"""Where a program collects garbage by hand again and again: in loops, in requests, in tasks."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.python import Call, PythonFile
from k8slint.workload.detail import in_full
from k8slint.workload.knowledge import probes
from k8slint.workload.program import Program

_COLLECT = "gc.collect"
_TASKS = ("task", "shared_task", "periodic_task", "actor", "db_task", "job")
# With these the collector is told what to do on purpose, or it is the memory of a GPU that is meant.
_BY_DESIGN = ("gc.freeze", "gc.disable", "gc.set_threshold", "empty_cache", "gc.callbacks", "gc.get_objects")
_LOOPS = ("for", "while", "while-true")


class Collection(Struct, frozen=True):
    """One such call; ``when`` it is made: "in every round of a loop", "in every request", "in every task"."""

    when: str
    location: Location


def repeated_collections(program: Program) -> Iterator[Collection]:
    """The calls in code that is used; none in a program that tells the collector more than to collect."""
    if any(word in module.source.text for module in program.modules for word in _BY_DESIGN):
        return
    for module, call in program.calls(_COLLECT):
        is_used = any(one.value.location == call.location for one in in_full(module).assignments)
        if not call.args and not call.keywords and not is_used and program.reaches(module, call.scope):
            when = _when(in_full(module), call)
            if when:
                yield Collection(when, call.location)


def _when(module: PythonFile, call: Call) -> str:
    if any(one in _LOOPS for one in call.guards):
        return "in every round of a loop"
    for function in module.functions:
        for one in function.decorators if function.name == call.scope else ():
            name = str(one.value).rpartition(".")[2]
            if name in _TASKS:
                return "in every task"
            if one.kind == "call" and name in probes()["slow_calls"]["handlers"]["decorators"]:
                return "in every request"
    return ""
