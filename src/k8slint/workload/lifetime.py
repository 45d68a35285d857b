"""Whether a Python program stays up by itself, and what SIGTERM does to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from msgspec import Struct

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.location import Location
from k8slint.models.python import Call, Expr, Loop, PythonFile
from k8slint.workload.knowledge import programs
from k8slint.workload.program import DYNAMIC, Program, matches

_SIGTERM_NAMES = ("signal.SIGTERM", "signal.Signals.SIGTERM", "SIGTERM", "15")
_CLEAN_UP_CALLS = ("atexit.register", "weakref.finalize")
_POOL_INITIALIZERS = ("initializer", "worker_init")
_POOLS = (
    "multiprocessing.Pool",
    "multiprocessing.pool.Pool",
    "multiprocessing.get_context.Pool",
    "concurrent.futures.ProcessPoolExecutor",
)
_CHILDREN = ("multiprocessing.Process", ".Process")
_THREADS = ("threading.Thread", "threading.Timer", "_thread.start_new_thread", ".submit", ".run_in_executor")


@cache
def call_names() -> tuple[str, ...]:
    """The names of all calls that lifetime needs to see."""
    table = programs()
    endless = (name for name in table["endless_iterables"] if not name.startswith("_"))
    handlers = (*table["handlers"]["with_signal"], *table["handlers"]["always"])
    calls = (name for name in table["calls"] if not name.startswith("_"))
    return (*calls, *endless, *handlers, *_CLEAN_UP_CALLS, *_THREADS, *_POOLS, *_CHILDREN, *DYNAMIC)


class Blocking(Struct, frozen=True):
    """What keeps a program running: an endless loop or a call that does not return.

    ``handles_sigterm`` is True where what is called ends cleanly on SIGTERM by itself, False where it ignores the
    signal as PID 1, None where that is not known. ``guards`` is what stands around it.
    """

    location: Location
    what: str
    handles_sigterm: bool | None
    serves: bool
    guards: tuple[str, ...]
    module: PythonFile


def blocking(program: Program) -> tuple[Blocking, ...]:
    """Everything in the program that keeps it running, in functions that are used."""
    found: list[Blocking] = []
    for module in program.modules:
        found.extend(_blocking_calls(program, module))
        found.extend(_endless_loops(program, module))
    return tuple(found)


def stays_up(program: Program) -> Fact[bool]:
    """Known where the program is seen to stay up, with the places; unknown otherwise: a library may keep it running."""
    found = blocking(program)
    if not found:
        return unknown("no endless loop and no call of a server was found")
    return known(True, *(Place(one.location, one.what) for one in found))


def sigterm_handling(program: Program) -> Fact[bool]:
    """Known where the program handles SIGTERM, absent where nothing in it does, unknown where that cannot be told."""
    undecided: Place | None = None
    for module in program.modules:
        for call in module.calls:
            installs = _installs(module, call) if program.counts(module, call.main_guard) else False
            if installs is False or not runs_in_main_process(program, call):
                continue
            if installs:
                return known(True, Place(call.location, "handles SIGTERM"))
            undecided = Place(call.location, "handles a signal that is not written out")
    for one in blocking(program):
        if one.handles_sigterm:
            return known(True, Place(one.location, f"{one.what} handles SIGTERM"))
        if one.handles_sigterm is None and not one.what.startswith("endless"):
            return unknown(f"what {one.what} does on SIGTERM is not known", Place(one.location, one.what))
    if undecided is not None:
        return unknown("a handler is set for a signal that is not written out", undecided)
    if any(
        one.module == "signal" and one.names == (("*", None),) for module in program.modules for one in module.imports
    ):
        return unknown("everything is imported from signal, and what is called by a bare name is not known")
    if program.may_mention("SIGTERM"):
        return unknown("modules are loaded by names that cannot be read, one of them may handle SIGTERM")
    return absent()


def own_handlers(program: Program) -> tuple[tuple[PythonFile, Call], ...]:
    """The calls with which the program itself, not a server in it, takes SIGTERM over."""
    return tuple(
        (module, call)
        for module in program.modules
        for call in module.calls
        if program.counts(module, call.main_guard) and _installs(module, call) and runs_in_main_process(program, call)
    )


def clean_up(program: Program) -> tuple[Place, ...]:
    """What the program would do on its way out, and does not where SIGTERM ends it at once."""
    places = [Place(call.location, "registers clean-up with atexit") for _, call in program.calls(*_CLEAN_UP_CALLS)]
    for one in blocking(program):
        for guard in one.guards:
            if guard == "try-finally":
                places.append(Place(one.location, "the loop has a finally block"))
            elif guard == "except KeyboardInterrupt":
                places.append(Place(one.location, "the loop is left on KeyboardInterrupt only"))
            elif guard.startswith("with "):
                places.append(Place(one.location, f"the loop runs inside {guard}"))
    return tuple(dict.fromkeys(places))


def interrupt_only(program: Program) -> bool:
    """Whether the program is written to be left by KeyboardInterrupt or SIGINT."""
    if any("except KeyboardInterrupt" in one.guards for one in blocking(program)):
        return True
    return any(
        any(part.value == "signal.SIGINT" for part in _signal_words(module, call))
        for module, call in program.calls("signal.signal", ".add_signal_handler")
    )


def _blocking_calls(program: Program, module: PythonFile) -> Iterator[Blocking]:
    threaded = in_threads(module)
    for call in module.calls:
        row = _row(programs()["calls"], call.name)
        if row is None or not program.counts(module, call.main_guard) or not _is_live(program, call.scope):
            continue
        if call.scope.rsplit(".", 1)[-1] in threaded:
            continue
        sigterm = row.get("sigterm")
        handles = None if sigterm is None else sigterm == "handles"
        if handles is False and "reloader" in row:
            handles = _with_reloader(module, call, row["reloader"])
        name = call.name.lstrip(".")
        yield Blocking(call.location, f"{name}()", handles, bool(row.get("serves")), call.guards, module)


def _with_reloader(module: PythonFile, call: Call, keywords: list[str]) -> bool | None:
    """Whether a development server runs with its reloader, whose parent process ends on SIGTERM (measured)."""
    values = {name: module.resolve(value, call.scope) for name, value in call.keywords}
    if None in dict(call.keywords) or any(name == "**" for name, _ in call.keywords):
        return None
    reloader = values.get("use_reloader")
    if reloader is not None:
        return bool(reloader.value) if reloader.kind == "const" else None
    debug = values.get(keywords[0])
    if debug is None:
        return False
    return bool(debug.value) if debug.kind == "const" else None


def _endless_loops(program: Program, module: PythonFile) -> Iterator[Blocking]:
    threaded = in_threads(module)
    for loop in module.loops:
        if loop.reads_input or not program.counts(module, loop.main_guard) or not _is_live(program, loop.scope):
            continue
        if loop.scope.rsplit(".", 1)[-1] in threaded or any(
            guard.startswith(("while", "for")) for guard in loop.guards
        ):
            continue
        if loop.kind == "while-true" and not loop.ends:
            yield Blocking(loop.location, "endless loop", None, False, loop.guards, module)
        elif loop.kind == "for" and not loop.ends and loop.iterable is not None and _is_endless(module, loop):
            yield Blocking(loop.location, "endless loop over messages", None, False, loop.guards, module)


def _is_endless(module: PythonFile, loop: Loop) -> bool:
    if loop.iterable is None:
        return False
    resolved = module.resolve(loop.iterable, loop.scope)
    if resolved.kind != "call" or not isinstance(resolved.value, str):
        return False
    row = _row(programs()["endless_iterables"], resolved.value)
    if row is None:
        return False
    stop = row.get("unless_keyword")
    return stop is None or not any(name in (stop, "**") for name, _ in resolved.keywords)


def _row(table: Mapping[str, Mapping[str, Any]], name: str) -> Mapping[str, Any] | None:
    if name in table and not name.startswith("_"):
        return table[name]
    return next((row for key, row in table.items() if key.startswith(".") and matches(name, key)), None)


def _is_live(program: Program, scope: str) -> bool:
    """Whether a function, by the last segment of its name, is called or passed on somewhere in the program."""
    if not scope:
        return True
    name = scope.rsplit(".", 1)[-1]
    return name in ("__init__", "__call__", "__main__", "run", "main") or program.uses(name)


def in_threads(module: PythonFile) -> frozenset[str]:
    """The functions that are the targets of threads: they do not keep the main thread from its signals."""
    return frozenset(
        str(value.value).rsplit(".", 1)[-1]
        for call in module.calls
        if any(matches(call.name, thread) for thread in _THREADS)
        for value in (*call.args, *(value for _, value in call.keywords))
        if value.kind == "name"
    )


def _installs(module: PythonFile, call: Call) -> bool | None:
    """Whether a call makes the program handle SIGTERM, None where the signal is not written out."""
    table = programs()["handlers"]
    if any(matches(call.name, name) for name in table["always"]):
        return True
    if not any(matches(call.name, name) for name in table["with_signal"]):
        return False
    words = list(_signal_words(module, call))
    if any(str(part.value) in _SIGTERM_NAMES for part in words if part.kind in ("name", "const")):
        return not _resets(module, call)
    # A parameter, a setting or getattr may be SIGTERM.
    first = module.resolve(call.args[0], call.scope) if call.args else None
    return False if first is None or all(_is_written_out(part) for part in _choices(first)) else None


def _choices(expression: Expr) -> tuple[Expr, ...]:
    return expression.args if expression.kind in ("choice", "tuple", "list", "set") else (expression,)


def _is_written_out(expression: Expr) -> bool:
    is_number = expression.kind == "const" and isinstance(expression.value, int)
    return is_number or (expression.kind == "name" and str(expression.value).startswith("signal.SIG"))


def _resets(module: PythonFile, call: Call) -> bool:
    if len(call.args) < 2:
        return False
    handler = module.resolve(call.args[1], call.scope)
    return handler.kind == "name" and str(handler.value) in ("signal.SIG_DFL", "signal.SIG_IGN")


def _signal_words(module: PythonFile, call: Call) -> Iterator[Expr]:
    named = tuple(value for keyword, value in call.keywords if keyword == "sig")
    for argument in (*call.args, *named) if call.name.endswith("open_signal_receiver") else (*call.args[:1], *named):
        yield from module.resolve(argument, call.scope).walk()


def runs_in_main_process(program: Program, call: Call) -> bool:
    """False for a handler set only in what a child process runs: its target, or the initializer of a pool."""
    if not call.scope:
        return True
    name = call.scope.rsplit(".", 1)[-1]
    in_child = False
    for module in program.modules:
        for one in module.calls:
            values = [value for keyword, value in one.keywords if keyword in _POOL_INITIALIZERS]
            if any(matches(one.name, pool) for pool in _POOLS):
                values.extend(one.args[1:3])
            if any(matches(one.name, child) for child in _CHILDREN):
                values.extend((*one.args[1:2], *(value for keyword, value in one.keywords if keyword == "target")))
            in_child = in_child or any(str(value.value).rsplit(".", 1)[-1] == name for value in values)
    is_called = re.compile(rf"(?<!def )\b{re.escape(name)}\s*\(")
    return not in_child or any(is_called.search(module.source.text) for module in program.modules)
