"""Schedulers that a program starts inside its own process, where every other process of it starts one too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.python import Call, Expr, PythonFile
from k8slint.workload.detail import in_full
from k8slint.workload.knowledge import worker_rows
from k8slint.workload.process import Process
from k8slint.workload.program import Program
from k8slint.workload.start_up import function_runs_at_start, runs_at_start

_MOST_FUNCTIONS = 60
_OWN, _ELSEWHERE = "its own", "elsewhere"


class Scheduler(Struct, frozen=True):
    """A scheduler that certainly starts with the program: ``what`` to call it.

    ``at_import`` tells that it starts when the module is loaded, ``is_local`` that its jobs are known to change nothing
    but what is the process's own. ``locks`` tells that something near it speaks of a lock between processes.
    """

    what: str
    location: Location
    at_import: bool
    is_local: bool
    locks: bool


@cache
def scheduler_calls() -> tuple[str, ...]:
    """The names of all calls that the model needs to see."""
    rows = worker_rows()["schedulers"]
    return tuple(name for row_name, row in rows.items() for name in (row_name, *_start(row_name, row["is_class"])))


def schedulers(program: Program, process: Process | None) -> Iterator[Scheduler]:
    """The schedulers that start with a program, each once."""
    rows = worker_rows()["schedulers"]
    for name, row in rows.items():
        for module, call in program.calls(name):
            start = _started(program, process, name, row["is_class"], module, call)
            if start is None:
                continue
            where, found = start
            texts = [one.source.text for one in _near(program, where, module)]
            locks = any(re.search(worker_rows()["locks"], text) for text in texts)
            jobs = list(_jobs(program, module, call, where))
            yield Scheduler(row["what"], found.location, not found.scope, _all_local(program, jobs), locks)


def _start(name: str, is_class: bool) -> tuple[str, ...]:
    return (f"{name}.start",) if is_class else ()


def _started(
    program: Program, process: Process | None, name: str, is_class: bool, module: PythonFile, call: Call
) -> tuple[PythonFile, Call] | None:
    """Where the scheduler that ``call`` makes is started, if that happens for certain."""
    if not is_class:
        if name.endswith("repeat_every"):
            function = next((one for one in module.functions if _decorates(call, one.decorators)), None)
            runs = function is not None and function_runs_at_start(program, process, module, function.name)
            return (module, call) if runs else None
        return (module, call) if runs_at_start(program, process, module, call) else None
    variable = _variable(module, call)
    for other, start in _starts(program, name, module, variable):
        if runs_at_start(program, process, other, start):
            return other, start
    return None


def _decorates(call: Call, decorators: tuple[Expr, ...]) -> bool:
    return any(
        (one.location.line, one.location.column) == (call.location.line, call.location.column) for one in decorators
    )


def _variable(module: PythonFile, call: Call) -> str:
    """What the object that ``call`` makes is assigned to, "" where it is not assigned."""
    for one in module.assignments:
        if one.value.kind == "call" and one.value.location.line == call.location.line:
            return one.target
    return ""


def _starts(program: Program, name: str, module: PythonFile, variable: str) -> Iterator[tuple[PythonFile, Call]]:
    own = in_full(module)
    last = variable.rpartition(".")[2]
    for call in own.calls:
        if call.name == f"{name}.start" and program.counts(module, call.main_guard):
            yield own, call
    for short in program.modules if last else ():
        if short is module or last not in short.source.text or ".start" not in short.source.text:
            continue
        other = in_full(short)
        for call in other.calls:
            if call.name.endswith(f".{last}.start") and program.counts(short, call.main_guard):
                yield other, call


def _near(program: Program, *modules: PythonFile) -> Iterator[PythonFile]:
    """The modules and those of the project that they import."""
    names = {one.module.rpartition(".")[2] for module in modules for one in module.imports if not one.type_checking}
    names |= {name for module in modules for one in module.imports for name, _ in one.names}
    paths = {module.path for module in modules}
    for one in program.modules:
        stem = one.path.rpartition("/")[2].removesuffix(".py")
        if one.path in paths or stem in names or (stem == "__init__" and one.path.split("/")[-2:][0] in names):
            yield one


def _jobs(program: Program, made_in: PythonFile, made: Call, started_in: PythonFile) -> Iterator[str | None]:
    """The names of the functions that are scheduled, None for one that is not a plain name."""
    if made.name.endswith("repeat_every"):
        yield from (one.name for one in made_in.functions if _decorates(made, one.decorators))
        return
    methods = worker_rows()["jobs"]
    for short in {one.path: one for one in (made_in, started_in)}.values():
        module = in_full(short)
        for call in module.calls:
            if call.name.rpartition(".")[2] in ("add_job", "do"):
                given = call.args[0] if call.args else call.keyword("func")
                is_name = given is not None and given.kind == "name"
                yield str(given.value).rpartition(".")[2] if is_name and given is not None else None
        for function in module.functions:
            if any(str(one.value).rpartition(".")[2] in methods for one in function.decorators if one.kind == "call"):
                yield function.name.rpartition(".")[2]


def _all_local(program: Program, jobs: list[str | None]) -> bool:
    """Whether all jobs are known, change what is the process's own, and nothing that they call writes elsewhere."""
    return bool(jobs) and all(one is not None and _changes(program, one, {}) == {_OWN} for one in jobs)


def _changes(program: Program, function: str, seen: dict[str, int]) -> set[str]:
    """What a function of the project changes, as far as the project's code tells."""
    found: set[str] = set()
    table = worker_rows()
    if function in seen:
        return found
    if len(seen) >= _MOST_FUNCTIONS:
        return {_ELSEWHERE}
    seen[function] = len(seen)
    for short in program.modules:
        if f"def {function}" not in short.source.text:
            continue
        module = in_full(short)
        for scope in (one.name for one in module.functions if one.name.rpartition(".")[2] == function):
            names = {call.name.rpartition(".")[2] for call in module.calls if call.scope == scope}
            found |= {_ELSEWHERE} if names & set(table["writes"]) else set()
            found |= {_OWN} if names & set(table["local"]) or _assigns(module, scope) else set()
            for name in sorted(names):
                found |= _changes(program, name, seen)
    return found


def _assigns(module: PythonFile, scope: str) -> bool:
    """Whether a function gives a value to something that outlives it, in the memory of the process."""
    targets = [one.target for one in module.assignments if one.scope == scope]
    shared = re.findall(r"^\s+global\s+(.+)$", module.source.text, re.MULTILINE)
    names = {name.strip() for line in shared for name in line.split(",")}
    return any("." in target or "[" in target or target in names for target in targets)
