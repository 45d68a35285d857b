"""Which names the statements of a Python file bind, and to what."""

from __future__ import annotations

import ast

from k8slint.models.python_found import AssignmentRecord, Found
from k8slint.models.python_scope import Binding, Kind, Scope
from k8slint.models.python_shape import is_pairwise, last_name, parameters


class Binder:
    """Enters bindings into scopes; ``settle`` does the last ones when all classes are known."""

    __slots__ = ("_found", "_later")

    def __init__(self, found: Found) -> None:
        self._found = found
        self._later: list[tuple[str, str, Binding]] = []

    def settle(self) -> None:
        """Bind ``Config.size = 1`` outside the class."""
        for owner, attribute, binding in self._later:
            bindings = binding.scope.lookup(owner)
            if len(bindings) == 1 and bindings[0].kind is Kind.CLASS and bindings[0].inner is not None:
                bindings[0].inner.bind(attribute, binding)

    def imported(self, node: ast.Import, scope: Scope) -> None:
        for alias in node.names:
            root = alias.name.partition(".")[0]
            scope.bind(
                alias.asname or root, Binding(Kind.IMPORT, scope, qualified=alias.name if alias.asname else root)
            )

    def imported_from(self, node: ast.ImportFrom, scope: Scope) -> None:
        module = "." * node.level + (f"{node.module}." if node.module else "")
        for alias in node.names:
            if alias.name != "*":
                scope.bind(alias.asname or alias.name, Binding(Kind.IMPORT, scope, qualified=module + alias.name))

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, outer: Scope) -> Scope:
        """Bind a function, and make its scope with its parameters."""
        scope = Scope(outer.inner_name(node.name), Kind.FUNCTION, outer, returns=node.returns)
        decorators = frozenset(last_name(decorator) for decorator in node.decorator_list)
        scope.is_plain = not decorators
        scope.is_property = bool(decorators & {"property", "cached_property"})
        outer.bind(node.name, Binding(Kind.FUNCTION, outer, qualified=scope.name, inner=scope))
        for parameter in parameters(node.args):
            scope.bind(parameter.arg, Binding(Kind.PARAMETER, outer, annotation=parameter.annotation))
        positional = [*node.args.posonlyargs, *node.args.args]
        if outer.kind is Kind.CLASS and positional and "staticmethod" not in decorators:
            kind = Kind.OWN_CLASS if "classmethod" in decorators or node.name == "__new__" else Kind.INSTANCE
            scope.bindings[positional[0].arg] = [Binding(kind, outer, inner=outer)]
        return scope

    def class_(self, node: ast.ClassDef, outer: Scope) -> Scope:
        scope = Scope(outer.inner_name(node.name), Kind.CLASS, outer, bases=tuple(node.bases))
        outer.bind(node.name, Binding(Kind.CLASS, outer, qualified=scope.name, inner=scope))
        return scope

    def lambda_(self, node: ast.Lambda, outer: Scope) -> Scope:
        """The scope of a lambda, which has the name of the scope around it."""
        scope = Scope(outer.name, Kind.FUNCTION, outer)
        for parameter in parameters(node.args):
            scope.bind(parameter.arg, Binding(Kind.PARAMETER, scope))
        return scope

    def assigned(
        self, target: ast.expr, value: ast.expr, annotation: ast.expr | None, statement: ast.stmt, scope: Scope
    ) -> None:
        if not isinstance(target, (ast.Tuple, ast.List)):
            self._found.assignments.append(AssignmentRecord(target, value, annotation, statement, scope))
            self.bind(target, Binding(Kind.VALUE, scope, value, annotation))
        elif isinstance(value, (ast.Tuple, ast.List)) and is_pairwise(target.elts, value.elts):
            for one_target, one_value in zip(target.elts, value.elts, strict=True):
                self.assigned(one_target, one_value, None, statement, scope)
        else:
            self.opaque(target, scope)

    def each(self, target: ast.expr, iterable: ast.expr, scope: Scope) -> None:
        """The variable of a loop or comprehension."""
        if isinstance(target, ast.Name):
            self.bind(target, Binding(Kind.EACH, scope, iterable))
        else:
            self.opaque(target, scope)

    def entered(self, target: ast.expr, manager: ast.expr, scope: Scope) -> None:
        """``with manager as target``."""
        if isinstance(target, (ast.Name, ast.Attribute)):
            self.bind(target, Binding(Kind.ENTERED, scope, manager))
        else:
            self.opaque(target, scope)

    def opaque(self, target: ast.expr, scope: Scope) -> None:
        """Every name in a target whose value cannot be told."""
        pending = [target]
        while pending:
            one = pending.pop()
            if isinstance(one, (ast.Tuple, ast.List)):
                pending.extend(one.elts)
            elif isinstance(one, ast.Starred):
                pending.append(one.value)
            else:
                self.bind(one, Binding(Kind.OPAQUE, scope))

    def bind(self, target: ast.expr, binding: Binding) -> None:
        """Bind a name or an attribute of a name; other targets bind nothing that is followed."""
        if isinstance(target, ast.Name):
            binding.scope.bind(target.id, binding)
        elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            own_class = binding.scope.class_of(target.value.id)
            if own_class is not None:
                own_class.bind(target.attr, binding)
            else:
                self._later.append((target.value.id, target.attr, binding))

    def declared_global(self, names: list[str], scope: Scope) -> None:
        for name in names:
            scope.outer_names[name] = self._found.scopes[0]

    def declared_nonlocal(self, names: list[str], scope: Scope) -> None:
        for name in names:
            home = scope.parent
            while home is not None and (home.kind is not Kind.FUNCTION or name not in home.bindings):
                home = home.parent
            home = home or scope.parent
            if home is not None:
                scope.outer_names[name] = home.outer_names.get(name, home)
