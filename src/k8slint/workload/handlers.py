"""What a program's own handlers for SIGTERM do, and whether that ends it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.python import Call, PythonFile
from k8slint.models.python_handlers import HandlerBody, handler_body
from k8slint.workload.detail import in_full
from k8slint.workload.lifetime import blocking, in_threads, own_handlers
from k8slint.workload.program import Program

_NEVER_CAUGHT = ("signal.SIGKILL", "signal.SIGSTOP")


class SignalHandler(Struct, frozen=True):
    """A handler of the program's own: the call that installs it, its name, and what it does (None: not known)."""

    module: PythonFile
    call: Call
    name: str
    body: HandlerBody | None


class Inert(Struct, frozen=True):
    """A handler that does not end the program: ``why`` is the end of a sentence about ``name``."""

    location: Location
    name: str
    why: str


def handlers_of(program: Program) -> tuple[SignalHandler, ...]:
    """The handlers for SIGTERM that the program installs itself."""
    return tuple(_handler(module, call) for module, call in own_handlers(program))


def _handler(module: PythonFile, call: Call) -> SignalHandler:
    given = module.resolve(call.args[1], call.scope) if len(call.args) > 1 else call.keyword("handler")
    name = str(given.value) if given is not None and given.kind == "name" else ""
    last = name.rpartition(".")[2]
    body = handler_body(module.source, last) if last else None
    return SignalHandler(module, call, last, body)


def flags_only(program: Program) -> tuple[SignalHandler, ...]:
    """The handlers, where all of them only set something that a loop has to look at."""
    found = handlers_of(program)
    is_only = [
        one.body is not None and bool(one.body.sets) and not one.body.ends and not one.body.does_more for one in found
    ]
    return found if found and all(is_only) else ()


def inert_handlers(program: Program) -> Iterator[Inert]:
    """The handlers, where none of them ends a program that stays up; where one may, nothing."""
    if not blocking(program) or any(one.handles_sigterm for one in blocking(program)):
        return
    found = [(one, _why(program, one)) for one in handlers_of(program)]
    if all(why for _, why in found):
        for one, why in found:
            yield Inert(one.call.location, one.name, why)


def hard_exits(program: Program) -> Iterator[SignalHandler]:
    """Handlers that leave at once, past every clean-up."""
    yield from (one for one in handlers_of(program) if one.body is not None and one.body.hard)


def never_installed(program: Program) -> Iterator[Inert]:
    """Calls that raise instead of installing a handler: for a signal that cannot be caught, or in a thread."""
    for module, call in program.calls("signal.signal"):
        if call.scope.rpartition(".")[2] in in_threads(module) and "main_thread" not in module.source.text:
            yield Inert(call.location, "signal.signal()", "is called in a thread, where it raises ValueError")
            continue
        first = module.resolve(call.args[0], call.scope) if call.args else None
        if first is not None and first.kind == "name" and str(first.value) in _NEVER_CAUGHT:
            guarded = any(guard.startswith("except") for guard in call.guards)
            if not guarded:
                name = str(first.value).rpartition(".")[2]
                yield Inert(call.location, name, "cannot be caught, the call raises OSError")


def _why(program: Program, one: SignalHandler) -> str:
    """Why a handler does not end the program, "" where it may."""
    body = one.body
    if body is None or body.ends or body.does_more:
        return ""
    if any(_is_read(program, name) for name in body.sets):
        return ""
    if body.sets:
        return f"sets {body.sets[0]}, which nothing looks at"
    tested = {str(part.value) for loop in one.module.loops if loop.condition for part in loop.condition.walk()}
    for name in body.local:
        if name in tested:
            return f"sets a variable {name} of its own: without `global {name}` the loop never sees it"
    return "changes nothing that the program looks at"


def _is_read(program: Program, name: str) -> bool:
    return any(name in in_full(module).names_used for module in program.modules if name in module.source.text)
