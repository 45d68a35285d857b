"""Processes that a program leaves without a parent, and whether PID 1 waits for them."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.models.python import Call, Expr, PythonFile
from k8slint.workload.knowledge import stopping
from k8slint.workload.process import Process, StepKind
from k8slint.workload.program import Program, matches
from k8slint.workload.workload import Workload

_SHELLS = (
    "os.system",
    "os.popen",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
    "asyncio.create_subprocess_shell",
)
_CHILDREN = tuple(f"subprocess.{name}" for name in ("run", "Popen", "call", "check_call", "check_output"))
_ENDED_BY_HAND = ("subprocess.Popen.kill", "subprocess.Popen.terminate")
_GROUP = ("os.killpg",)
_FORKS = ("os.fork", "os.setsid", "os.waitpid", "os.wait")
_BROWSERS = (
    *(
        f".{name}.{how}"
        for name in ("chromium", "firefox", "webkit")
        for how in ("launch", "launch_persistent_context")
    ),
    *(f"selenium.webdriver.{name}" for name in ("Chrome", "Edge", "Firefox")),
    "undetected_chromedriver.Chrome",
    "pyppeteer.launch",
)
_OFFICE = ("soffice", "libreoffice", "lowriter", "localc", "soffice.bin", "loffice")
CHILD_CALLS = (*_SHELLS, *_CHILDREN, *_ENDED_BY_HAND, *_GROUP, *_FORKS, *_BROWSERS)


class Orphan(Struct, frozen=True):
    """A call after which a process may be left without its parent: ``note`` says how.

    ``kind`` is "shell" or "fork" (measured), "browser" or "office" (what these programs are known to do).
    """

    call: Call
    kind: str
    note: str


def reaps_orphans(workload: Workload, process: Process) -> bool | None:
    """Whether PID 1 waits for processes that are not its own children; None where that is not known.

    Measured: a shell that stays does, an init does, the pause container of a shared PID namespace does.
    """
    if workload.shares_process_namespace:
        return True
    first = process.pid1
    if first is not None and first.kind is not StepKind.WRAPPER:
        return True
    name = first.name if first is not None else process.entry.server or "python"
    row = stopping()["reaps"].get(name)
    if row is None and name.startswith("manage.py"):
        row = stopping()["reaps"]["python"]
    return bool(row["reaps"]) if row is not None else None


def orphans(program: Program, sh: str | None) -> tuple[Orphan, ...]:
    """The calls of a program that leave processes behind, where ``sh`` is the image's ``/bin/sh``, as far as known."""
    found = [one for module, call in program.calls(*_SHELLS, *_CHILDREN) for one in _of_call(program, module, call, sh)]
    found.extend(_double_forks(program))
    browsers = (call for _, call in program.calls(*_BROWSERS))
    found.extend(Orphan(call, "browser", "starts a browser, whose helper processes outlive it") for call in browsers)
    return tuple(found)


def _of_call(program: Program, module: PythonFile, call: Call, sh: str | None) -> Iterator[Orphan]:
    command = module.resolve(call.args[0], call.scope) if call.args else call.keyword("args")
    if command is None:
        return
    shell, timeout = call.keyword("shell"), call.keyword("timeout")
    in_shell = call.name in _SHELLS or (shell is not None and module.resolve(shell, call.scope).value is True)
    if in_shell and _ending(command).rstrip().endswith("&"):
        yield Orphan(call, "shell", "leaves a process in the background of a shell that ends")
    # bash and BusyBox put a single command in the place of the shell, so that it is what the timeout kills.
    elif in_shell and sh == "dash" and timeout is not None and not (timeout.kind == "const" and not timeout.value):
        yield Orphan(call, "shell", "the timeout kills the shell, not what it started")
    elif in_shell and sh == "dash" and call.name == "subprocess.Popen" and _is_ended_by_hand(program, module, call):
        yield Orphan(call, "shell", "kill() or terminate() ends the shell, not what it started")
    elif _starts(command, in_shell) in _OFFICE:
        yield Orphan(call, "office", "starts LibreOffice, whose launcher starts further processes")


def _is_ended_by_hand(program: Program, module: PythonFile, call: Call) -> bool:
    """Whether a process is killed in the function that started it, and nowhere its group."""
    if any(True for _ in program.calls(*_GROUP)):
        return False
    others = (one for one in module.calls if one.scope == call.scope and one.location > call.location)
    return any(matches(one.name, name) for one in others for name in _ENDED_BY_HAND)


def _double_forks(program: Program) -> Iterator[Orphan]:
    """A function that forks twice and waits for the first child only: the second is meant to have no parent.

    A program that makes a daemon of itself ends its first process instead; it does so once.
    """
    for module in program.modules:
        by_scope: dict[str, list[Call]] = {}
        for call in module.calls:
            if call.name in _FORKS:
                by_scope.setdefault(call.scope, []).append(call)
        for calls in by_scope.values():
            names = [call.name for call in calls]
            if names.count("os.fork") == 2 and {"os.waitpid", "os.wait"} & set(names):
                second = [call for call in calls if call.name == "os.fork"][1]
                yield Orphan(second, "fork", "forks a second time and leaves the process to PID 1")


def _starts(command: Expr, in_shell: bool) -> str:
    """The base name of the program that a call starts; '' where it is not written."""
    first = command.args[0] if command.kind in ("list", "tuple") and command.args else command
    while first.kind in ("fstring", "binary") and first.args:
        first = first.args[0]
    if first.kind != "const" or not isinstance(first.value, str):
        return ""
    name = (first.value.split() or [""])[0] if in_shell else first.value
    return name.rpartition("/")[2]


def _ending(expr: Expr) -> str:
    """The last piece of a text as far as it is written: of an f-string, of a sum."""
    while expr.kind in ("fstring", "binary") and expr.args:
        expr = expr.args[-1]
    return expr.value if expr.kind == "const" and isinstance(expr.value, str) else ""
