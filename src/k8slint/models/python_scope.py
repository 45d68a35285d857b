"""The scopes of a Python file and what its names are bound to, gathered by the walk."""

from __future__ import annotations

import ast
from enum import Enum, auto
from typing import NamedTuple

from msgspec import Struct, field


class Kind(Enum):
    """The kind of a scope (the first three) or of a binding."""

    MODULE = auto()
    CLASS = auto()
    FUNCTION = auto()
    IMPORT = auto()
    VALUE = auto()
    """``node`` is the value assigned; missing where there is only an annotation."""
    ENTERED = auto()
    """``node`` is the context expression of ``with ... as name``."""
    EACH = auto()
    """``node`` is what a loop goes over."""
    PARAMETER = auto()
    INSTANCE = auto()
    """The first parameter of a method, usually ``self``; ``inner`` is the class."""
    OWN_CLASS = auto()
    """The first parameter of a class method, usually ``cls``; ``inner`` is the class."""
    OPAQUE = auto()
    """Bound in a way that says nothing about the value."""


class Binding(NamedTuple):
    """One way in which a name gets its value; ``scope`` is where ``node`` and ``annotation`` are to be read."""

    kind: Kind
    scope: Scope
    node: ast.expr | None = None
    annotation: ast.expr | None = None
    qualified: str = ""
    inner: Scope | None = None

    @property
    def gives_value(self) -> bool:
        """False for ``name: annotation`` alone."""
        return self.kind is not Kind.VALUE or self.node is not None


class Scope(Struct, eq=False):
    """A module, class or function body. The ``bindings`` of a class hold what is set on ``self`` as well."""

    name: str
    kind: Kind
    parent: Scope | None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    outer_names: dict[str, Scope] = field(default_factory=dict)
    """Names declared ``global`` or ``nonlocal``, and the scope that they live in."""
    bases: tuple[ast.expr, ...] = ()
    returned: list[ast.expr | None] = field(default_factory=list)
    returns: ast.expr | None = None
    """The annotation behind ``->``."""
    is_plain: bool = True
    """No decorator and no ``yield``: a call gives what is returned."""
    is_property: bool = False

    def inner_name(self, name: str) -> str:
        return f"{self.name}.{name}" if self.name else name

    def bind(self, name: str, binding: Binding) -> None:
        home = self.outer_names.get(name, self)
        home.bindings.setdefault(name, []).append(binding)

    def lookup(self, name: str) -> list[Binding]:
        """What a name read in this scope may be bound to; empty for built-ins and unknown names."""
        scope: Scope | None = self
        while scope is not None:
            if scope is self or scope.kind is not Kind.CLASS:
                found = scope.outer_names.get(name, scope).bindings.get(name)
                if found:
                    return found
            scope = scope.parent
        return []

    def class_of(self, name: str) -> Scope | None:
        """The class, where ``name`` is the first parameter (``self`` or ``cls``) of a method around this scope."""
        scope: Scope | None = self
        while scope is not None and scope.kind is not Kind.MODULE:
            if scope.kind is Kind.FUNCTION and name in scope.bindings:
                return scope.bindings[name][0].inner
            scope = scope.parent
        return None
