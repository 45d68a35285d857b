"""Whether a call of a program runs for certain when the program starts, in each process that loads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from k8slint.models.python import Call, Expr, Function, PythonFile
from k8slint.workload.detail import in_full
from k8slint.workload.process import Process
from k8slint.workload.program import Program

_Asked: TypeAlias = tuple[str, str, int, int]
_DEEPEST = 6
_DEFINITION = re.compile(r"\s*(?:async\s+def|def)\s")
_RETURN = re.compile(r"\s+return\b")
# A scheduler that is not yet running, and a server that is not the one for development, which starts itself twice.
_HOLDS = re.compile(r"\s*if not (?:[\w.]+\.running\s*:|[\w.]*debug or\b)")
_BRANCHES = re.compile(r"\s*(?:if|elif|else|for|case|except)\b")
_HOOKS = ("on_event", "before_serving", "listener", "before_server_start", "main_process_start", "while_serving")
_HANDED_TO = (
    *("Thread", "Timer", "Process", "create_task", "ensure_future", "run", "gather", "start_soon", "call_soon"),
    *("add_event_handler", "append", "run_until_complete", "spawn", "start_new_thread", "register_listener"),
)
_LIFE = ("lifespan", "on_startup", "target", "startup", "context")


def runs_at_start(program: Program, process: Process | None, module: PythonFile, call: Call) -> bool:
    """Whether ``call`` runs in every process of the program; False also where that cannot be told."""
    return _holds(module, call) and _scope_runs(program, process, module, call.scope, call.location.line, 0, set())


def function_runs_at_start(
    program: Program, process: Process | None, module: PythonFile, scope: str, line: int = 0
) -> bool:
    """Whether the body of a function runs, up to ``line``, in every process of the program."""
    return _scope_runs(program, process, module, scope, line, 0, set())


def _scope_runs(
    program: Program, process: Process | None, module: PythonFile, scope: str, line: int, depth: int, seen: set[_Asked]
) -> bool:
    """``seen`` are the questions that were asked before: ways to a function are many, functions are not."""
    if not scope:
        return True
    function = next((one for one in module.functions if one.name == scope), None)
    asked = (module.path, scope, line, depth)
    if function is None or depth > _DEEPEST or asked in seen:
        return False
    seen.add(asked)
    if line and _may_return_before(module, function, line):
        return False
    name = scope.rpartition(".")[2]
    if any(_is_hook(one) for one in function.decorators) or _is_ready(module, scope):
        return True
    if process is not None and any(name in re.findall(r"\w+", word.text or "") for word in process.entry.words[1:]):
        return True
    return any(
        _scope_runs(program, process, other, caller.scope, caller.location.line, depth + 1, seen)
        for other, caller in _callers(program, name, scope)
    )


def _callers(program: Program, name: str, scope: str) -> Iterator[tuple[PythonFile, Call]]:
    """The calls, in no branch, that call a function or hand it to what calls it."""
    for short in program.modules:
        if name not in short.source.text:
            continue
        module = in_full(short)
        for call in module.calls:
            is_caller = call.name.rpartition(".")[2] == name or _hands_on(call, name)
            if is_caller and call.scope != scope and program.counts(short, call.main_guard) and _holds(module, call):
                yield module, call


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
    lines = module.source.text.splitlines()
    indent = call.location.column
    for line in reversed(lines[: call.location.line - 1]):
        here = len(line) - len(line.lstrip()) + 1
        if not line.strip() or here >= indent:
            continue
        if _DEFINITION.match(line):
            return True
        if _BRANCHES.match(line) and not _HOLDS.match(line):
            return False
        indent = here
    return indent == 1


def _may_return_before(module: PythonFile, function: Function, line: int) -> bool:
    lines = module.source.text.splitlines()
    own = function.location.line
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
