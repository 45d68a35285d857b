"""Programs that stay up and do nothing on SIGTERM, and what a stop of the container does to them."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from msgspec import Struct

from k8slint.fact import Place
from k8slint.workload.kept_up import kept_up
from k8slint.workload.lifetime import Blocking, clean_up, interrupt_only, sigterm_handling
from k8slint.workload.process import Process, StepKind
from k8slint.workload.program import Program
from k8slint.workload.workload import Role, Workload

# What else runs would keep the program from ending, or would have to be ended too.
CHILD_STARTS = (
    "threading.Thread",
    "threading.Timer",
    "multiprocessing.Process",
    "multiprocessing.Pool",
    "concurrent.futures.ThreadPoolExecutor",
    "concurrent.futures.ProcessPoolExecutor",
)


class OnStop(Enum):
    """What becomes of a program that leaves SIGTERM to the kernel."""

    ENDS = "ends at once"
    IGNORES = "is PID 1 and ignores it"
    NEVER_HEARS = "gets no signal"
    EITHER = "ends at once or ignores it"
    NOT_STARTED_HERE = "nothing tells how it is started"


class UnhandledSigterm(Struct, frozen=True):
    """One such program: ``staying`` is what keeps it running, the first is where it is most of its time.

    ``skipped`` is what it would do on its way out. ``is_lone_loop`` tells that an endless loop is all that runs.
    """

    on_stop: OnStop
    staying: tuple[Blocking, ...]
    skipped: tuple[Place, ...]
    is_lone_loop: bool


def unhandled_sigterms(workload: Workload) -> Iterator[UnhandledSigterm]:
    """The programs of a workload that are not run by a server; none that end at once with nothing to do before."""
    if not _is_stopped_by_sigterm(workload):
        return
    for process, program in workload.programs():
        if process is not None and process.entry.server:
            continue
        staying = kept_up(workload, program)
        if not staying or _handles_stop(workload, process, program):
            continue
        skipped = clean_up(program)
        if process is not None and not skipped and _may_end_at_once(workload, process):
            continue
        is_lone_loop = len(staying) == 1 and staying[0].what == "endless loop" and not any(program.calls(*CHILD_STARTS))
        yield UnhandledSigterm(_on_stop(workload, process), staying, skipped, is_lone_loop)


def deaf_servers(workload: Workload) -> Iterator[Process]:
    """The processes whose server ignores SIGTERM, or never gets it, and is killed when the grace period is over."""
    if not _is_stopped_by_sigterm(workload) or workload.role is Role.PROGRAM or workload.runs_to_completion:
        return
    for process in workload.python_processes:
        if process.entry.server and process.entry.sigterm is False and not _may_end_at_once(workload, process):
            yield process


def _is_stopped_by_sigterm(workload: Workload) -> bool:
    """Another stop signal has another handler, or is SIGINT, which Python turns into KeyboardInterrupt."""
    return workload.stop_signal.is_known and workload.stop_signal.value == "SIGTERM"


def _handles_stop(workload: Workload, process: Process | None, program: Program) -> bool:
    """Whether a program does something on the signal that it gets, or may for all that is known."""
    # A preStop hook may send SIGINT; dumb-init can turn SIGTERM into it.
    by_hook = workload.pre_stop and interrupt_only(program)
    rewritten = process is not None and any(step.rewrites_to_interrupt for step in process.steps)
    return bool(by_hook) or rewritten or not sigterm_handling(program).is_absent


def _on_stop(workload: Workload, process: Process | None) -> OnStop:
    if process is None:
        return OnStop.NOT_STARTED_HERE
    if _ends_at_once(workload, process) or (process.arrives and not process.entry_is_pid1):
        return OnStop.ENDS
    if process.entry_is_pid1:
        return OnStop.IGNORES
    return OnStop.NEVER_HEARS if process.arrives is False else OnStop.EITHER


def _ends_at_once(workload: Workload, process: Process) -> bool:
    """Whether nothing of ours is PID 1, so that a signal which nobody handles is not ignored."""
    first = process.pid1
    return workload.shares_process_namespace or (first is not None and first.kind is StepKind.INIT)


def _may_end_at_once(workload: Workload, process: Process) -> bool:
    return _ends_at_once(workload, process) or not (process.entry_is_pid1 or process.arrives is False)
