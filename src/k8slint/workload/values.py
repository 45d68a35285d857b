"""What an expression of the project's code comes to in one container: constants, the environment, arithmetic."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

from k8slint.fact import Fact, Place, known, unknown
from k8slint.location import Location
from k8slint.models.python import Expr, PythonFile
from k8slint.workload.cores import COUNTS

Lookup = Callable[[str], Fact[str]]
"""The value of an environment variable."""

_DEEPEST = 12
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)")
_READS = ("os.getenv", "os.environ.get", "decouple.config")
_CASTS: dict[str, Callable[[float], float]] = {"round": round, "math.ceil": math.ceil, "math.floor": math.floor}
_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "//": lambda left, right: left // right,
}
NODE = "it follows the processors of the node"


def value(module: PythonFile, expression: Expr, scope: str, variable: Lookup) -> Fact[object]:
    """The value of ``expression``, written in ``scope``, with the places it comes from besides the code."""
    return _value(module, expression, scope, variable, 0)


def number(module: PythonFile, expression: Expr, scope: str, variable: Lookup) -> Fact[int]:
    """The whole number that an expression comes to; a text of digits counts."""
    return whole(value(module, expression, scope, variable))


def whole(found: Fact[object]) -> Fact[int]:
    """A value as a whole number."""
    if not found.is_known:
        return unknown(found.reason)
    one = found.value
    if isinstance(one, str) and one.strip().isdecimal():
        return known(int(one), *found.places)
    if isinstance(one, int | float) and not isinstance(one, bool):
        return known(int(one), *found.places)
    return unknown("it is not a number")


def _value(module: PythonFile, expression: Expr, scope: str, variable: Lookup, depth: int) -> Fact[object]:
    one = module.resolve(expression, scope)
    if depth > _DEEPEST:
        return unknown("it is nested too deeply")
    if one.kind == "const":
        return known(one.value)
    parts = [part for part in one.args if part.kind != "other"]
    if len(parts) != len(one.args):
        return unknown("it is not a plain value")

    def inner(part: Expr) -> Fact[object]:
        return _value(module, part, scope, variable, depth + 1)

    if one.kind == "subscript" and len(parts) == 2 and parts[0].value == "os.environ":
        return _read(parts[1:], variable)
    if one.kind == "call":
        return _call(one, parts, inner, variable)
    if one.kind == "bool" and one.value == "or":
        return _first(parts, inner)
    if one.kind == "if" and len(parts) == 3:
        test = inner(parts[0])
        return inner(parts[1] if test.value else parts[2]) if test.is_known else test
    if one.kind == "binary" and len(parts) == 2 and one.value in _ARITHMETIC:
        return _numbers(parts, inner, lambda two: _ARITHMETIC[str(one.value)](two[0], two[1]))
    return unknown("it is computed when the program runs")


def _call(call: Expr, parts: Sequence[Expr], inner: Callable[[Expr], Fact[object]], variable: Lookup) -> Fact[object]:
    name = str(call.value)
    if name in COUNTS:
        return unknown(NODE)
    if name in _READS:
        found = _read(parts, variable)
        default = dict(call.keywords).get("default") or (parts[1] if len(parts) > 1 else None)
        if found.is_absent:
            return inner(default) if default is not None else known(None)
        return found
    if name == "int" and len(parts) == 1:
        found_number = whole(inner(parts[0]))
        if not found_number.is_known:
            return unknown(found_number.reason)
        return known(found_number.value, *found_number.places)
    if name in ("str", "float") and len(parts) == 1:
        return inner(parts[0])
    if name in _CASTS and len(parts) == 1:
        return _numbers(parts, inner, lambda one: _CASTS[name](one[0]))
    if name in ("max", "min") and len(parts) > 1:
        return _numbers(parts, inner, max if name == "max" else min)
    return unknown("it is computed when the program runs")


def _read(parts: Sequence[Expr], variable: Lookup) -> Fact[object]:
    name = parts[0].value if parts and parts[0].kind == "const" else None
    if not isinstance(name, str):
        return unknown("it reads a variable whose name is not known")
    found = variable(name)
    if found.is_known:
        return known(found.value, *found.places)
    return unknown(found.reason) if found.is_unknown else Fact(found.state, None, found.places)


def _first(parts: Sequence[Expr], inner: Callable[[Expr], Fact[object]]) -> Fact[object]:
    """``a or b``: the first that counts as true, else the last."""
    found: Fact[object] = unknown("it is empty")
    for part in parts:
        found = inner(part)
        if found.is_unknown or (found.is_known and found.value):
            return found
    return found


def _numbers(
    parts: Sequence[Expr], inner: Callable[[Expr], Fact[object]], compute: Callable[[list[float]], float]
) -> Fact[object]:
    found: list[float] = []
    places: list[Place] = []
    for part in parts:
        one = inner(part)
        if not one.is_known or isinstance(one.value, bool) or not isinstance(one.value, int | float):
            return unknown(one.reason or "it is not a number")
        found.append(one.value)
        places.extend(one.places)
    try:
        return known(compute(found), *places)
    except (ZeroDivisionError, OverflowError):
        return unknown("it is not a number")


def variable_in(written: str) -> str | None:
    """The first variable that a word of a shell names."""
    found = _VARIABLE.search(written)
    return found.group(1) if found is not None else None


def written_at(found: Fact[str], otherwise: Location) -> Location:
    """Where a fact is written."""
    return found.places[0].location if found.places else otherwise
