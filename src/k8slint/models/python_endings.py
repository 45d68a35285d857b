"""How a Python script ends when its work fails: the handlers and dropped results that make it end as if it had not."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.python_expr import Positions
from k8slint.models.python_tree import syntax_tree
from k8slint.models.source import Source
from k8slint.regex import regex

_DEEPEST = 6
_CATCH_ALL = ("Exception", "BaseException")
# What a handler may do without telling anybody who waits for the exit code.
_ONLY_TELLS = frozenset(
    """
    print exception error critical warning warn info debug log fatal print_exc format_exc print_exception rollback close
    str repr type format join write flush capture_exception getLogger echo secho format_exception isoformat now sleep
    """.split()  # noqa: SIM905  # a list literal would take a line for each
)
_ENDS_WELL = frozenset(("print", "info", "debug", "close", "shutdown", "flush", "dispose", "stop", "log", "echo"))
_MILD = ("warning", "warn", "info", "debug")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_KEEPS = (ast.Raise, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.NamedExpr, ast.Continue, ast.Yield)
_PREPARES = regex(
    r"set|conf|init|env|log|arg|seed|warn|filter|insert|append|mkdir|makedirs|connect|print|register|option"
)
_RUNNERS = frozenset(("run", "run_until_complete"))
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Ending(Struct, frozen=True):
    """``what`` is "handler" for one around all of the work, "gather" or "submit" for results that nobody looks at.

    ``scope`` is the function it stands in, "" for the script itself.
    """

    what: str
    location: Location
    scope: str


def endings(source: Source) -> tuple[Ending, ...]:
    """Where a file that runs as a script hides a failure; nothing for what cannot be parsed."""
    return _endings(source.path, source.text)


@lru_cache(maxsize=8192)
def _endings(path: str, text: str) -> tuple[Ending, ...]:
    tree = syntax_tree(text)
    if tree is None:
        return ()
    positions = Positions(Source(path, text))
    functions = {one.name: one for one in tree.body if isinstance(one, _Function)}
    found = [
        Ending("handler", positions.of(handler.type or handler), scope)
        for handler, scope in _hiding(_run_as_script(tree.body), functions, "", 0)
    ]
    for scope, body in [("", tree.body), *((one.name, one.body) for one in functions.values())]:
        found.extend(Ending(what, positions.of(call), scope) for what, call in _dropped(body))
    return tuple(found)


def _run_as_script(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a module with those under ``if __name__ == "__main__"`` in their place."""
    found: list[ast.stmt] = []
    for statement in body:
        is_guard = isinstance(statement, ast.If) and "__name__" in {
            node.id for node in ast.walk(statement.test) if isinstance(node, ast.Name)
        }
        found.extend(statement.body if isinstance(statement, ast.If) and is_guard else [statement])
    return found


def _hiding(
    body: list[ast.stmt], functions: dict[str, _Function], scope: str, depth: int
) -> Iterator[tuple[ast.ExceptHandler, str]]:
    """The handlers around the last thing that a body does, which nothing after them makes good."""
    work = [one for one in body if not _is_trivial(one)]
    if not work or depth > _DEEPEST:
        return
    last = work[-1]
    prepares = all(map(_prepares, work[:-1]))
    for early in (one for one in work[:-1] if isinstance(one, ast.Try) and scope):
        leaving = (one for one in early.handlers if _catches_all(one) and isinstance(one.body[-1], ast.Return))
        yield from ((one, scope) for one in leaving if _only_logs(one.body) and not _tells(early.finalbody))
    if isinstance(last, (ast.With, ast.AsyncWith)):
        yield from _hiding(last.body, functions, scope, depth + 1)
    elif isinstance(last, ast.Try):
        handlers = [one for one in last.handlers if _catches_all(one)]
        if prepares and handlers and not _tells(last.finalbody) and not _tells(last.orelse):
            yield from ((one, scope) for one in handlers if _only_logs(one.body))
        elif not last.handlers:
            yield from _hiding(last.body, functions, scope, depth + 1)
    elif (name := _called(last)) in functions:
        yield from _hiding(functions[name].body, functions, name, depth + 1)


