"""Whether a call of a program runs for certain when the program starts, in each process that loads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from k8slint.models.python import Call, Expr, Function, PythonFile
from k8slint.regex import regex
from k8slint.workload.detail import in_full
from k8slint.workload.process import Process
from k8slint.workload.program import Program

_MOST_FUNCTIONS = 60
# Lines around a call that are read; beyond them it is not known whether it runs.
_MOST_LINES = 2000
_DEFINITION = regex(r"\s*(?:async\s+def|def)\s")
_RETURN = regex(r"\s+return\b")
# A scheduler that is not yet running, and a server that is not the one for development, which starts itself twice.
_HOLDS = regex(r"\s*if not (?:[\w.]+\.running\s*:|[\w.]*debug or\b)")
_BRANCHES = regex(r"\s*(?:if|elif|else|for|case|except)\b")
_HOOKS = ("on_event", "before_serving", "listener", "before_server_start", "main_process_start", "while_serving")
_HANDED_TO = (
    *("Thread", "Timer", "Process", "create_task", "ensure_future", "run", "gather", "start_soon", "call_soon"),
    *("add_event_handler", "append", "run_until_complete", "spawn", "start_new_thread", "register_listener"),
)
_LIFE = ("lifespan", "on_startup", "target", "startup", "context")


def runs_at_start(program: Program, process: Process | None, module: PythonFile, call: Call) -> bool:
    """Whether ``call`` runs in every process of the program; False also where that cannot be told."""
    return _holds(module, call) and _scope_runs(program, process, module, call.scope, call.location.line, {})


def function_runs_at_start(
    program: Program, process: Process | None, module: PythonFile, scope: str, line: int = 0
) -> bool:
    """Whether the body of a function runs, up to ``line``, in every process of the program."""
    return _scope_runs(program, process, module, scope, line, {})


def _scope_runs(
    program: Program, process: Process | None, module: PythonFile, scope: str, line: int, seen: dict[str, int]
) -> bool:
    """``seen`` holds the functions that were looked at, in order, so that each is looked at once."""
    if not scope:
        return True
    function = next((one for one in module.functions if one.name == scope), None)
    key = f"{module.path}:{scope}"
    if function is None or len(seen) >= _MOST_FUNCTIONS or key in seen:
        return False
    seen[key] = len(seen)
    if line and _may_return_before(module, function, line):
        return False
    name = scope.rpartition(".")[2]
    if any(_is_hook(one) for one in function.decorators) or _is_ready(module, scope):
        return True
    if process is not None and any(name in re.findall(r"\w+", word.text or "") for word in process.entry.words[1:]):
        return True
    return any(
        _scope_runs(program, process, other, caller.scope, caller.location.line, seen)
        for other, caller in _callers(program, module, name, scope)
    )


def _callers(program: Program, home: PythonFile, name: str, scope: str) -> Iterator[tuple[PythonFile, Call]]:
    """The calls, in no branch, that call a function of the module ``home`` or hand it to what calls it."""
    for short in program.modules:
        if name not in short.source.text or not (short.path == home.path or _imports(short, home, name)):
            continue
        module = in_full(short)
        for call in module.calls:
            is_caller = call.name.rpartition(".")[2] == name or _hands_on(call, name)
            if is_caller and call.scope != scope and program.counts(short, call.main_guard) and _holds(module, call):
                yield module, call


def _imports(module: PythonFile, home: PythonFile, name: str) -> bool:
    """Whether a module imports a function or its module, by their last names."""
    parts = home.path.removesuffix(".py").removesuffix("/__init__").rsplit("/", 1)
    return any(
        one.module.rpartition(".")[2] == parts[-1] or any(given in (parts[-1], name, "*") for given, _ in one.names)
        for one in module.imports
    )


def _hands_on(call: Call, name: str) -> bool:
    given = [value for keyword, value in call.keywords if keyword in _LIFE]
    if call.name.rpartition(".")[2] in _HANDED_TO:
        given.extend(call.args)
    return any(
        part.kind == "name" and str(part.value).rpartition(".")[2] == name for one in given for part in one.walk()
    )


def _holds(module: PythonFile, call: Call) -> bool:
    """Whether nothing around a call may keep it from running; handlers of what a ``try`` raises may."""
    if not any(one in ("if", "for") or one.startswith("handler") for one in call.guards):
        return True
    lines = _lines(module.source.text)
    indent, last = call.location.column, call.location.line - 1
    for line in reversed(lines[max(last - _MOST_LINES, 0) : last]):
        here = len(line) - len(line.lstrip()) + 1
        if not line.strip() or here >= indent:
            continue
        if _DEFINITION.match(line):
            return True
        if _BRANCHES.match(line) and not _HOLDS.match(line):
            return False
        indent = here
    return indent == 1


@lru_cache(maxsize=64)
def _lines(text: str) -> list[str]:
    return text.splitlines()


def _may_return_before(module: PythonFile, function: Function, line: int) -> bool:
    lines = _lines(module.source.text)
    own = function.location.line
    if line - own > _MOST_LINES:
        return True
    for number in range(own, min(line - 1, len(lines))):
        text = lines[number]
        if _RETURN.match(text) and _definition_around(lines, number) == own:
            return True
    return False


def _definition_around(lines: list[str], number: int) -> int:
    """The line, counted from 1, of the function that the line at the index ``number`` belongs to."""
    indent = len(lines[number]) - len(lines[number].lstrip())
    for index in range(number - 1, -1, -1):
        line = lines[index]
        here = len(line) - len(line.lstrip())
        if line.strip() and here < indent:
            if _DEFINITION.match(line):
                return index + 1
            indent = here
    return 0


def _is_hook(decorator: Expr) -> bool:
    name = str(decorator.value).rpartition(".")[2]
    if name in ("on_event", "listener"):
        return any(one.value in ("startup", "before_server_start", "after_server_start") for one in decorator.args)
    return name in _HOOKS


def _is_ready(module: PythonFile, scope: str) -> bool:
    """Whether a method is ``AppConfig.ready``, which Django calls in every process."""
    owner, _, method = scope.rpartition(".")
    bases = next((one.bases for one in module.classes if one.name == owner), ())
    return method == "ready" and any(base.rpartition(".")[2] == "AppConfig" for base in bases)
