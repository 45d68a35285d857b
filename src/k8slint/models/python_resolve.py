"""What a name stands for where it is assigned once: the values behind ``PythonFile.resolve``."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from k8slint.models.python_facts import Expr
from k8slint.models.python_scope import Binding, Kind, Scope

_MOST_HOPS = 10
_DEEPEST = 60
_LARGEST = 2000


class Value(Struct, frozen=True, array_like=True):
    """The one value of a name, or what the loop that sets it goes over; ``scope`` is where it is written."""

    expr: Expr
    scope: str
    is_each: bool
    private: frozenset[str]
    """Names that mean something only in ``scope``: a value that still holds one is of no use elsewhere."""


Values = Mapping[str, Mapping[str, Value | None]]
"""Scope, name, value; None where a name is bound in a way that cannot be followed and hides an outer one."""


def values(scopes: list[Scope], make: Callable[[ast.expr, Scope], Expr]) -> Values:
    """The values of all names that are bound once."""
    found: dict[str, dict[str, Value | None]] = {}
    private: dict[Scope, frozenset[str]] = {}
    for scope in scopes:
        names = found.setdefault(scope.name, {})
        for name, bindings in scope.bindings.items():
            names[name] = None if name in names else _value(bindings, scope, make, private)
    followed = {name for names in found.values() for name, value in names.items() if value is not None}
    return {scope: {name: value for name, value in names.items() if name in followed} for scope, names in found.items()}


def resolved(expr: Expr, scope: str, known: Values, classes: frozenset[str]) -> Expr:
    """``expr`` with the names replaced that stand for one value."""
    return _Resolution(known, classes).expr(expr, scope, 0, 0)


def _value(
    bindings: list[Binding],
    home: Scope,
    make: Callable[[ast.expr, Scope], Expr],
    private: dict[Scope, frozenset[str]],
) -> Value | None:
    giving = [binding for binding in bindings if binding.gives_value]
    if len(giving) != 1:
        return None
    kind, scope, node = giving[0].kind, giving[0].scope, giving[0].node
    if node is None or kind not in (Kind.VALUE, Kind.EACH):
        return None
    if kind is Kind.EACH and not isinstance(node, (ast.Tuple, ast.List, ast.Set, ast.Name, ast.Attribute)):
        return None
    if scope is not home and scope.kind is Kind.FUNCTION and scope not in private:
        private[scope] = _private(scope)
    hidden = private[scope] if scope is not home and scope.kind is Kind.FUNCTION else frozenset()
    return Value(make(node, scope), scope.name, kind is Kind.EACH, hidden)


def _private(scope: Scope) -> frozenset[str]:
    """The names of a function and of the functions around it, but for ``self``, which all methods share."""
    names: set[str] = set()
    around: Scope | None = scope
    while around is not None and around.kind is Kind.FUNCTION:
        for name, bindings in around.bindings.items():
            if bindings[0].inner is None and bindings[0].kind is not Kind.IMPORT:
                names.add(name)
        around = around.parent
    return frozenset(names)


class _Resolution:
    """One question; it gives up replacing when the answer grows too large."""

    __slots__ = ("_classes", "_known", "_left")

    def __init__(self, known: Values, classes: frozenset[str]) -> None:
        self._known = known
        self._classes = classes
        self._left = _LARGEST

    def expr(self, expr: Expr, scope: str, hops: int, depth: int) -> Expr:
        self._left -= 1
        if self._left <= 0 or depth >= _DEEPEST:
            return expr
        if expr.kind == "name":
            return self._name(expr, scope, hops, depth)
        if not expr.args and not expr.keywords:
            return expr
        args = tuple([self.expr(part, scope, hops, depth + 1) for part in expr.args])
        keywords = tuple([(name, self.expr(part, scope, hops, depth + 1)) for name, part in expr.keywords])
        return replace(expr, args=args, keywords=keywords)

    def _name(self, expr: Expr, scope: str, hops: int, depth: int) -> Expr:
        value = self._find(str(expr.value), scope) if hops < _MOST_HOPS else None
        if value is None:
            return expr
        found = self.expr(value.expr, value.scope, hops + 1, depth + 1)
        if value.is_each:
            if found.kind not in ("tuple", "list", "set") or any(_is_unpacked(part) for part in found.args):
                return expr
            found = replace(found, kind="choice")
        return found if self._means_the_same(found, value, scope) else expr

    def _means_the_same(self, found: Expr, value: Value, scope: str) -> bool:
        """Whether the names left in a value mean in ``scope`` what they mean where it is written."""
        names = {str(part.value).partition(".")[0] for part in found.walk() if part.kind == "name"}
        if not value.private.isdisjoint(names):
            return False
        while scope not in ("", value.scope):
            if scope not in self._classes and not names.isdisjoint(self._known.get(scope, {})):
                return False
            scope = scope.rpartition(".")[0]
        return True

    def _find(self, name: str, scope: str) -> Value | None:
        owner, _, attribute = name.rpartition(".")
        if owner in ("self", "cls"):
            return self._known.get(self._class_around(scope), {}).get(attribute)
        if owner:
            return self._known.get(owner, {}).get(attribute) if owner in self._classes else None
        current = scope
        while True:
            names = self._known.get(current, {})
            if name in names and (current == scope or current not in self._classes):
                return names[name]
            if not current:
                return None
            current = current.rpartition(".")[0]

    def _class_around(self, scope: str) -> str:
        while scope and scope not in self._classes:
            scope = scope.rpartition(".")[0]
        return scope or "?"


def _is_unpacked(expr: Expr) -> bool:
    return expr.kind == "other" and expr.value in ("*", "...")
