"""Readings of the node that a program takes for its own: memory and load of the whole machine."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.python import Call, PythonFile
from k8slint.models.python_decisions import Decision, decisions
from k8slint.workload.program import Program, matches

# Measured in a container with a limit of 300 MiB and half a CPU: all of these give the node's value.
_MEMORY = ("psutil.virtual_memory", "psutil.Process.memory_percent")
_LOAD = ("psutil.cpu_percent", "psutil.getloadavg", "os.getloadavg", "psutil.cpu_times_percent")
_OWN = ("cgroup", "memory.max", "limit_in_bytes", "cpu.max", "MEMORY_LIMIT", "MEM_LIMIT", "CPU_LIMIT")
"""Words that tell of a program that knows its own limits."""


class Reading(Struct, frozen=True):
    """A decision that rests on the node: ``resource`` is "memory" or "cpu", ``source`` the call, ``kind`` "compares"
    or "sizes", ``written`` the comparison or the name of what is sized."""

    resource: str
    source: str
    kind: str
    written: str
    location: Location
    call: Location


def reading_calls() -> tuple[str, ...]:
    """The names of all calls that the model needs to see."""
    return (*_MEMORY, *_LOAD, "os.sysconf")


def readings(program: Program) -> Iterator[Reading]:
    """The decisions of a program that rest on the node; none where it also asks for its own limits."""
    found = [one for module in program.modules for one in _of_module(program, module)]
    if found and not any(_mentions(program, word) for word in _OWN):
        yield from found


def _mentions(program: Program, word: str) -> bool:
    return program.may_mention(word) or any(word in one.source.text for one in program.modules)


def _of_module(program: Program, module: PythonFile) -> Iterator[Reading]:
    calls = [call for call in module.calls if _resource(module, call) and program.counts(module, call.main_guard)]
    first: dict[Location, Decision] = {}
    for one in sorted(decisions(module.source, calls) if calls else (), key=lambda one: one.location.line):
        first.setdefault(one.call.location, one)
    for one in first.values():
        resource = _resource(module, one.call) or ""
        yield Reading(resource, f"{one.call.name}()", one.kind, one.written, one.location, one.call.location)


def _resource(module: PythonFile, call: Call) -> str | None:
    if any(matches(call.name, name) for name in _MEMORY):
        return "memory"
    if call.name in _LOAD:
        return "cpu"
    first = module.resolve(call.args[0], call.scope) if call.args else None
    is_pages = first is not None and first.value in ("SC_PHYS_PAGES", "SC_AVPHYS_PAGES")
    return "memory" if call.name == "os.sysconf" and is_pages else None
