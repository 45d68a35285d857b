"""One walk over a parsed Python file: its scopes, and every place that a fact may come from."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from k8slint.models.python_binding import Binder
from k8slint.models.python_found import Context, Found, LoopRecord, PendingGuard
from k8slint.models.python_scope import Binding, Kind, Scope
from k8slint.models.python_shape import caught, is_always_true, last_name, main_guard, only_interrupts


def walk(tree: ast.Module) -> Found:
    """Visit every node once. The stack is the walker's own: a tree may be thousands of nodes deep."""
    walker = _Walker()
    walker.run(tree)
    return walker.found


class _Walker:
    """Statements, and the bodies of lambdas, wait on the stack with their context; expressions are scanned at once."""

    __slots__ = ("_bind", "_pending", "found")

    def __init__(self) -> None:
        self.found = Found()
        self._bind = Binder(self.found)
        self._pending: list[tuple[ast.AST, Context]] = []

    def run(self, tree: ast.Module) -> None:
        module = Scope("", Kind.MODULE, None)
        self.found.scopes.append(module)
        self._later(tree.body, Context(module))
        while self._pending:
            node, context = self._pending.pop()
            visit = _STATEMENTS.get(type(node), _Walker.scan)
            visit(self, node, context)
        self._bind.settle()

    def _later(self, nodes: Sequence[ast.AST], context: Context) -> None:
        self._pending.extend([(node, context) for node in reversed(nodes)])

    def scan(self, root: ast.AST, context: Context) -> None:
        """Visit an expression, or a statement that holds no other one and binds nothing."""
        used = self.found.names_used
        pending: list[Any] = [root]
        while pending:
            node = pending.pop()
            kind = type(node)
            if kind is ast.Constant:
                continue
            if kind is ast.Name:
                if type(node.ctx) is ast.Load:
                    used.add(node.id)
            elif kind is ast.Attribute:
                if type(node.ctx) is ast.Load:
                    used.add(node.attr)
                pending.append(node.value)
            elif kind is ast.Call:
                self.found.calls.append((node, context))
                pending.append(node.func)
                pending.extend(node.args)
                pending.extend([keyword.value for keyword in node.keywords])
            elif kind is ast.Lambda:
                self._pending.append((node.body, context.in_function(self._bind.lambda_(node, context.scope))))
                pending.extend([default for default in (*node.args.defaults, *node.args.kw_defaults) if default])
            else:
                visit = _EXPRESSIONS.get(kind)
                if visit is not None:
                    visit(self, node, context)
                for value in node.__dict__.values():
                    if isinstance(value, ast.AST):
                        pending.append(value)
                    elif type(value) is list:
                        pending.extend([item for item in value if isinstance(item, ast.AST)])

    def _scan_all(self, nodes: Iterable[ast.AST | None], context: Context) -> None:
        for node in nodes:
            if node is not None:
                self.scan(node, context)

    # Expressions that bind names or matter in themselves

    def _subscript(self, node: ast.Subscript, context: Context) -> None:
        if type(node.ctx) is ast.Load and isinstance(node.value, (ast.Name, ast.Attribute)):
            self.found.subscripts.append((node, context))

    def _choice(self, node: ast.expr, _: Context) -> None:
        self.found.choices.append(node)

    def _await(self, node: ast.Await, _: Context) -> None:
        if isinstance(node.value, ast.Call):
            self.found.awaited.add(node.value)

    def _yield(self, _: ast.expr, context: Context) -> None:
        context.scope.is_plain = False
        context.leaves_loops()

    def _named(self, node: ast.NamedExpr, context: Context) -> None:
        self._bind.bind(node.target, Binding(Kind.VALUE, context.scope, node.value))

    def _comprehension(self, node: ast.comprehension, context: Context) -> None:
        self._bind.each(node.target, node.iter, context.scope)

    def _pattern(self, node: ast.MatchAs | ast.MatchStar | ast.MatchMapping, context: Context) -> None:
        name = node.rest if isinstance(node, ast.MatchMapping) else node.name
        if name is not None:
            context.scope.bind(name, Binding(Kind.OPAQUE, context.scope))

    # Statements that bind

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, context: Context) -> None:
        scope = self._bind.function(node, context.scope)
        self.found.scopes.append(scope)
        self.found.functions.append((node, scope))
        self._scan_all((*node.decorator_list, node.args, node.returns), context)
        self._later(node.body, context.in_function(scope))

    def _class(self, node: ast.ClassDef, context: Context) -> None:
        scope = self._bind.class_(node, context.scope)
        self.found.scopes.append(scope)
        self.found.classes.append((node, scope))
        self._scan_all((*node.decorator_list, *node.bases, *node.keywords), context)
        self._later(node.body, context._replace(scope=scope))

    def _import(self, node: ast.Import, context: Context) -> None:
        self.found.imports.append((node, context))
        self._bind.imported(node, context.scope)

    def _import_from(self, node: ast.ImportFrom, context: Context) -> None:
        self.found.imports.append((node, context))
        self._bind.imported_from(node, context.scope)

    def _assign(self, node: ast.Assign, context: Context) -> None:
        self._scan_all((node.value, *node.targets), context)
        for target in node.targets:
            self._bind.assigned(target, node.value, None, node, context.scope)

    def _annotated(self, node: ast.AnnAssign, context: Context) -> None:
        self._scan_all((node.value, node.target, node.annotation), context)
        if node.value is None:
            self._bind.bind(node.target, Binding(Kind.VALUE, context.scope, annotation=node.annotation))
        else:
            self._bind.assigned(node.target, node.value, node.annotation, node, context.scope)

    def _augmented(self, node: ast.AugAssign, context: Context) -> None:
        self._scan_all((node.value, node.target), context)
        self._bind.opaque(node.target, context.scope)

    def _delete(self, node: ast.Delete, context: Context) -> None:
        for target in node.targets:
            self.scan(target, context)
            self._bind.opaque(target, context.scope)

    def _global(self, node: ast.Global, context: Context) -> None:
        self._bind.declared_global(node.names, context.scope)

    def _nonlocal(self, node: ast.Nonlocal, context: Context) -> None:
        self._bind.declared_nonlocal(node.names, context.scope)

    # Statements that enclose others

    def _for(self, node: ast.For | ast.AsyncFor, context: Context) -> None:
        record = LoopRecord(node, "for", context)
        self.found.loops.append(record)
        self._bind.each(node.target, node.iter, context.scope)
        self._scan_all((node.target, node.iter), context)
        self._later(node.orelse, context)
        self._later(node.body, context.in_loop(record))

    def _while(self, node: ast.While, context: Context) -> None:
        record = LoopRecord(node, "while-true" if is_always_true(node.test) else "while", context)
        self.found.loops.append(record)
        inside = context.in_loop(record)
        self.scan(node.test, inside)
        self._later(node.orelse, context)
        self._later(node.body, inside)

    def _if(self, node: ast.If, context: Context) -> None:
        self.scan(node.test, context)
        is_main = main_guard(node.test)
        if is_main is not None:
            self._later(node.orelse, context._replace(main_guard=context.main_guard or not is_main))
            self._later(node.body, context._replace(main_guard=context.main_guard or is_main))
            return
        inside = context.guarded("if")
        is_elif = len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If)
        self._later(node.orelse, context if is_elif else inside)
        is_typing = not isinstance(node.test, ast.Call) and last_name(node.test) == "TYPE_CHECKING"
        self._later(node.body, inside._replace(type_checking=True) if is_typing else inside)

    def _match(self, node: ast.Match, context: Context) -> None:
        self.scan(node.subject, context)
        inside = context.guarded("if")
        for case in node.cases:
            self._scan_all((case.pattern, case.guard), inside)
            self._later(case.body, inside)

    def _with(self, node: ast.With | ast.AsyncWith, context: Context) -> None:
        for item in node.items:
            self._scan_all((item.context_expr, item.optional_vars), context)
            if item.optional_vars is not None:
                self._bind.entered(item.optional_vars, item.context_expr, context.scope)
            context = context.guarded(PendingGuard("with", item.context_expr, context.scope))
        self._later(node.body, context)

    def _try(self, node: ast.Try, context: Context) -> None:
        self._later(node.finalbody, context.guarded("finally"))
        if node.finalbody:
            context = context.guarded("try-finally")
        self._later(node.orelse, context)
        body = context
        for handler in node.handlers:
            if handler.type is not None:
                self.scan(handler.type, context)
            if handler.name is not None:
                context.scope.bind(handler.name, Binding(Kind.OPAQUE, context.scope))
            inside = context.in_interrupt_handler() if only_interrupts(handler) else context
            for kind in caught(handler):
                body = body.guarded(PendingGuard("except", kind, context.scope))
                inside = inside.guarded(PendingGuard("handler", kind, context.scope))
            if handler.type is None:
                body, inside = body.guarded("except"), inside.guarded("handler")
            self._later(handler.body, inside)
        self._later(node.body, body)

    # Statements that leave

    def _break(self, _: ast.Break, context: Context) -> None:
        if context.loops and context.loops[-1][1]:
            context.loops[-1][0].ends = True

    def _return(self, node: ast.Return, context: Context) -> None:
        if node.value is not None:
            self.scan(node.value, context)
        context.scope.returned.append(node.value)
        context.leaves_loops()

    def _raise(self, node: ast.Raise, context: Context) -> None:
        self._scan_all((node.exc, node.cause), context)
        if last_name(node.exc) == "SystemExit":
            context.leaves_loops()


