"""What the names of a Python file stand for: imports, own functions and classes, and objects of known classes."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import NamedTuple

from k8slint.models.python_scope import Binding, Kind, Scope
from k8slint.models.python_shape import flattened, last_name
from k8slint.regex import regex

_DEEPEST = 30
_WRAPPED = regex(r"(?:(?:typing\.|t\.)?Optional\[)?([\w.]+)\]?(?:\s*\|\s*None)?")
_TRANSPARENT = frozenset({"Optional", "Annotated", "Final", "ClassVar", "Required", "NotRequired", "Union"})
_UNTELLING = frozenset({"Any", "object", "None", "Self", "Callable", "Type", "type"})


class Ref(NamedTuple):
    """A qualified name, and whether it means an object of that class (or result of that call) or the thing itself."""

    name: str
    is_object: bool = False
    owner: Scope | None = None
    """The scope of an own class, whose attributes can be followed."""
    function: Scope | None = None
    """The scope of an own function."""
    is_loose: bool = False
    """An attribute of an own class of which nothing is known."""

    @property
    def tells(self) -> bool:
        return bool(self.name) and not self.is_loose


_NOTHING = Ref("")
"""Says nothing and contradicts nothing: None, or a name on its way round a circle."""


class Names:
    """Answers questions about names, remembering what it found."""

    __slots__ = ("_bound_to", "_results")

    def __init__(self) -> None:
        self._bound_to: dict[int, Ref | None] = {}
        self._results: dict[Scope, Ref | None] = {}

    def called(self, function: ast.expr, scope: Scope) -> str:
        """The qualified name of what is called; ".method" for an unknown object, "" for an unknown function."""
        ref = self._ref(function, scope, 0)
        if ref is None or not ref.name:
            return f".{function.attr}" if isinstance(function, ast.Attribute) else ""
        return f"{ref.name}.__call__" if ref.is_object else ref.name

    def written(self, node: ast.expr, scope: Scope) -> str | None:
        """A dotted name as written, imports, own functions and classes resolved; None for any other expression."""
        base, attributes = flattened(node)
        if not isinstance(base, ast.Name):
            return None
        found = {b.qualified for b in scope.lookup(base.id) if not _is_none(b)}
        qualified = found.pop() if len(found) == 1 else ""
        return ".".join((qualified or base.id, *attributes))

    def described(self, node: ast.expr, scope: Scope) -> str:
        """The name of a context manager or exception type: of what is called, else of the class, else as written."""
        if isinstance(node, ast.Call):
            return self.called(node.func, scope)
        ref = self._ref(node, scope, 0)
        return ref.name if ref is not None and ref.tells else self.written(node, scope) or "?"

    def base(self, node: ast.expr, scope: Scope) -> str:
        """The qualified name of a base class, without what it is subscripted with."""
        if isinstance(node, ast.Subscript):
            node = node.value
        ref = self._ref(node, scope, 0)
        return ref.name if ref is not None and ref.name else "?"

    # Expressions

    def _ref(self, node: ast.expr | None, scope: Scope, depth: int) -> Ref | None:
        if depth > _DEEPEST:
            return None
        if isinstance(node, ast.Name):
            bindings = scope.lookup(node.id)
            return self._bound(bindings, node.id, depth) if bindings else Ref(node.id)
        if isinstance(node, ast.Attribute):
            base, attributes = flattened(node)
            ref = self._ref(base, scope, depth + 1)
            for attribute in attributes:
                ref = self._member(ref, attribute, depth + 1)
            return ref
        if isinstance(node, ast.Call):
            return self._result(self._ref(node.func, scope, depth + 1), depth)
        if isinstance(node, (ast.Await, ast.NamedExpr)):
            return self._ref(node.value, scope, depth + 1)
        if isinstance(node, ast.IfExp):
            return _agreed(self._ref(part, scope, depth + 1) for part in (node.body, node.orelse))
        if isinstance(node, ast.BoolOp):
            return _agreed(self._ref(part, scope, depth + 1) for part in node.values)
        return _NOTHING if isinstance(node, ast.Constant) and node.value is None else None

    def _member(self, ref: Ref | None, attribute: str, depth: int) -> Ref | None:
        if ref is None or not ref.tells:
            return None
        if ref.owner is None:
            return Ref(f"{ref.name}.{attribute}")
        home = self._home(ref.owner, attribute, depth)
        unknown = Ref(f"{ref.name}.{attribute}", is_loose=True)
        if home is None:
            return unknown
        found = self._bound(home.bindings[attribute], f"{ref.name}.{attribute}", depth)
        if found is not None and found.function is not None and found.function.is_property:
            found = self._returned(found.function, depth)
        return found if found is not None and found.name else unknown

    def _home(self, owner: Scope, attribute: str, depth: int) -> Scope | None:
        """The own class that sets an attribute: ``owner`` or one of its bases."""
        classes = [owner]
        for one in classes:
            if attribute in one.bindings:
                return one
            for base in one.bases if len(classes) < _DEEPEST else ():
                ref = self._ref(base, one.parent or one, depth + 1)
                if ref is not None and ref.owner is not None and ref.owner not in classes:
                    classes.append(ref.owner)
        return None

    def _result(self, callee: Ref | None, depth: int) -> Ref | None:
        if callee is None or not callee.name:
            return None
        if callee.function is not None and callee.function.is_plain:
            returned = self._returned(callee.function, depth)
            if returned is not None and returned.tells:
                return returned
        name = f"{callee.name}.__call__" if callee.is_object else callee.name
        return Ref(name, is_object=True, owner=None if callee.is_object else callee.owner)

    def _returned(self, function: Scope, depth: int) -> Ref | None:
        if function in self._results:
            return self._results[function]
        self._results[function] = None
        result = self._annotated(function.returns, function.parent or function, depth)
        if result is None:
            result = _agreed(self._ref(value, function, depth + 1) for value in function.returned)
        self._results[function] = result
        return result

    # Bindings

    def _bound(self, bindings: list[Binding], raw: str, depth: int) -> Ref | None:
        """What all bindings agree on; the bare name where they do not."""
        key = id(bindings)
        if key in self._bound_to:
            return self._bound_to[key]
        self._bound_to[key] = _NOTHING
        refs = {self._binding(binding, depth + 1) for binding in bindings}
        refs.discard(_NOTHING)
        result = Ref(raw) if len(refs) > 1 else refs.pop() if refs else _NOTHING
        self._bound_to[key] = result
        return result

    def _binding(self, binding: Binding, depth: int) -> Ref | None:
        kind, scope, node, annotation, qualified, inner = binding
        if kind is Kind.IMPORT:
            return Ref(qualified)
        if kind is Kind.FUNCTION:
            return Ref(qualified, function=inner)
        if kind is Kind.CLASS:
            return Ref(qualified, owner=inner)
        if kind in (Kind.INSTANCE, Kind.OWN_CLASS) and inner is not None:
            return Ref(inner.name, is_object=kind is Kind.INSTANCE, owner=inner)
        if kind is Kind.ENTERED:
            return self._ref(node, scope, depth)
        declared = self._annotated(annotation, scope, depth)
        if kind is Kind.PARAMETER:
            return declared
        if kind is not Kind.VALUE:
            return None
        if node is None:
            return declared or _NOTHING
        is_constructor = isinstance(node, ast.Call) and last_name(node)[:1].isupper()
        return self._ref(node, scope, depth) if declared is None or is_constructor else declared

    def _annotated(self, annotation: ast.expr | None, scope: Scope, depth: int) -> Ref | None:
        """An object of the annotated class."""
        if annotation is None or depth > _DEEPEST:
            return None
        if isinstance(annotation, ast.Constant):
            return self._quoted(annotation.value, scope, depth)
        if isinstance(annotation, ast.BinOp):
            sides = [side for side in (annotation.left, annotation.right) if not _is_none_constant(side)]
            return self._annotated(sides[0], scope, depth + 1) if len(sides) == 1 else None
        if isinstance(annotation, ast.Subscript):
            if last_name(annotation.value) not in _TRANSPARENT:
                return self._annotated(annotation.value, scope, depth + 1)
            inner = annotation.slice
            is_union = last_name(annotation.value) == "Union"
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            parts = [part for part in parts if not _is_none_constant(part)] if is_union else parts[:1]
            return self._annotated(parts[0], scope, depth + 1) if len(parts) == 1 else None
        if not isinstance(annotation, (ast.Name, ast.Attribute)) or last_name(annotation) in _UNTELLING:
            return None
        ref = self._ref(annotation, scope, depth + 1)
        return ref._replace(is_object=True) if ref is not None and ref.tells and not ref.is_object else None

    def _quoted(self, text: object, scope: Scope, depth: int) -> Ref | None:
        match = _WRAPPED.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            return None
        first, *attributes = match.group(1).split(".")
        node: ast.expr = ast.Name(first, ast.Load())
        for attribute in attributes:
            node = ast.Attribute(node, attribute, ast.Load())
        return self._annotated(node, scope, depth + 1)


def _agreed(refs: Iterable[Ref | None]) -> Ref | None:
    """What all alternatives stand for, None as the value of one left aside."""
    distinct = set(refs)
    if len(distinct) > 1:
        distinct.discard(_NOTHING)
    return distinct.pop() if len(distinct) == 1 else None


def _is_none(binding: Binding) -> bool:
    return binding.kind is Kind.VALUE and (binding.node is None or _is_none_constant(binding.node))


def _is_none_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
