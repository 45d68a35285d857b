"""What a function does that a signal calls: whether it ends the program, and what it leaves for others to see."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct, field

from k8slint.models.python_tree import syntax_tree
from k8slint.models.source import Source

_EXITS = frozenset(("exit", "_exit", "quit", "abort", "kill", "killpg", "raise_signal", "interrupt_main"))
_HARD = frozenset(("_exit", "abort"))
# What tells somebody that there was a signal, and changes nothing.
_TELLS = frozenset(
    """
    print debug info warning warn error critical exception log getLogger write flush Signals strsignal str repr format
    echo secho time now utcnow isoformat getpid type len int
    """.split()  # noqa: SIM905  # a list literal would take a line for each
)
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_HARMLESS = (ast.Expr, ast.Pass, ast.Return, ast.If, ast.Global, ast.Nonlocal, ast.Assign, ast.AugAssign, ast.AnnAssign)


class HandlerBody(Struct):
    """``ends`` is for what leaves the program or raises, ``hard`` for leaving it without any clean-up.

    ``sets`` are the variables and attributes that others may look at, ``local`` those that vanish with the call.
    ``does_more`` tells that the function does something whose effect is not known.
    """

    ends: bool = False
    hard: bool = False
    does_more: bool = False
    sets: list[str] = field(default_factory=list)
    local: list[str] = field(default_factory=list)


def handler_body(source: Source, name: str) -> HandlerBody | None:
    """What the only function of a file with this last name does; None where there is no such, or several."""
    tree = syntax_tree(source.text)
    if tree is None:
        return None
    found = [node for node in ast.walk(tree) if isinstance(node, _Function) and node.name == name]
    return _read(found[0]) if len(found) == 1 and not found[0].decorator_list else None


def _read(function: _Function) -> HandlerBody:
    body = HandlerBody()
    nodes = list(_own(function))
    shared = {name for node in nodes if isinstance(node, (ast.Global, ast.Nonlocal)) for name in node.names}
    for node in nodes:
        if isinstance(node, ast.Raise):
            body.ends = True
        elif isinstance(node, ast.Call):
            _call(node, body)
        elif isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                _target(target, shared, body)
        elif (isinstance(node, ast.stmt) and not isinstance(node, _HARMLESS)) or isinstance(
            node, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr, *_NESTED)
        ):
            body.does_more = True
    return body


def _own(function: _Function) -> Iterator[ast.AST]:
    """The nodes of a function's body; functions inside it are named and not entered."""
    pending: list[ast.AST] = list(reversed(function.body))
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, _NESTED):
            pending.extend(ast.iter_child_nodes(node))


def _call(call: ast.Call, body: HandlerBody) -> None:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in _EXITS:
        body.ends = True
        body.hard = body.hard or name in _HARD
    elif name == "set" and not call.args and isinstance(call.func, ast.Attribute):
        body.sets.append(_last(call.func.value))
    elif name not in _TELLS:
        body.does_more = True


def _target(target: ast.expr, shared: set[str], body: HandlerBody) -> None:
    if isinstance(target, ast.Name):
        (body.sets if target.id in shared else body.local).append(target.id)
    elif isinstance(target, ast.Attribute):
        body.sets.append(target.attr)
    else:
        body.does_more = True


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
