"""What a Python expression comes to where constants and the workload's environment decide it."""

from __future__ import annotations

from collections.abc import Callable

from k8slint.fact import Fact, known, unknown
from k8slint.models.python import Expr, PythonFile

Lookup = Callable[[str], Fact[str]]
"""The value of an environment variable: known, absent where it is not set, unknown."""

_DEEPEST = 12
_GETS = ("os.environ.get", "os.getenv")
_SETTINGS = ("decouple.config", "environs.Env", "environ.Env", "environ.FileAwareEnv", "starlette.config.Config")
# What decouple, environs and django-environ take for true (their sources).
_TRUE = ("true", "on", "ok", "y", "yes", "1", "t")


def value_of(module: PythonFile, expression: Expr, scope: str, lookup: Lookup) -> Fact[object]:
    """The value of ``expression``, written in ``scope`` of ``module``; unknown where anything else decides it."""
    return _value(module, expression, scope, lookup, 0)


def _value(module: PythonFile, expression: Expr, scope: str, lookup: Lookup, depth: int) -> Fact[object]:
    if depth > _DEEPEST:
        return unknown("the expression is nested too deeply")
    expr = module.resolve(expression, scope)

    def inner(part: Expr) -> Fact[object]:
        return _value(module, part, scope, lookup, depth + 1)

    if expr.kind == "const":
        return known(expr.value)
    if expr.kind in ("list", "tuple", "set"):
        items = [inner(part) for part in expr.args]
        return known([item.value for item in items]) if all(item.is_known for item in items) else _unknown(expr)
    if expr.kind == "call":
        return _call(expr, inner, lookup)
    if expr.kind == "subscript" and expr.args[0].value == "os.environ":
        name = inner(expr.args[1])
        found: Fact[object] = lookup(str(name.value)) if name.is_known else _unknown(expr)  # type: ignore[assignment]
        return found if found.is_known else _unknown(expr)
    if expr.kind == "fstring":
        pieces = [inner(part) for part in expr.args]
        return (
            known("".join(str(one.value) for one in pieces)) if all(one.is_known for one in pieces) else _unknown(expr)
        )
    if expr.kind == "if":
        test = inner(expr.args[0])
        return inner(expr.args[1] if test.value else expr.args[2]) if test.is_known else _unknown(expr)
    if expr.kind == "unary" and expr.value == "not":
        operand = inner(expr.args[0])
        return known(not operand.value) if operand.is_known else operand
    if expr.kind == "bool":
        return _bool(expr, inner)
    if expr.kind in ("compare", "binary") and len(expr.args) == 2:
        left, right = inner(expr.args[0]), inner(expr.args[1])
        return (
            _operation(str(expr.value), left.value, right.value) if left.is_known and right.is_known else _unknown(expr)
        )
    return _unknown(expr)


def _unknown(expr: Expr) -> Fact[object]:
    return unknown(f"an expression in {expr.location.path} cannot be told")


def _bool(expr: Expr, inner: Callable[[Expr], Fact[object]]) -> Fact[object]:
    result: Fact[object] = _unknown(expr)
    for part in expr.args:
        result = inner(part)
        if not result.is_known or bool(result.value) is (expr.value == "or"):
            return result
    return result


def _operation(operator: str, left: object, right: object) -> Fact[object]:
    if operator in ("==", "is"):
        return known(left == right)
    if operator in ("!=", "is not"):
        return known(left != right)
    if (
        operator in ("in", "not in")
        and isinstance(right, (str, list))
        and (isinstance(right, list) or isinstance(left, str))
    ):
        found = left in right if isinstance(right, list) else str(left) in right
        return known(found is (operator == "in"))
    if operator == "+" and isinstance(left, str) and isinstance(right, str):
        return known(left + right)
    return unknown(f"{operator} is not computed")


def _call(expr: Expr, inner: Callable[[Expr], Fact[object]], lookup: Lookup) -> Fact[object]:
    name = str(expr.value)
    if name in _GETS:
        return _read(expr, expr.args[1:2], inner, lookup)
    owner, _, method = name.rpartition(".")
    if name == "decouple.config" or name.removesuffix(".__call__") in _SETTINGS or owner in _SETTINGS:
        given = dict(expr.keywords)
        default = (given["default"],) if "default" in given else expr.args[1:2]
        found = _read(expr, default, inner, lookup, required=True)
        cast = str(given["cast"].value) if "cast" in given else method
        return _cast(cast.rpartition(".")[2], found)
    if name in ("int", "str", "bool", "float") and len(expr.args) == 1:
        found = inner(expr.args[0])
        if not found.is_known:
            return found
        if name == "bool":
            return known(bool(found.value))
        if name == "str":
            return known(str(found.value))
        text = str(found.value).strip()
        return known(int(text)) if text.removeprefix("-").isdecimal() else _unknown(expr)
    if name.rpartition(".")[2] == "strtobool" and expr.args:
        return _cast("bool", inner(expr.args[0]))
    return _unknown(expr)


def _read(
    expr: Expr, default: tuple[Expr, ...], inner: Callable[[Expr], Fact[object]], lookup: Lookup, required: bool = False
) -> Fact[object]:
    variable = inner(expr.args[0]) if expr.args else _unknown(expr)
    if not variable.is_known or not isinstance(variable.value, str):
        return _unknown(expr)
    found = lookup(variable.value)
    if found.is_known:
        return known(found.value)
    if found.is_unknown:
        return unknown(found.reason)
    if default:
        return inner(default[0])
    keyword = dict(expr.keywords).get("default")
    if keyword is not None:
        return inner(keyword)
    return _unknown(expr) if required else known(None)


def _cast(cast: str, found: Fact[object]) -> Fact[object]:
    if not found.is_known or cast not in ("bool", "int"):
        return (
            found
            if cast in ("str", "config", "__call__", "Env", "Config", "FileAwareEnv")
            else unknown("it is converted")
        )
    if cast == "bool":
        is_true = found.value.strip().lower() in _TRUE if isinstance(found.value, str) else bool(found.value)
        return known(is_true)
    text = str(found.value).strip()
    return known(int(text)) if text.isdecimal() else unknown("it is not a number")
