"""From what the walk found to the facts that are kept."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import TypeVar

from k8slint.location import Location
from k8slint.models.python_env import (
    CASTS,
    READERS,
    call_read,
    constant_text,
    is_optional,
    may_read,
    number_casts,
    own_cast,
    raises_when_unset,
)
from k8slint.models.python_expr import Expressions, Positions
from k8slint.models.python_facts import Assignment, Call, Class, EnvRead, Expr, Function, Import, Loop
from k8slint.models.python_found import AssignmentRecord, Context, Found, PendingGuard
from k8slint.models.python_interest import Interest
from k8slint.models.python_names import Names
from k8slint.models.python_resolve import Values, values
from k8slint.models.python_scope import Kind, Scope
from k8slint.models.python_shape import last_name, parameters
from k8slint.models.source import Source
from k8slint.regex import regex

_Fact = TypeVar("_Fact", Assignment, Call, Class, EnvRead, Function, Import, Loop)

_EXITS = frozenset(
    ["sys.exit", "exit", "quit", "builtins.exit", "builtins.quit", "os._exit", "os.abort"]
    + [f"os.exec{how}" for how in ("l", "le", "lp", "lpe", "v", "ve", "vp", "vpe")]
)
_LOOP_CALLS = frozenset(name.rpartition(".")[2] for name in _EXITS) | {"sleep", "wait", "input"}
_NAMED = regex(r"(?:async[\s\\]+)?(?:def|class)[\s\\]+\w+")
_CLOSING = regex(r"(?:[\s\\]*\))*")


class Assembly:
    """Makes the facts of one file; ``read_calls`` comes first, since it settles the loops."""

    def __init__(self, found: Found, source: Source, interest: Interest) -> None:
        self._found = found
        self._source = source
        self._interest = interest
        self._names = Names()
        self._positions = Positions(source)
        self._expressions = Expressions(self._names, self._positions)
        self._guards: dict[int, tuple[str, ...]] = {}

    def calls(self) -> tuple[tuple[Call, ...], tuple[EnvRead, ...]]:
        """The wanted calls and all reads of the environment; what calls do to the loops is noted on the way."""
        wanted = {name.rpartition(".")[2] for name in self._interest.names} | self._rebound()
        every = self._interest.everything or any(package in self._source.text for package in self._interest.packages)
        reads_env = may_read(self._source.text)
        env_calls = READERS | CASTS if reads_env else frozenset()
        calls: list[Call] = []
        casts = number_casts(self._found.calls) if reads_env else {}
        reads: list[EnvRead] = self._subscripts(casts) if reads_env else []
        for node, context in self._found.calls:
            last = last_name(node.func)
            in_loop = bool(context.loops) and last in _LOOP_CALLS
            if last and not every and last not in wanted and not in_loop and last not in env_calls:
                continue
            name = self._names.called(node.func, context.scope)
            if context.loops:
                _note(name, context)
            if self._interest.wants(name):
                calls.append(self._call(node, name, context))
            read = call_read(node, name, context.scope) if reads_env else None
            if read is not None:
                default = self._expressions.make(read[1], context.scope) if read[1] is not None else None
                cast = casts.get(node, "") or own_cast(node, name)
                needed = default is None and raises_when_unset(name) and self._always_runs(node, context)
                place, scope = self._positions.of(node), context.scope.name
                reads.append(EnvRead(read[0], default, place, scope, cast, needed, context.main_guard))
        return _ordered(calls), _ordered(reads)

    def _rebound(self) -> set[str]:
        """Names under which a call may hide that is spelt otherwise where it is defined."""
        names = {scope.name.rpartition(".")[2] for scope in self._found.scopes if scope.is_property}
        for scope in self._found.scopes:
            for name, bindings in scope.bindings.items():
                for kind, _, _, _, qualified, _ in bindings:
                    if kind is Kind.VALUE or (kind is Kind.IMPORT and qualified.rpartition(".")[2] != name):
                        names.add(name)
        return names

    def _call(self, node: ast.Call, name: str, context: Context) -> Call:
        args, keywords = self._expressions.arguments(node, context.scope)
        return Call(
            name,
            self._positions.of(node),
            args,
            keywords,
            context.scope.name,
            context.main_guard,
            self._guard_names(context),
            node in self._found.awaited,
        )

    def _subscripts(self, casts: Mapping[ast.expr, str]) -> list[EnvRead]:
        reads = []
        for node, context in self._found.subscripts:
            scope = context.scope
            variable = constant_text(node.slice, scope)
            if variable is not None and self._names.called(node.value, scope) == "os.environ":
                place, needed = self._positions.of(node), self._always_runs(node, context)
                read = EnvRead(variable, None, place, scope.name, casts.get(node, ""), needed, context.main_guard)
                reads.append(read)
        return reads

    def _always_runs(self, node: ast.expr, context: Context) -> bool:
        """Whether no branch, loop or handler around an expression may keep it, or what it raises, from counting."""
        free = all(guard == "try-finally" or guard.startswith("with") for guard in self._guard_names(context))
        return free and not any(is_optional(node, choice) for choice in self._found.choices)

    def loops(self) -> tuple[Loop, ...]:
        loops = []
        for record in self._found.loops:
            node, context = record.node, record.context
            header = self._expressions.make(node.test if isinstance(node, ast.While) else node.iter, context.scope)
            is_while = isinstance(node, ast.While)
            loop = Loop(
                record.kind,
                None if is_while else header,
                header if is_while else None,
                record.ends,
                record.sleeps,
                record.reads_input,
                context.scope.name,
                context.main_guard,
                self._guard_names(context),
                self._header(node),
                isinstance(node, ast.AsyncFor),
            )
            loops.append(loop)
        return _ordered(loops)

    def imports(self) -> tuple[Import, ...]:
        imports = []
        for node, context in self._found.imports:
            location, scope, typing = self._positions.of(node), context.scope.name, context.type_checking
            if isinstance(node, ast.ImportFrom):
                names = tuple((alias.name, alias.asname) for alias in node.names)
                imports.append(Import(node.module or "", names, None, node.level, location, scope, typing))
            else:
                for alias in node.names:
                    imports.append(Import(alias.name, (), alias.asname, 0, location, scope, typing))
        return _ordered(imports)

    def functions(self) -> tuple[Function, ...]:
        functions = []
        for node, scope in self._found.functions:
            outer = scope.parent or scope
            decorators = tuple(self._expressions.make(decorator, outer) for decorator in node.decorator_list)
            is_async = isinstance(node, ast.AsyncFunctionDef)
            functions.append(
                Function(scope.name, self._parameters(node.args, outer), decorators, is_async, self._name_of(node))
            )
        return _ordered(functions)

    def _parameters(self, arguments: ast.arguments, outer: Scope) -> tuple[tuple[str, Expr | None], ...]:
        positional = [*arguments.posonlyargs, *arguments.args]
        defaults: dict[ast.arg, ast.expr | None] = dict(
            zip(reversed(positional), reversed(arguments.defaults), strict=False)
        )
        defaults.update(zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True))
        stars = {arguments.vararg: "*", arguments.kwarg: "**"}
        return tuple(
            (stars.get(parameter, "") + parameter.arg, self._optional(defaults.get(parameter), outer))
            for parameter in parameters(arguments)
        )

    def classes(self) -> tuple[Class, ...]:
        classes = []
        for node, scope in self._found.classes:
            bases = tuple(self._names.base(base, scope.parent or scope) for base in node.bases)
            classes.append(Class(scope.name, bases, self._name_of(node)))
        return _ordered(classes)

    def assignments(self) -> tuple[Assignment, ...]:
        assignments = []
        for record in self._found.assignments:
            target = self._target(record)
            if target is not None:
                value = self._expressions.make(record.value, record.scope)
                annotation = self._text(record.annotation) if record.annotation is not None else None
                location = self._positions.of(record.statement)
                assignments.append(Assignment(target, value, record.scope.name, location, annotation))
        return _ordered(assignments)

    def _target(self, record: AssignmentRecord) -> str | None:
        """How an assignment names its target; None for one that is not simple."""
        target, scope = record.target, record.scope
        if isinstance(target, ast.Name):
            return scope.inner_name(target.id) if scope.kind is Kind.CLASS else target.id
        if isinstance(target, ast.Attribute):
            return self._names.written(target, scope)
        if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
            owner = self._names.written(target.value, scope)
            return None if owner is None else f"{owner}[{target.slice.value!s}]"
        return None

    def values(self) -> Values:
        return values(self._found.scopes, self._expressions.make)

    # Small parts

    def _optional(self, node: ast.expr | None, scope: Scope) -> Expr | None:
        return None if node is None else self._expressions.make(node, scope)

    def _guard_names(self, context: Context) -> tuple[str, ...]:
        key = id(context.guards)
        if key not in self._guards:
            self._guards[key] = tuple(map(self._guard_name, context.guards))
        return self._guards[key]

    def _guard_name(self, guard: str | PendingGuard) -> str:
        if isinstance(guard, str):
            return guard
        return f"{guard.prefix} {self._names.described(guard.node, guard.scope)}".rstrip()

    def _header(self, node: ast.For | ast.AsyncFor | ast.While) -> Location:
        """From the keyword of a loop to the end of its last expression, closing parentheses included."""
        start = self._positions.offsets(node)[0]
        last = node.test if isinstance(node, ast.While) else node.iter
        closing = _CLOSING.match(self._source.text, self._positions.offsets(last)[1])
        return self._source.span(start, closing.end() if closing else start)

    def _name_of(self, node: ast.stmt) -> Location:
        start = self._positions.offsets(node)[0]
        named = _NAMED.match(self._source.text, start)
        return self._source.span(start, named.end() if named else start)

    def _text(self, node: ast.expr) -> str:
        start, end = self._positions.offsets(node)
        return self._source.text[start:end]


def _note(name: str, context: Context) -> None:
    """What a call says of the loops around it."""
    if name in _EXITS:
        context.leaves_loops()
    sleeps = name.endswith((".sleep", ".wait"))
    reads_input = name in ("input", "builtins.input")
    for record, _ in context.loops if sleeps or reads_input else ():
        record.sleeps = record.sleeps or sleeps
        record.reads_input = record.reads_input or reads_input


def _ordered(facts: Iterable[_Fact]) -> tuple[_Fact, ...]:
    """In the order of the text; of two that begin together, the shorter first."""
    return tuple(sorted(facts, key=_place))


def _place(fact: Assignment | Call | Class | EnvRead | Function | Import | Loop) -> tuple[int, int, int, int]:
    location = fact.location
    return location.line, location.column, location.end_line, location.end_column
