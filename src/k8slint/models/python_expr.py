"""Expressions of a Python file as small facts, and their positions."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from k8slint.location import Location
from k8slint.models.python_facts import Expr
from k8slint.models.python_names import Names
from k8slint.models.python_scope import Scope
from k8slint.models.source import Source
from k8slint.regex import regex

_DEEPEST = 40
_LARGEST = 1000
_LINE_END = regex(r"\r\n|\r|\n")
_OPERATORS = {
    "Add": "+", "Sub": "-", "Mult": "*", "Div": "/", "FloorDiv": "//", "Mod": "%", "Pow": "**", "MatMult": "@",
    "LShift": "<<", "RShift": ">>", "BitOr": "|", "BitXor": "^", "BitAnd": "&",
    "And": "and", "Or": "or", "Not": "not", "UAdd": "+", "USub": "-", "Invert": "~",
    "Eq": "==", "NotEq": "!=", "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">=",
    "Is": "is", "IsNot": "is not", "In": "in", "NotIn": "not in",
}  # fmt: skip


Placed = ast.expr | ast.stmt | ast.ExceptHandler
"""Nodes that have positions."""


class Positions:
    """Locations of nodes: the parser counts columns in UTF-8 bytes, and a lone carriage return ends its lines."""

    __slots__ = ("_is_ascii", "_last_line", "_lines", "_path", "_source", "_starts")

    def __init__(self, source: Source) -> None:
        text = source.text
        self._source = source
        self._path = source.path
        self._is_ascii = text.isascii()
        self._starts: list[int] | None = None
        if "\r" in text and text.count("\r") != text.count("\r\n"):
            self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
        self._last_line = source.line_count if self._starts is None else len(self._starts)
        self._lines: dict[int, bytes] = {}

    def of(self, node: Placed) -> Location:
        if self._starts is not None:
            return self._source.span(*self.offsets(node))
        line, column, end_line, end_column = self._span(node)
        if not self._is_ascii:
            column, end_column = self._column(line, column), self._column(end_line, end_column)
        return Location(self._path, line, column + 1, end_line, end_column + 1)

    def offsets(self, node: Placed) -> tuple[int, int]:
        """Where the text of a node begins and ends."""
        line, column, end_line, end_column = self._span(node)
        return self._start(line) + self._column(line, column), self._start(end_line) + self._column(
            end_line, end_column
        )

    def _span(self, node: Placed) -> tuple[int, int, int, int]:
        """Lines and byte columns of a node; before Python 3.12 what stands in an f-string may be misplaced."""
        line, column, end_line, end_column = node.lineno, node.col_offset, node.end_lineno, node.end_col_offset
        if end_line is None or end_column is None or not 0 < line <= end_line <= self._last_line or column < 0:
            line = min(max(line, 1), self._last_line)
            return line, 0, line, 0
        return line, column, end_line, end_column

    def _start(self, line: int) -> int:
        return self._source.offset(line, 1) if self._starts is None else self._starts[line - 1]

    def _column(self, line: int, column: int) -> int:
        """The number of characters in the first ``column`` bytes of a line."""
        if self._is_ascii:
            return column
        if line not in self._lines:
            start = self._start(line)
            line_end = _LINE_END.search(self._source.text, start)
            text = self._source.text[start : line_end.start() if line_end else None]
            self._lines[line] = b"" if text.isascii() else text.encode("utf-8", "surrogatepass")
        before = self._lines[line][:column]
        return len(before.decode("utf-8", "ignore")) if before else column


class Expressions:
    """Makes an ``Expr`` of a node once, however often it is asked for."""

    __slots__ = ("_left", "_made", "_names", "_positions")

    def __init__(self, names: Names, positions: Positions) -> None:
        self._names = names
        self._positions = positions
        self._made: dict[ast.AST, Expr] = {}
        self._left = 0

    def make(self, node: ast.expr, scope: Scope) -> Expr:
        made = self._made.get(node)
        if made is None:
            self._left = _LARGEST
            made = self._expr(node, scope, 0)
            self._made[node] = made
        return made

    def arguments(self, node: ast.Call, scope: Scope) -> tuple[tuple[Expr, ...], tuple[tuple[str, Expr], ...]]:
        """Positional and keyword arguments; the keyword of an unpacked mapping is ``**``."""
        args = tuple(self.make(argument, scope) for argument in node.args[:_LARGEST])
        keywords = tuple((k.arg or "**", self.make(k.value, scope)) for k in node.keywords[:_LARGEST])
        return args, keywords

    def _expr(self, node: ast.expr, scope: Scope, depth: int) -> Expr:
        self._left -= 1
        if isinstance(node, ast.Constant):
            return self._new(node, "const", node.value)
        if isinstance(node, (ast.Name, ast.Attribute)):
            written = self._names.written(node, scope)
            if written is not None:
                return self._new(node, "name", written)
        if depth >= _DEEPEST or self._left <= _width(node):
            return self._new(node, "other", "...")
        if isinstance(node, (ast.Await, ast.NamedExpr, ast.FormattedValue)):
            return self._expr(node.value, scope, depth + 1)
        return self._compound(node, scope, depth + 1)

    def _compound(self, node: ast.expr, scope: Scope, depth: int) -> Expr:
        def all_of(nodes: Iterable[ast.expr]) -> tuple[Expr, ...]:
            return tuple([self._expr(part, scope, depth) for part in nodes])

        if isinstance(node, ast.Call):
            keywords = tuple([(k.arg or "**", self._expr(k.value, scope, depth)) for k in node.keywords])
            return self._new(node, "call", self._names.called(node.func, scope), all_of(node.args), keywords)
        if isinstance(node, ast.BinOp):
            return self._new(node, "binary", _operator(node.op), all_of((node.left, node.right)))
        if isinstance(node, ast.BoolOp):
            return self._new(node, "bool", _operator(node.op), all_of(node.values))
        if isinstance(node, ast.Compare):
            operators = " ".join(_operator(operator) for operator in node.ops)
            return self._new(node, "compare", operators, all_of((node.left, *node.comparators)))
        if isinstance(node, ast.IfExp):
            return self._new(node, "if", None, all_of((node.test, node.body, node.orelse)))
        if isinstance(node, ast.Dict):
            return self._dict(node, scope, depth)
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            return self._new(node, type(node).__name__.lower(), None, all_of(node.elts))
        if isinstance(node, ast.JoinedStr):
            return self._new(node, "fstring", None, all_of(node.values))
        if isinstance(node, ast.Subscript):
            return self._new(node, "subscript", None, all_of((node.value, node.slice)))
        if isinstance(node, ast.Attribute):
            return self._new(node, "attribute", node.attr, all_of((node.value,)))
        if isinstance(node, ast.UnaryOp):
            return self._unary(node, scope, depth)
        if isinstance(node, ast.Starred):
            return self._new(node, "other", "*", all_of((node.value,)))
        return self._new(node, "other", None, all_of(c for c in _children(node) if isinstance(c, ast.expr)))

    def _dict(self, node: ast.Dict, scope: Scope, depth: int) -> Expr:
        args: list[Expr] = []
        keywords: list[tuple[str, Expr]] = []
        for key, value in zip(node.keys, node.values, strict=True):
            made = self._expr(value, scope, depth)
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                keywords.append((key.value, made))
            elif key is None:
                args.append(self._new(value, "other", "**", (made,)))
            else:
                args.extend((self._expr(key, scope, depth), made))
        return self._new(node, "dict", None, tuple(args), tuple(keywords))

    def _unary(self, node: ast.UnaryOp, scope: Scope, depth: int) -> Expr:
        operand = node.operand
        number = operand.value if isinstance(operand, ast.Constant) else None
        if isinstance(node.op, ast.USub) and isinstance(number, (int, float)) and not isinstance(number, bool):
            return self._new(node, "const", -number)
        return self._new(node, "unary", _operator(node.op), (self._expr(operand, scope, depth),))

    def _new(
        self,
        node: ast.expr,
        kind: str,
        value: object,
        args: tuple[Expr, ...] = (),
        keywords: tuple[tuple[str, Expr], ...] = (),
    ) -> Expr:
        return Expr(kind, value, args, keywords, self._positions.of(node))


def _operator(node: ast.AST) -> str:
    return _OPERATORS[type(node).__name__]


def _width(node: ast.expr) -> int:
    """How many parts a node has at least."""
    return sum([len(value) for value in node.__dict__.values() if type(value) is list])


def _children(node: ast.AST) -> Iterable[ast.AST]:
    """The expressions inside a node, seen through the clauses of a comprehension and the like."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.comprehension, ast.arguments)):
            yield from ast.iter_child_nodes(child)
        else:
            yield child
