"""What keeps a program up: a loop or a call that does not return, else what its controller and its handlers tell."""

from __future__ import annotations

from collections.abc import Iterator

from k8slint.models.python import Call, PythonFile
from k8slint.workload.lifetime import Blocking, blocking, runs_in_main_process
from k8slint.workload.program import Program
from k8slint.workload.workload import Role, Workload

INTERRUPT = "a handler for SIGINT alone"
# These start a program again that ends, so one that they run is meant to stay up.
_RUN_FOR_EVER = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")


def kept_up(workload: Workload, program: Program) -> tuple[Blocking, ...]:
    """What shows that a program stays up, nothing where that is not known.

    Where no loop and no server is seen, a handler for SIGINT does: of a program that a Deployment runs, and that is
    written to go on until somebody interrupts it. A library that waits for it and took SIGTERM would take SIGINT, too.
    """
    found = blocking(program)
    owner = workload.owner
    if found or owner is None or owner.kind not in _RUN_FOR_EVER or workload.role is not Role.MAIN:
        return found
    return tuple(
        Blocking(call.location, INTERRUPT, None, False, call.guards, module)
        for module, call in _interrupt_handlers(program)
    )


def _interrupt_handlers(program: Program) -> Iterator[tuple[PythonFile, Call]]:
    for module, call in program.calls("signal.signal", ".add_signal_handler"):
        first = module.resolve(call.args[0], call.scope) if call.args else None
        second = module.resolve(call.args[1], call.scope) if len(call.args) > 1 else None
        is_ignored = second is None or (second.kind == "name" and str(second.value).startswith("signal."))
        is_interrupt = first is not None and first.kind == "name" and first.value == "signal.SIGINT"
        if is_interrupt and not is_ignored and runs_in_main_process(program, call):
            yield module, call
