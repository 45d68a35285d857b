"""What the walk over a Python file hands on: nodes, and where each of them stands."""

from __future__ import annotations

import ast
from typing import NamedTuple

from msgspec import Struct, field

from k8slint.models.python_scope import Scope

_MOST_GUARDS = 200


class PendingGuard(NamedTuple):
    """A guard whose name can be told only when all bindings are known."""

    prefix: str
    node: ast.expr
    scope: Scope


class LoopRecord(Struct, eq=False):
    """A loop, with what is found inside it as the walk goes on."""

    node: ast.For | ast.AsyncFor | ast.While
    kind: str
    context: Context
    ends: bool = False
    sleeps: bool = False
    reads_input: bool = False


class Context(NamedTuple):
    """Where a node stands. ``loops`` says of each loop around it whether leaving it from here counts."""

    scope: Scope
    guards: tuple[str | PendingGuard, ...] = ()
    loops: tuple[tuple[LoopRecord, bool], ...] = ()
    main_guard: bool = False
    type_checking: bool = False

    def guarded(self, guard: str | PendingGuard) -> Context:
        return self._replace(guards=(*self.guards, guard)) if len(self.guards) < _MOST_GUARDS else self

    def in_loop(self, record: LoopRecord) -> Context:
        return self._replace(guards=(*self.guards, record.kind), loops=(*self.loops, (record, True)))

    def in_interrupt_handler(self) -> Context:
        return self._replace(loops=tuple((record, False) for record, _ in self.loops))

    def in_function(self, scope: Scope) -> Context:
        return self._replace(scope=scope, guards=(), loops=())

    def leaves_loops(self) -> None:
        for record, counts in self.loops:
            record.ends = record.ends or counts


class AssignmentRecord(NamedTuple):
    target: ast.expr
    value: ast.expr
    annotation: ast.expr | None
    statement: ast.stmt
    scope: Scope


class Found(Struct):
    """Everything that the walk found, in no particular order; the module's scope is the first."""

    scopes: list[Scope] = field(default_factory=list)
    imports: list[tuple[ast.Import | ast.ImportFrom, Context]] = field(default_factory=list)
    calls: list[tuple[ast.Call, Context]] = field(default_factory=list)
    subscripts: list[tuple[ast.Subscript, Context]] = field(default_factory=list)
    choices: list[ast.expr] = field(default_factory=list)
    """Expressions of which a part may not be evaluated: ``a if b else c``, ``a or b``."""
    loops: list[LoopRecord] = field(default_factory=list)
    functions: list[tuple[ast.FunctionDef | ast.AsyncFunctionDef, Scope]] = field(default_factory=list)
    classes: list[tuple[ast.ClassDef, Scope]] = field(default_factory=list)
    assignments: list[AssignmentRecord] = field(default_factory=list)
    names_used: set[str] = field(default_factory=set)
    awaited: set[ast.Call] = field(default_factory=set)
