"""How the functions of a Python file let a failure be seen: what they raise again, and the server errors they write."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from k8slint.models.python_tree import syntax_tree
from k8slint.models.source import Source

_SERVER_ERRORS = (
    "SERVICE_UNAVAILABLE",
    "INTERNAL_SERVER_ERROR",
    "BAD_GATEWAY",
    "GATEWAY_TIMEOUT",
    "HTTP_5",
    "ServerError",
)
_DEEPEST = 30


def telling_functions(source: Source) -> tuple[frozenset[str], frozenset[str]]:
    """The functions that raise in a handler, and those that write a status of 500 to 599 anywhere.

    Functions have the names that ``PythonFile.functions`` gives them. Both are empty for what cannot be parsed.
    """
    tree = syntax_tree(source.text)
    if tree is None:
        return frozenset(), frozenset()
    raising, telling = set(), set()
    for name, function in _functions(tree, "", 0):
        nodes = list(ast.walk(function))
        handlers = [node for node in nodes if isinstance(node, ast.ExceptHandler)]
        if any(isinstance(inner, ast.Raise) for handler in handlers for inner in ast.walk(handler)):
            raising.add(name)
        if any(_is_server_error(node) for node in nodes):
            telling.add(name)
    return frozenset(raising), frozenset(telling)


def _functions(node: ast.AST, around: str, depth: int) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for child in ast.iter_child_nodes(node) if depth < _DEEPEST else ():
        name = around
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            name = f"{around}.{child.name}" if around else child.name
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield name, child
        if isinstance(child, ast.stmt):
            yield from _functions(child, name, depth + 1)


def _is_server_error(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return type(node.value) is int and 500 <= node.value < 600
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return any(mark in name for mark in _SERVER_ERRORS)
