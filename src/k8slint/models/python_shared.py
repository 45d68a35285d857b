"""What the request handlers of a Python file keep in variables of the module, for one another to find."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.python_expr import Positions
from k8slint.models.python_tree import syntax_tree
from k8slint.models.source import Source
from k8slint.regex import holds, regex

_CHANGING = ("post", "put", "patch", "websocket")
_ROUTES = (*_CHANGING, "get", "delete", "route", "api_route")
_STORES = ("append", "add", "update", "setdefault", "insert", "appendleft")
_EMPTY = ("dict", "list", "set", "defaultdict", "OrderedDict", "deque")
# Parsing is dear, and few files have both: a handler that changes something, and an empty container of the module.
_HANDLER = regex(r"^@[\w.]+\.(?:post|put|patch|websocket|route|api_route)\(", re.MULTILINE)
_CONTAINER = regex(r"^\w+\s*(?::[^=\n]+)?=\s*(?:[{\[]|[\w.]+\()", re.MULTILINE)
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class SharedVariable(Struct, frozen=True):
    """``name`` is empty when the module is loaded; the handler ``writer`` stores in it what ``reader`` looks for."""

    name: str
    location: Location
    writer: str
    reader: str


def shared_variables(source: Source) -> tuple[SharedVariable, ...]:
    """Such variables of a file, in the order written; nothing for what cannot be parsed."""
    may_have_some = holds(_HANDLER, source.text) and holds(_CONTAINER, source.text)
    return _shared(source.path, source.text) if may_have_some else ()


@lru_cache(maxsize=8192)
def _shared(path: str, text: str) -> tuple[SharedVariable, ...]:
    tree = syntax_tree(text)
    if tree is None:
        return ()
    positions = Positions(Source(path, text))
    handlers = [(one, kinds) for one in tree.body if isinstance(one, _Function) and (kinds := set(_routes(one)))]
    found = []
    for statement in tree.body:
        for name in _empty(statement):
            writers = [
                one
                for one, kinds in handlers
                if kinds & set(_CHANGING) and _stores(one, name) and not _remembers(one, name)
            ]
            readers = [one for one, _ in handlers if one not in writers and _looks(one, name)]
            if writers and readers:
                at = positions.of(statement)
                found.append(SharedVariable(name, at, writers[0].name, readers[0].name))
    return tuple(found)


def _routes(function: _Function) -> Iterator[str]:
    """How a function is registered: the methods of HTTP that its decorators name."""
    for decorator in function.decorator_list:
        if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute):
            continue
        first = decorator.args[0] if decorator.args else None
        if decorator.func.attr not in _ROUTES or not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
            continue
        yield decorator.func.attr
        for keyword in decorator.keywords:
            if keyword.arg == "methods":
                yield from (
                    one.value.lower()
                    for one in ast.walk(keyword.value)
                    if isinstance(one, ast.Constant) and isinstance(one.value, str)
                )


def _empty(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement of the module makes empty containers."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    value = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None
    if isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    is_literal = (isinstance(value, ast.Dict) and not value.keys) or (isinstance(value, ast.List) and not value.elts)
    function = value.func if isinstance(value, ast.Call) else None
    name = (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )
    if is_literal or name in _EMPTY:
        yield from (one.id for one in targets if isinstance(one, ast.Name))


def _last_name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _stores(function: _Function, name: str) -> bool:
    """Whether a function puts something into the container, which it does not make itself."""
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
            return False
    return any(
        (isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and _is(node.value, name))
        or (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in _STORES
            and _is(node.func.value, name)
        )
        for node in ast.walk(function)
    )


def _remembers(function: _Function, name: str) -> bool:
    """Whether a function asks the container for a value itself, as one does that only saves itself some work."""
    return any(
        (isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and _is(node.value, name))
        or (isinstance(node, ast.Attribute) and node.attr == "get" and _is(node.value, name))
        for node in ast.walk(function)
    )


def _looks(function: _Function, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(function))


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
