"""Models, indexes and tables that a program loads before it serves, and when: at import, or in each worker."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.python import Call, PythonFile
from k8slint.workload.detail import in_full
from k8slint.workload.knowledge import library_rows
from k8slint.workload.objects import defined
from k8slint.workload.program import Program, matches
from k8slint.workload.start_hooks import is_start_hook

_DEEPEST = 4
_CONDITIONS = ("if", "for", "while", "while-true")


class ModelLoad(Struct, frozen=True):
    """``written`` loads a model; ``at_import`` as a module is imported, else in a function that each worker calls.

    ``is_large`` tells of hundreds of megabytes; else the size is not known. ``device`` is the GPU or what else it is
    written to be moved to, "" where that is nothing.
    """

    written: str
    location: Location
    at_import: bool
    is_large: bool
    device: str = ""


def model_load_calls() -> tuple[str, ...]:
    """The names of all calls that the model needs to see."""
    table = library_rows()["models"]
    return (*table["large"], *table["other"], *table["on_gpu"])


def model_loads(program: Program) -> tuple[ModelLoad, ...]:
    """What is loaded on every start, outside of conditions, each place once."""
    names = _names_on_the_way(program)
    if not names:
        return ()
    found: dict[Location, ModelLoad] = {}
    for short in program.modules:
        if not any(name in short.source.text for name in names):
            continue
        module = in_full(short)
        hooks = {one.name for one in module.functions if is_start_hook(module, one.name)}
        for call in module.calls:
            starts = not call.scope or call.scope in hooks
            if starts and not _depends(call) and program.counts(module, call.main_guard):
                for load in _loads(program, module, call, not call.scope, names, 0):
                    found.setdefault(load.location, load)
    return tuple(found.values())


def _names_on_the_way(program: Program) -> frozenset[str]:
    """The last names of the calls that load, and of the functions and classes that lead to one."""
    table = library_rows()["models"]
    loading = [
        (module, call) for module, call in program.calls(*model_load_calls()) if _of_row(call, table) is not None
    ]
    names = {call.name.rpartition(".")[2] for _, call in loading}
    scopes = {call.scope for _, call in loading}
    for _ in range(_DEEPEST):
        new = {part for scope in scopes if scope for part in (scope.rpartition(".")[2], scope.split(".", 1)[0])} - names
        if not new:
            break
        names |= new
        texts = [module for module in program.modules if any(name in module.source.text for name in new)]
        scopes = {call.scope for one in texts for call in in_full(one).calls if call.name.rpartition(".")[2] in new}
    return frozenset(names)


def _of_row(call: Call, table: dict[str, list[str]]) -> bool | None:
    """Whether a call loads something large; None where it loads nothing, or shares what it loads."""
    if any(word in call.name for word in table["except"]) or any(
        keyword in table["mapped"] and value.value not in (None, False) for keyword, value in call.keywords
    ):
        return None
    if any(matches(call.name, name) for name in table["large"]):
        return True
    if any(matches(call.name, name) for name in table["on_gpu"]):
        return True if _device(call, table) else None
    return False if any(matches(call.name, name) for name in table["other"]) else None


def _device(call: Call, table: dict[str, list[str]]) -> str:
    """The device that a call is told; "" for the processor, and where it is filled in later."""
    given = next((value.value for keyword, value in call.keywords if keyword in table["devices"]), None)
    is_gpu = given == "auto" or str(given).startswith("cuda") or (type(given) is int and given >= 0)
    return str(given) if is_gpu else ""


def _loads(
    program: Program, module: PythonFile, call: Call, at_import: bool, names: frozenset[str], depth: int
) -> Iterator[ModelLoad]:
    table = library_rows()["models"]
    is_large = _of_row(call, table)
    if is_large is not None:
        yield ModelLoad(f"{call.name.lstrip('.')}()", call.location, at_import, is_large, _device(call, table))
        return
    if depth >= _DEEPEST or call.name.rpartition(".")[2] not in names:
        return
    target = defined(program, module, call.name)
    if target is None:
        return
    inner = in_full(target[0])
    scopes = (target[1], f"{target[1]}.__init__") if any(one.name == target[1] for one in inner.classes) else target[1:]
    for one in inner.calls:
        if one.scope in scopes and not _depends(one):
            yield from _loads(program, inner, one, at_import, names, depth + 1)


def _depends(call: Call) -> bool:
    return any(one in _CONDITIONS for one in call.guards)
