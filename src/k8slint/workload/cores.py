"""Numbers that come from the node's processors, which a CPU limit does not change."""

from __future__ import annotations

import math
from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from k8slint.location import Location
from k8slint.models.python import Expr, PythonFile
from k8slint.regex import regex
from k8slint.workload.process import Process
from k8slint.workload.workload import Workload

# Measured under a CFS quota on CPython 3.8, 3.12 and 3.13: all of these give the node's count.
COUNTS = (
    "os.cpu_count",
    "os.process_cpu_count",
    "multiprocessing.cpu_count",
    "multiprocessing.process_cpu_count",
    "psutil.cpu_count",
    "os.sched_getaffinity",
    "psutil.Process.cpu_affinity",
    "torch.multiprocessing.cpu_count",
    "torch.get_num_threads",
    "billiard.cpu_count",
    "multiprocess.cpu_count",
)
_SHELL_COUNTS = regex(r"\bnproc\b|\bgetconf\s+_?NPROCESSORS_(ONLN|CONF)\b|/proc/cpuinfo|\blscpu\b|\bcpu_count\s*\(")
_SMALL = 8


class NodeCount(Struct, frozen=True):
    """An expression whose value grows with the node: ``written`` is how it is spelled, ``location`` where.

    ``on_16_cores`` is what the whole expression comes to on a node with 16 processors, where that can be computed.
    """

    written: str
    location: Location
    on_16_cores: int | None = None


def node_count(
    module: PythonFile, expression: Expr, scope: str, is_set: Callable[[str], bool | None]
) -> NodeCount | None:
    """The node's processor count inside ``expression``, None where it is not there, capped, or overridden.

    ``is_set`` tells of an environment variable whether the workload sets it (None: not known): where it is set or may
    be, the default behind it is not used for certain, so nothing is found.
    """
    resolved = module.resolve(expression, scope)
    found = _search(resolved, is_set)
    if found is None:
        return None
    size = _value(resolved)
    return replace(found, on_16_cores=int(size) if size is not None and 0 < size < 10**6 else None)


_ROUNDING: dict[str, Callable[[float], float]] = {
    "int": int,
    "len": int,
    "round": round,
    "float": float,
    "math.ceil": math.ceil,
    "math.floor": math.floor,
}
_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right if right else 0,
    "//": lambda left, right: left // right if right else 0,
}


def _value(expression: Expr) -> float | None:
    """What a resolved expression comes to where every count of processors is 16."""
    if expression.kind == "const":
        value = expression.value
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    parts = expression.args
    if expression.kind == "call" and expression.value in COUNTS:
        return 16.0
    if expression.kind == "call" and expression.value in _ROUNDING:
        inner = _value(parts[0]) if parts else None
        return None if inner is None else _ROUNDING[str(expression.value)](inner)
    if expression.kind == "call" and expression.value in ("max", "min"):
        values = [_value(part) for part in parts]
        known = [value for value in values if value is not None]
        choose = max if expression.value == "max" else min
        return choose(known) if known and len(known) == len(values) else None
    if expression.kind == "bool" and expression.value == "or" and parts:
        return _value(parts[0])
    if expression.kind == "binary" and len(parts) == 2 and expression.value in _ARITHMETIC:
        left, right = (_value(part) for part in parts)
        return None if left is None or right is None else _ARITHMETIC[str(expression.value)](left, right)
    return None


def _search(expression: Expr, is_set: Callable[[str], bool | None]) -> NodeCount | None:
    if expression.kind == "call" and isinstance(expression.value, str):
        name = expression.value
        if name in COUNTS:
            return NodeCount(f"{name}()", expression.location)
        if name in ("min", "builtins.min") and any(_is_small(arg) for arg in expression.args):
            return None
        variable = _environment_default(expression)
        if variable is not None:
            # Only a default that is certain to be used counts.
            if is_set(variable) is not False:
                return None
            parts = expression.args[1:] + tuple(value for key, value in expression.keywords if key == "default")
        elif name.rsplit(".", 1)[-1] in ("int", "round", "float", "max", "len", "min", "floor", "ceil", "str", "abs"):
            parts = expression.args
        else:
            return None
    elif expression.kind == "bool":
        if expression.value == "or":
            return _first_of_or(expression.args, is_set)
        parts = expression.args[-1:]  # What stands before "and" is the value only where it is 0 or None.
    elif expression.kind in ("binary", "other") or (expression.kind == "unary" and expression.value != "not"):
        parts = expression.args
    elif expression.kind == "if":
        return _either(expression, is_set)
    else:
        return None
    for part in parts:
        found = _search(part, is_set)
        if found is not None:
            return found
    return None


def _first_of_or(parts: tuple[Expr, ...], is_set: Callable[[str], bool | None]) -> NodeCount | None:
    """``a or b``: b counts only where a is an unset variable, or a is a count itself (``os.cpu_count() or 1``)."""
    for part in parts:
        found = _search(part, is_set)
        if found is not None:
            return found
        variable = next((v for one in part.walk() if (v := _environment_default(one)) is not None), None)
        if variable is None or is_set(variable) is not False:
            return None
    return None


def _either(expression: Expr, is_set: Callable[[str], bool | None]) -> NodeCount | None:
    """``a if test else b``: the branch that is certain to be taken, else a count that is in both."""
    test, *branches = expression.args
    found = [_search(branch, is_set) for branch in branches]
    if test.kind == "call" and test.value in COUNTS:
        return found[0]
    if test.kind == "compare" and test.value in ("in", "not in") and len(test.args) == 2:
        name, where = test.args
        if where.value == "os.environ" and isinstance(name.value, str) and name.kind == "const":
            taken = is_set(name.value)
            return None if taken is None else found[0 if taken == (test.value == "in") else 1]
    return found[0] if all(one is not None for one in found) else None


def _is_small(expression: Expr) -> bool:
    """Whether a cap is a small number: written down, or from the environment with its default."""
    if expression.kind == "const" and isinstance(expression.value, int):
        return expression.value <= _SMALL
    return expression.kind in ("name", "call") and expression.value not in COUNTS


def _environment_default(expression: Expr) -> str | None:
    """The variable that an ``os.getenv(name, default)`` reads."""
    if expression.kind == "subscript":
        inner = expression.args[0] if expression.args else None
        key = expression.args[1] if len(expression.args) > 1 else None
        if inner is not None and inner.value == "os.environ" and key is not None and isinstance(key.value, str):
            return key.value
        return None
    if expression.kind != "call" or expression.value not in ("os.getenv", "os.environ.get", "decouple.config"):
        return None
    first = expression.args[0] if expression.args else None
    return str(first.value) if first is not None and first.kind == "const" else None


def node_sized(
    workload: Workload, process: Process | None, module: PythonFile, expression: Expr, scope: str
) -> NodeCount | None:
    """The node's count inside an expression of a workload's program: its environment decides what is overridden."""
    environment = workload.environment
    found = node_count(module, expression, scope, lambda name: environment.is_set(name, process))
    follows = found is not None and found.written.endswith("cpu_count()") and not found.written.startswith("psutil")
    return None if follows and count_is_overridden(workload, process) else found


def count_is_overridden(workload: Workload, process: Process | None) -> bool:
    """Whether PYTHON_CPU_COUNT replaces the count, as from Python 3.13 on; below, someone meant it all the same."""
    return workload.environment.names("PYTHON_CPU_COUNT", process)


def counts_in_shell(text: str) -> str | None:
    """How a shell text asks for the node's processors (``nproc``), None where it does not."""
    match = _SHELL_COUNTS.search(text)
    return match.group(0) if match else None
