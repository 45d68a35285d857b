"""What an expression of the project's code comes to in one container: constants, the environment, arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from msgspec import Struct

from k8slint.fact import Fact, Place, known, unknown
from k8slint.models.python import Expr, PythonFile
from k8slint.workload.cores import COUNTS
from k8slint.workload.operations import as_integer, as_number, cast_of_setting, combined, rounded

Lookup = Callable[[str], Fact[str]]
"""The value of an environment variable: known, absent where it is not set, unknown."""

_DEEPEST = 12
# Each name is looked up anew where it stands, so that a few lines can ask for millions of steps.
_MOST_STEPS = 1000
_READS = ("os.getenv", "os.environ.get")
_SETTINGS = ("decouple.config", "environs.Env", "environ.Env", "environ.FileAwareEnv", "starlette.config.Config")
_AS_WRITTEN = ("str", "config", "__call__", "Env", "Config", "FileAwareEnv")
NODE = "it follows the processors of the node"
_LATER = "it is computed when the program runs"


def value(module: PythonFile, expression: Expr, scope: str, variable: Lookup) -> Fact[object]:
    """The value of ``expression``, written in ``scope``, with the places it comes from besides the code.

    Lists, tuples and sets come as a list. Unknown, never absent, where anything else decides it; the reason is
    ``NODE`` where that is the node's number of processors.
    """
    return _Reading(module, scope, variable).value(expression, 0)


def number(module: PythonFile, expression: Expr, scope: str, variable: Lookup) -> Fact[int]:
    """The whole number that an expression comes to; a text of digits counts."""
    return whole(value(module, expression, scope, variable))


def whole(found: Fact[object]) -> Fact[int]:
    """A value as a whole number."""
    if not found.is_known:
        return unknown(found.reason)
    one = as_integer(found.value)
    return unknown("it is not a number") if one is None else known(one, *found.places)


class _Reading(Struct):
    module: PythonFile
    scope: str
    variable: Lookup
    steps: int = 0

    def value(self, expression: Expr, depth: int) -> Fact[object]:
        self.steps += 1
        if depth > _DEEPEST or self.steps > _MOST_STEPS:
            return unknown("it is nested too deeply")
        one = self.module.resolve(expression, self.scope)

        def inner(part: Expr) -> Fact[object]:
            return self.value(part, depth + 1)

        if one.kind == "const":
            return known(one.value)
        if one.kind == "call":
            return self._call(one, inner)
        if one.kind == "subscript" and len(one.args) == 2 and one.args[0].value == "os.environ":
            return self._read(one.args[1], None, inner, is_needed=True)
        if one.kind in ("list", "tuple", "set"):
            return _all(one.args, inner, list)
        if one.kind == "fstring":
            return _all(one.args, inner, lambda pieces: "".join(map(str, pieces)))
        if one.kind == "bool":
            return _first(one.args, inner, one.value == "or")
        if one.kind == "if" and len(one.args) == 3:
            test = inner(one.args[0])
            return inner(one.args[1] if test.value else one.args[2]) if test.is_known else test
        if one.kind == "unary" and one.value == "not":
            return _all(one.args, inner, lambda operands: not operands[0])
        if one.kind in ("binary", "compare") and len(one.args) == 2:
            return _all(one.args, inner, lambda two: combined(str(one.value), two[0], two[1]))
        return unknown(_LATER)

    def _call(self, call: Expr, inner: Callable[[Expr], Fact[object]]) -> Fact[object]:
        name, first = str(call.value), call.args[0] if call.args else None
        given = dict(call.keywords)
        if name in COUNTS:
            return unknown(NODE)
        default = given.get("default") or (call.args[1] if len(call.args) > 1 else None)
        if name in _READS and first is not None:
            return self._read(first, default, inner)
        owner, _, method = name.rpartition(".")
        if first is not None and (name in _SETTINGS or owner in _SETTINGS):
            found = self._read(first, default, inner, is_needed=True)
            cast = str(given["cast"].value).rpartition(".")[2] if "cast" in given else method
            return found if cast in _AS_WRITTEN else _cast(found, lambda one: cast_of_setting(cast, one))
        if first is None:
            return unknown(_LATER)
        if name in ("max", "min") and len(call.args) > 1:
            return _all(call.args, inner, lambda found: _extreme(name, found))
        if len(call.args) == 1 and (conversion := _conversion(name)) is not None:
            return _cast(inner(first), conversion)
        return unknown(_LATER)

    def _read(
        self, name: Expr, default: Expr | None, inner: Callable[[Expr], Fact[object]], is_needed: bool = False
    ) -> Fact[object]:
        """A variable of the environment; where it ``is_needed`` and not there, the program ends with an error."""
        written = inner(name)
        if not written.is_known or not isinstance(written.value, str):
            return unknown("it reads a variable whose name is not known")
        found = self.variable(written.value)
        if found.is_known:
            return known(found.value, *found.places)
        if found.is_unknown:
            return unknown(found.reason)
        if default is not None:
            return inner(default)
        return unknown("it reads a variable that is not set") if is_needed else known(None)


def _conversion(name: str) -> Callable[[object], object] | None:
    if name == "int":
        return as_integer
    if name == "float":
        return as_number
    if name in ("str", "bool"):
        return str if name == "str" else bool
    if name.rpartition(".")[2] == "strtobool":
        return lambda one: cast_of_setting("bool", one)
    return (lambda one: rounded(name, one)) if name in ("round", "math.ceil", "math.floor") else None


def _cast(found: Fact[object], conversion: Callable[[object], object]) -> Fact[object]:
    """A value made another; a conversion gives None where it does not know better."""
    if not found.is_known:
        return found
    converted = conversion(found.value)
    return unknown("it is not a number") if converted is None else known(converted, *found.places)


def _all(
    parts: Sequence[Expr], inner: Callable[[Expr], Fact[object]], compute: Callable[[list[object]], object]
) -> Fact[object]:
    found: list[object] = []
    places: list[Place] = []
    for part in parts:
        one = inner(part)
        if not one.is_known:
            return one
        found.append(one.value)
        places.extend(one.places)
    computed = compute(found)
    return unknown(_LATER) if computed is None else known(computed, *places)


def _first(parts: Sequence[Expr], inner: Callable[[Expr], Fact[object]], wanted: bool) -> Fact[object]:
    """``a or b``: the first that counts as true, else the last; ``a and b``: the first that does not."""
    found: Fact[object] = unknown("it is empty")
    for part in parts:
        found = inner(part)
        if not found.is_known or bool(found.value) is wanted:
            return found
    return found


def _extreme(name: str, found: list[object]) -> object:
    numbers = [one for one in found if isinstance(one, int | float) and not isinstance(one, bool)]
    if len(numbers) != len(found) or any(math.isnan(one) for one in numbers):
        return None
    return max(numbers) if name == "max" else min(numbers)
