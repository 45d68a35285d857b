"""Where a Python file decides something by what a call returns: a way that is chosen, a size that is computed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from msgspec import Struct, field

from k8slint.location import Location
from k8slint.models.python_expr import Positions
from k8slint.models.python_facts import Call
from k8slint.models.source import Source
from k8slint.regex import regex

_SIZE_WORDS = frozenset(
    (
        *("batch", "budget", "buffer", "cache", "capacity", "chunk", "concurrency", "jobs", "limit", "max", "maxlen"),
        *("maxsize", "pool", "processes", "size", "threads", "threshold", "workers"),
    )
)
_PASSES_ON = frozenset({"int", "float", "round", "abs", "max", "sum", "math.floor", "math.ceil"})
_LOGGING = regex(r"(^|\.)(print|debug|info|warning|warn|error|exception|critical|log)$")
_ORDERS = (ast.Gt, ast.GtE, ast.Lt, ast.LtE)
_LONGEST = 60
_DEEPEST = 40

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Module


class Decision(Struct, frozen=True):
    """``kind`` is "compares" (``written`` is the comparison) or "sizes" (``written`` is what gets the size)."""

    call: Call
    kind: str
    written: str
    location: Location


def decisions(source: Source, calls: Iterable[Call]) -> tuple[Decision, ...]:
    """What the file does with the values of these calls, which are written in it: within a function, or by a constant.

    What is only stored, passed on, returned, logged or printed decides nothing, nor does the smaller of two values.
    """
    tree = ast.parse(source.text)
    flow = _Flow(source, Positions(source))
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            flow.parents[child] = node
    wanted = {call.location: call for call in calls}
    found: list[Decision] = []
    for node in ast.walk(tree):
        call = wanted.get(flow.positions.of(node)) if isinstance(node, ast.Call) else None
        if call is not None and isinstance(node, ast.Call):
            found.extend(Decision(call, *one) for one in flow.of(node, False, 0))
    return tuple(dict.fromkeys(found))


class _Flow(Struct, frozen=True):
    source: Source
    positions: Positions
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)

    def of(self, node: ast.expr, computed: bool, depth: int) -> Iterator[tuple[str, str, Location]]:
        """Follow the value of ``node`` to where it decides something; ``computed``: arithmetic was done with it."""
        parent = self.parents.get(node)
        if parent is None or depth > _DEEPEST:
            return
        is_item = isinstance(parent, ast.Subscript) and parent.value is node
        if isinstance(parent, ast.Attribute | ast.UnaryOp | ast.Starred | ast.BoolOp) or is_item:
            yield from self._on(parent, computed, depth)
        elif isinstance(parent, ast.BinOp):
            yield from self.of(parent, True, depth + 1)
        elif isinstance(parent, ast.IfExp) and parent.test is not node:
            yield from self.of(parent, computed, depth + 1)
        elif isinstance(parent, ast.Call) and parent.func is not node:
            if _dotted(parent.func) in _PASSES_ON:
                yield from self.of(parent, computed, depth + 1)
        elif isinstance(parent, ast.keyword) and _is_size(parent.arg or ""):
            yield "sizes", parent.arg or "", self.positions.of(node)
        elif isinstance(parent, ast.Compare):
            if self._chooses(parent):
                yield "compares", self._written(parent), self.positions.of(parent)
        elif isinstance(parent, ast.Assign | ast.AnnAssign | ast.NamedExpr):
            yield from self._assigned(parent, computed, depth)

    def _on(self, parent: ast.AST, computed: bool, depth: int) -> Iterator[tuple[str, str, Location]]:
        if isinstance(parent, ast.expr):
            yield from self.of(parent, computed, depth + 1)

    def _assigned(
        self, statement: ast.Assign | ast.AnnAssign | ast.NamedExpr, computed: bool, depth: int
    ) -> Iterator[tuple[str, str, Location]]:
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        if len(targets) != 1 or not isinstance(targets[0], ast.Name | ast.Attribute):
            return
        target = targets[0]
        name = target.id if isinstance(target, ast.Name) else target.attr
        if computed and _is_size(name):
            yield "sizes", name, self.positions.of(statement)
        if isinstance(target, ast.Name):
            home = self._function(statement)
            names = [one for one in ast.walk(home) if isinstance(one, ast.Name) and one.id == name]
            is_hidden = any(isinstance(one, ast.arg) and one.arg == name for one in ast.walk(home))
            if sum(isinstance(one.ctx, ast.Store) for one in names) == 1 and not is_hidden:
                for one in names:
                    if isinstance(one.ctx, ast.Load):
                        yield from self.of(one, computed, depth + 1)

    def _function(self, node: ast.AST) -> Function:
        while not isinstance(node, Function):
            node = self.parents[node]
        return node

    def _chooses(self, compare: ast.Compare) -> bool:
        """Whether a comparison by size decides which way is taken, and not just what is logged."""
        if not any(isinstance(operator, _ORDERS) for operator in compare.ops):
            return False
        node: ast.AST = compare
        parent = self.parents[node]
        while isinstance(parent, ast.BoolOp | ast.UnaryOp):
            node, parent = parent, self.parents[parent]
        if not isinstance(parent, ast.If | ast.While | ast.IfExp | ast.Assert) or parent.test is not node:
            return False
        if isinstance(parent, ast.If):
            return not all(_only_reports(one) for one in (*parent.body, *parent.orelse))
        return True

    def _written(self, node: ast.expr) -> str:
        start, end = self.positions.offsets(node)
        text = " ".join(self.source.text[start:end].split())
        return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _only_reports(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass):
        return True
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Call) and _LOGGING.search(_dotted(value.func)) is not None


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _is_size(name: str) -> bool:
    return not _SIZE_WORDS.isdisjoint(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().split("_"))
