"""What a container does before its server answers that takes a time nobody can tell: migrations, waiting, models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from k8slint.location import Location
from k8slint.workload.knowledge import probes
from k8slint.workload.process import Process, Step, StepKind
from k8slint.workload.program import Program
from k8slint.workload.start_hooks import is_start_hook
from k8slint.workload.workload import Workload

_INTERPRETERS = ("python", "python3", "uv", "run", "poetry", "pipenv", "exec", "-m", "-u")


class SlowWork(Struct, frozen=True):
    """``what`` the container does at its start; ``in_program`` tells that the server itself does it."""

    what: str
    location: Location
    in_program: bool


def slow_work_calls() -> tuple[str, ...]:
    """The names of the calls that load large models."""
    return tuple(probes()["slow_work"]["calls"])


def slow_work(workload: Workload) -> tuple[SlowWork, ...]:
    """What comes before the first answer on every way that the container may go."""
    if not workload.processes.is_known or len(workload.processes.value) != 1:
        return ()
    process = workload.processes.value[0]
    program = workload.program(process)
    loads = tuple(_loads(program.value)) if program.is_known else ()
    return (*_commands(process), *loads)


def _commands(process: Process) -> Iterator[SlowWork]:
    """Commands of the shells and scripts in front of the program, outside of conditions, and wrappers that wait."""
    for step in process.steps:
        if step.kind is StepKind.WRAPPER and (what := _slow([_base(step.name)])):
            yield SlowWork(what, step.location, False)
        for words, location in _before_the_program(step, process):
            if what := _slow([_base(word) for word in words]):
                yield SlowWork(what, location, False)


def _before_the_program(step: Step, process: Process) -> Iterator[tuple[tuple[str, ...], Location]]:
    """The commands of a step up to the one that starts the program; none where that one is not among them."""
    first = process.entry.words[0].text if process.entry.words else None
    found: list[tuple[tuple[str, ...], Location]] = []
    for words, location in step.commands:
        if first is not None and _base(first) in [_base(word) for word in words] and not _slow([*map(_base, words)]):
            # What is indented in a script depends on a condition.
            yield from (one for one in found if step.kind is not StepKind.SCRIPT or one[1].column == 1)
            return
        found.append((words, location))


def _base(word: str) -> str:
    return word.rsplit("/", 1)[-1]


def _slow(words: list[str]) -> str:
    rest = words
    while rest and rest[0] in _INTERPRETERS:
        rest = rest[1:]
    rows: list[dict[str, Any]] = probes()["slow_work"]["commands"]
    for row in rows:
        if rest[:1] == [row["program"]] and rest[1 : 1 + len(row["then"])] == row["then"] and rest[-1] != "&":
            return str(row["what"])
    return ""


def _loads(program: Program) -> Iterator[SlowWork]:
    table = probes()["slow_work"]
    for module, call in program.calls(*table["calls"]):
        if any(word in call.name for word in table["except"]) or any(
            one in ("if", "for", "while") for one in call.guards
        ):
            continue
        if not call.scope or is_start_hook(module, call.scope):
            yield SlowWork(f"loads a model with {call.name.lstrip('.')}()", call.location, True)