_Visit = Callable[[_Walker, Any, Context], None]

_TRIES: tuple[type[ast.AST], ...] = (ast.Try, ast.TryStar) if sys.version_info >= (3, 11) else (ast.Try,)

_STATEMENTS: Mapping[type[ast.AST], _Visit] = {
    ast.FunctionDef: _Walker._function,
    ast.AsyncFunctionDef: _Walker._function,
    ast.ClassDef: _Walker._class,
    ast.Import: _Walker._import,
    ast.ImportFrom: _Walker._import_from,
    ast.Assign: _Walker._assign,
    ast.AnnAssign: _Walker._annotated,
    ast.AugAssign: _Walker._augmented,
    ast.Delete: _Walker._delete,
    ast.Global: _Walker._global,
    ast.Nonlocal: _Walker._nonlocal,
    ast.For: _Walker._for,
    ast.AsyncFor: _Walker._for,
    ast.While: _Walker._while,
    ast.If: _Walker._if,
    ast.Match: _Walker._match,
    ast.With: _Walker._with,
    ast.AsyncWith: _Walker._with,
    ast.Break: _Walker._break,
    ast.Return: _Walker._return,
    ast.Raise: _Walker._raise,
    **dict.fromkeys(_TRIES, _Walker._try),
}

_EXPRESSIONS: Mapping[type[ast.AST], _Visit] = {
    ast.Subscript: _Walker._subscript,
    ast.Await: _Walker._await,
    ast.BoolOp: _Walker._choice,
    ast.IfExp: _Walker._choice,
    ast.ListComp: _Walker._choice,
    ast.SetComp: _Walker._choice,
    ast.DictComp: _Walker._choice,
    ast.GeneratorExp: _Walker._choice,
    ast.Yield: _Walker._yield,
    ast.YieldFrom: _Walker._yield,
    ast.NamedExpr: _Walker._named,
    ast.comprehension: _Walker._comprehension,
    ast.MatchAs: _Walker._pattern,
    ast.MatchStar: _Walker._pattern,
    ast.MatchMapping: _Walker._pattern,
}
