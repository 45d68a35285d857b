"""Reads of environment variables: the standard library's, and those of the usual settings libraries."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from k8slint.models.python_found import Context
from k8slint.models.python_scope import Kind, Scope

READERS = frozenset({"get", "getenv", "config"})
"""Last segments, beside ``CASTS``, of the calls that read a variable."""

CASTS = frozenset(
    (
        *("bool", "bytes", "cache", "cache_url", "channels", "channels_url", "date", "datetime", "db", "db_url"),
        *("decimal", "dict", "email_url", "enum", "float", "int", "json", "list", "path", "search_url", "str"),
        *("time", "timedelta", "tuple", "url", "uuid"),
    )
)
"""Methods of an ``Env`` object that read a variable (django-environ and environs, from their documentation)."""

_DEFAULT_AT = {
    "os.environ.get": 1,
    "os.getenv": 1,
    "decouple.config": 1,
    "environ.Env.__call__": 2,
    "environ.FileAwareEnv.__call__": 2,
    "environs.Env.__call__": 1,
    "starlette.config.Config.__call__": 2,
}
"""Where each call takes its default when it is not named."""

_OBJECTS = frozenset({"environ.Env", "environ.FileAwareEnv", "environs.Env"})


def may_read(text: str) -> bool:
    """Whether one of the names that a read needs is written."""
    return "environ" in text or "getenv" in text or "decouple" in text or "starlette" in text


def call_read(node: ast.Call, name: str, scope: Scope) -> tuple[str, ast.expr | None] | None:
    """Variable and default of a call by its qualified name, where it reads a variable of known name."""
    at = _DEFAULT_AT.get(name)
    if at is None:
        owner, _, method = name.rpartition(".")
        if owner not in _OBJECTS or method not in CASTS:
            return None
        at = 1
    arguments = {keyword.arg: keyword.value for keyword in node.keywords}
    key = node.args[0] if node.args else arguments.get("key") or arguments.get("var") or arguments.get("name")
    variable = constant_text(key, scope)
    if variable is None:
        return None
    return variable, node.args[at] if len(node.args) > at else arguments.get("default")


def constant_text(node: ast.expr | None, scope: Scope) -> str | None:
    """The text of a constant, or of a name that is bound once, to a constant."""
    if isinstance(node, ast.Name):
        bindings = scope.lookup(node.id)
        node = bindings[0].node if len(bindings) == 1 and bindings[0].kind is Kind.VALUE else None
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


_NUMBERS = ("int", "float")


def number_casts(calls: Iterable[tuple[ast.Call, Context]]) -> dict[ast.expr, str]:
    """The expressions that ``int()`` or ``float()`` is called on, directly, behind an ``or`` or through one name."""
    found: dict[ast.expr, str] = {}
    for node, context in calls:
        if not isinstance(node.func, ast.Name) or node.func.id not in _NUMBERS or not node.args:
            continue
        inner: ast.AST | None = node.args[0]
        if isinstance(inner, ast.Name):
            bindings = context.scope.lookup(inner.id)
            inner = bindings[0].node if len(bindings) == 1 and bindings[0].kind is Kind.VALUE else None
        if isinstance(inner, ast.BoolOp):
            inner = inner.values[0]
        if isinstance(inner, (ast.Call, ast.Subscript)):
            found[inner] = node.func.id
    return found


def own_cast(node: ast.Call, name: str) -> str:
    """The number that a settings library is asked for: ``env.int("X")``, ``config("X", cast=int)``."""
    method = name.rpartition(".")[2]
    if method in _NUMBERS:
        return method
    casts = [keyword.value for keyword in node.keywords if keyword.arg == "cast"]
    return next((cast.id for cast in casts if isinstance(cast, ast.Name) and cast.id in _NUMBERS), "")


def raises_when_unset(name: str) -> bool:
    """Whether a call by its qualified name raises where the variable is not set and no default is given.

    ``decouple.config`` does too, but looks into files beside the code first.
    """
    return name == "starlette.config.Config.__call__" or name.rpartition(".")[0] in _OBJECTS


def is_optional(node: ast.expr, choice: ast.expr) -> bool:
    """Whether an expression is, or is in, the part of ``choice`` that may not be evaluated."""
    if isinstance(choice, ast.IfExp):
        return _holds(choice.body, node) or _holds(choice.orelse, node)
    if isinstance(choice, ast.BoolOp):
        return any(_holds(one, node) for one in choice.values[1:])
    return _holds(choice, node)


def _holds(outer: ast.expr, inner: ast.expr) -> bool:
    end = outer.end_lineno or outer.lineno, outer.end_col_offset or 0
    return (outer.lineno, outer.col_offset) <= (inner.lineno, inner.col_offset) < end
