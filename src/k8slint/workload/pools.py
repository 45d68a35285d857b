"""Child processes that a program relies on itself to stop, and an init that signals them past it."""

from __future__ import annotations

from msgspec import Struct

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.models.python import Call, PythonFile
from k8slint.workload.knowledge import stopping
from k8slint.workload.lifetime import own_handlers
from k8slint.workload.process import Process, Step, StepKind
from k8slint.workload.program import Program
from k8slint.workload.workload import Workload

_POOLS = (
    "multiprocessing.Pool",
    "multiprocessing.pool.Pool",
    "multiprocessing.get_context.Pool",
    "billiard.Pool",
    "torch.multiprocessing.Pool",
)
_EXECUTORS = ("concurrent.futures.ProcessPoolExecutor", "concurrent.futures.process.ProcessPoolExecutor")
_START_METHOD = ("multiprocessing.set_start_method", "torch.multiprocessing.set_start_method")
_CONTEXT = "multiprocessing.get_context"
_EXITS = ("sys.exit", "exit", "quit", "SystemExit", "builtins.SystemExit", "os._exit")
_ASKS_WHERE = ("os.getpid", "multiprocessing.current_process")
POOL_CALLS = (*_POOLS, *_EXECUTORS, *_START_METHOD, _CONTEXT, *_EXITS, *_ASKS_WHERE)


class Children(Struct, frozen=True):
    """Processes that die of a SIGTERM of their own: what to call them, and what is lost with them.

    ``certain`` tells that work is lost whenever some is running.
    """

    name: str
    lost: str
    certain: bool
    places: tuple[Place, ...] = ()


def group_signal(workload: Workload, process: Process) -> Fact[Step]:
    """The init that sends the stop signal to its whole process group, absent where none does."""
    for step in process.steps:
        if step.kind is not StepKind.INIT or step.rewrites_to_interrupt:
            continue
        if step.name == "dumb-init" and step.group_signal:
            setting = workload.environment.get("DUMB_INIT_SETSID")
            if setting.is_unknown:
                return unknown(setting.reason)
            return absent(*setting.places) if setting.or_else("1").strip() == "0" else known(step)
        if step.group_signal:
            return known(step)
        if step.name.startswith("tini") and (setting := workload.environment.get("TINI_KILL_PROCESS_GROUP")).is_known:
            return known(step, *setting.places)
    return absent()


def children_at_risk(workload: Workload, process: Process) -> Fact[Children]:
    """The children that a SIGTERM to the whole process group takes from the program; absent where they cope."""
    entry = process.entry
    if entry.server:
        return _of_server(workload, process)
    program = workload.program(process)
    if not program.is_known:
        return unknown(program.reason)
    return _of_program(program.value)


def _of_server(workload: Workload, process: Process) -> Fact[Children]:
    entry = process.entry
    row = stopping()["group_signal"].get(entry.server)
    texts = [word.text for word in entry.words]
    if row is None or any(word not in texts for word in row.get("words", ())):
        return absent()
    if entry.option(*row.get("configured", ())) is not None or entry.may_have_more_options():
        return unknown("its settings are not known")
    chosen = entry.option(*row["option"])
    if chosen is not None:
        if chosen.text in row.get("fine_with", ()) or chosen.text not in row.get("breaks_with", [chosen.text]):
            return absent()
    elif "settings" in row:
        program = workload.program(process)
        if not program.is_known:
            return unknown("the application's settings are not in the repository")
        words = row["settings"]
        if any(word in module.source.text for module in program.value.modules for word in words):
            return unknown("the application may choose another pool")
        if any(program.value.may_mention(word) for word in words):
            return unknown("a module that is loaded by name may choose another pool")
    return known(Children(row["children"], row["lost"], row["severity"] == "error"))


def _of_program(program: Program) -> Fact[Children]:
    """A pool whose children end on SIGTERM, in a program that handles it itself.

    A forked child inherits what the parent has installed by then, and exits where that exits; a spawned one inherits
    nothing and keeps the default action. Without a handler in the
    parent everything ends at once, group or not.
    """
    handlers = own_handlers(program)
    if not handlers:
        return absent()
    spawns = any(_starts_fresh(call) for _, call in program.calls(*_START_METHOD))
    for module, call in program.calls(*_POOLS, *_EXECUTORS):
        if call.keyword("initializer") is not None or call.keyword("**") is not None or len(call.args) > 1:
            continue
        early = call.name in _POOLS and any(
            other.scope == call.scope
            and other.main_guard == call.main_guard
            and (call.location.line, call.location.column) < (other.location.line, other.location.column)
            for other_module, other in handlers
            if other_module is module
        )
        if early or spawns or _own_context(module, call):
            lost = "a process pool never gives the result back, and an executor raises BrokenProcessPool"
            how = "made before SIGTERM is handled" if early else "its processes are started afresh"
            name = f"the processes of {call.name.rsplit('.', 1)[-1]}"
            return known(Children(name, lost, False, (Place(call.location, how),)))
        # multiprocessing.Pool is no case of this: the parent, which leaves as well, ends its processes itself.
        if call.name in _EXECUTORS and all(_exits(other_module, other) for other_module, other in handlers):
            lost = "an executor gives SystemExit in place of the result, or raises BrokenProcessPool"
            exits = (Place(other.location, "the handler exits") for _, other in handlers)
            places = (Place(call.location, "its processes inherit the handler"), *exits)
            return known(Children("the processes of ProcessPoolExecutor", lost, False, places))
    return absent()


def _exits(module: PythonFile, installing: Call) -> bool:
    """Whether a handler that a call installs always leaves the process, in a forked child as in the parent."""
    handler = installing.args[1] if len(installing.args) > 1 else None
    if handler is None or handler.kind != "name":
        return False
    inside = [call for call in module.calls if call.scope == str(handler.value)]
    asks_where = any(call.name in _ASKS_WHERE for call in inside)
    return not asks_where and any(call.name in _EXITS and not call.guards for call in inside)


def _own_context(module: PythonFile, call: Call) -> bool:
    context = call.keyword("mp_context")
    if context is None:
        return False
    made = module.resolve(context, call.scope)
    method = made.args[0].value if made.kind == "call" and made.value == _CONTEXT and made.args else None
    return method in ("spawn", "forkserver")


def _starts_fresh(call: Call) -> bool:
    return bool(call.args) and call.args[0].value in ("spawn", "forkserver")
