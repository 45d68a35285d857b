"""Questions about single nodes of a Python syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Sequence

_LONGEST_CHAIN = 50
INTERRUPTS = frozenset({"KeyboardInterrupt", "SystemExit", "GeneratorExit", "CancelledError"})


def last_name(node: ast.expr | None) -> str:
    """The last segment of a dotted name; of a call, of what is called.

    Longer chains of calls than real ones have none.
    """
    for _ in range(_LONGEST_CHAIN):
        if not isinstance(node, ast.Call):
            break
        node = node.func
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def flattened(node: ast.expr) -> tuple[ast.expr, list[str]]:
    """What a chain of attributes begins with, and the attributes in order."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    attributes.reverse()
    return node, attributes


def parameters(arguments: ast.arguments) -> list[ast.arg]:
    """All parameters in the order written."""
    found = [*arguments.posonlyargs, *arguments.args]
    if arguments.vararg:
        found.append(arguments.vararg)
    found.extend(arguments.kwonlyargs)
    if arguments.kwarg:
        found.append(arguments.kwarg)
    return found


def is_always_true(test: ast.expr) -> bool:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return isinstance(test.operand, ast.Constant) and not test.operand.value
    return isinstance(test, ast.Constant) and bool(test.value)


def main_guard(test: ast.expr) -> bool | None:
    """True for ``__name__ == "__main__"`` (alone or and-ed), False for its opposite, None for another test."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return True if any(main_guard(value) for value in test.values) else None
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return None
    sides = (test.left, test.comparators[0])
    if not any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides):
        return None
    if not any(isinstance(part, ast.Constant) and part.value == "__main__" for side in sides for part in _parts(side)):
        return None
    if isinstance(test.ops[0], (ast.Eq, ast.In)):
        return True
    return False if isinstance(test.ops[0], (ast.NotEq, ast.NotIn)) else None


def is_pairwise(targets: Sequence[ast.expr], values: Sequence[ast.expr]) -> bool:
    """Whether ``a, b = x, y`` gives each target one value."""
    return len(targets) == len(values) and not any(isinstance(part, ast.Starred) for part in (*targets, *values))


def caught(handler: ast.ExceptHandler) -> list[ast.expr]:
    """The exception types of a handler; none for a bare ``except``."""
    if handler.type is None:
        return []
    return handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]


def only_interrupts(handler: ast.ExceptHandler) -> bool:
    """Whether a handler is for KeyboardInterrupt and its like, and nothing that a program meets in its work."""
    names = frozenset(last_name(kind) for kind in caught(handler))
    return "KeyboardInterrupt" in names and names <= INTERRUPTS


def _parts(node: ast.expr) -> Sequence[ast.expr]:
    return node.elts if isinstance(node, (ast.Tuple, ast.List, ast.Set)) else (node,)