def _prepares(statement: ast.stmt) -> bool:
    """Whether a statement only gets something ready, so that the work comes after it."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if isinstance(call, ast.Call):
        return _PREPARES.search(_last_name(call.func).lower()) is not None
    return not isinstance(statement, (ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Expr))


def _is_trivial(statement: ast.stmt) -> bool:
    """Whether a statement neither works nor decides how the script ends: definitions, imports, a last message."""
    if isinstance(statement, (*_DEFINITIONS, ast.Import, ast.ImportFrom, ast.Pass)):
        return True
    if isinstance(statement, ast.Return):
        return statement.value is None
    if isinstance(statement, ast.Expr):
        calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call)]
        return all(_last_name(call.func) in _ENDS_WELL | {"str", "format", "len", "join"} for call in calls)
    return False


def _catches_all(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or (isinstance(kind, ast.Name) and kind.id in _CATCH_ALL) for kind in kinds)


def _only_logs(body: list[ast.stmt]) -> bool:
    """Whether a handler neither raises, exits, keeps what it knows, nor calls what may do so.

    One that only warns says that the failure does not matter.
    """
    if any(isinstance(node, ast.Attribute) and node.attr in _MILD for part in body for node in ast.walk(part)):
        return False
    for node in (node for statement in body for node in ast.walk(statement)):
        if isinstance(
            node, (ast.Raise, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.NamedExpr, ast.Continue, ast.Yield)
        ):
            return False
        if isinstance(node, ast.Return) and not (node.value is None or _is_nothing(node.value)):
            return False
        if isinstance(node, ast.Call) and _last_name(node.func) not in _ONLY_TELLS:
            return False
    return True


def _is_nothing(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and (value.value is None or value.value is False)


def _tells(body: list[ast.stmt]) -> bool:
    """Whether statements may end the script with an error."""
    return any(
        isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and "exit" in _last_name(node.func))
        for statement in body
        for node in ast.walk(statement)
    )


def _called(statement: ast.stmt) -> str:
    """The function that is all a statement calls: ``main()``, ``asyncio.run(main())``, ``sys.exit(main())``."""
    value: ast.AST | None = statement.value if isinstance(statement, (ast.Expr, ast.Return)) else None
    for _ in range(3):
        if isinstance(value, ast.Await):
            value = value.value
        if not isinstance(value, ast.Call):
            return ""
        if isinstance(value.func, ast.Name) and value.func.id not in ("exit", "SystemExit"):
            return value.func.id
        is_runner = _last_name(value.func) in _RUNNERS or _last_name(value.func) in ("exit", "SystemExit")
        value = value.args[0] if is_runner and value.args else None
        if isinstance(value, ast.Name):
            return value.id
    return ""


def _dropped(body: list[ast.stmt]) -> Iterator[tuple[str, ast.Call]]:
    """Calls whose results hold the errors, and are not looked at, in a body that cancels nothing."""
    nodes = [node for statement in body if not isinstance(statement, _DEFINITIONS) for node in ast.walk(statement)]
    pools = set(_pools(nodes))
    cancels = any(isinstance(node, ast.Attribute) and node.attr in ("cancel", "cancelled") for node in nodes)
    for node in nodes if not cancels else ():
        value = node.value if isinstance(node, ast.Expr) else None
        value = value.value if isinstance(value, ast.Await) else value
        if isinstance(value, ast.Call) and _last_name(value.func) == "gather" and _keeps_errors(value):
            yield "gather", value
        if isinstance(value, ast.Call) and _last_name(value.func) == "submit" and _owner(value.func) in pools:
            yield "submit", value


def _pools(nodes: list[ast.AST]) -> Iterator[str]:
    """The names of executors of concurrent.futures."""
    for node in nodes:
        made: ast.AST | None = None
        names: list[ast.expr] = []
        if isinstance(node, ast.withitem):
            made, names = node.context_expr, [node.optional_vars] if node.optional_vars is not None else []
        elif isinstance(node, ast.Assign):
            made, names = node.value, node.targets
        if isinstance(made, ast.Call) and _last_name(made.func).endswith("PoolExecutor"):
            yield from (one.id for one in names if isinstance(one, ast.Name))


def _owner(function: ast.expr) -> str:
    inner = function.value if isinstance(function, ast.Attribute) else None
    return inner.id if isinstance(inner, ast.Name) else ""


def _keeps_errors(call: ast.Call) -> bool:
    return any(
        one.arg == "return_exceptions" and isinstance(one.value, ast.Constant) and one.value.value is True
        for one in call.keywords
    )


def _last_name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
