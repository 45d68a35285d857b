"""What uses up a pod's grace period: its preStop hook, then what its server gives running work."""

from __future__ import annotations

from msgspec import Struct

from k8slint.workload.lifetime import sigterm_handling
from k8slint.workload.process import Process
from k8slint.workload.shutdown import Budget, pre_stop_seconds, shutdown_budget
from k8slint.workload.workload import Role, Workload


class ShortGrace(Struct, frozen=True):
    """A process that is killed before it has stopped: it has ``grace`` seconds, of which preStop takes ``before``.

    ``budget`` is what its server gives running work; None where nothing is left to give, as the grace period is 0 or
    the hook takes all of it.
    """

    process: Process
    grace: int
    before: float
    budget: Budget | None = None


def short_grace(workload: Workload) -> ShortGrace | None:
    """The first process of a pod whose grace period is too short, or just enough; None where another may be in time."""
    grace, before = workload.grace_seconds, pre_stop_seconds(workload)
    if workload.runs_to_completion or workload.role not in (Role.MAIN, Role.SIDECAR) or before.is_unknown:
        return None
    if not grace.is_known or not workload.stop_signal.is_known or workload.stop_signal.value != "SIGTERM":
        return None
    found = [_of_process(workload, process, grace.value, before.or_else(0)) for process in workload.python_processes]
    # Where the process may go several ways, one that is in time may be the one it goes.
    return found[0] if found and len(found) == len(workload.processes.value) and None not in found else None


def _of_process(workload: Workload, process: Process, grace: int, before: float) -> ShortGrace | None:
    if process.arrives is False or process.entry.finite is True:
        return None
    if grace == 0:  # Whether SIGTERM would arrive makes no difference: it is not sent.
        ends_well = process.entry.sigterm or _handles(workload, process)
        return ShortGrace(process, grace, before) if ends_well else None
    if process.arrives is not True:
        return None
    if before > 0 and before >= grace:
        return ShortGrace(process, grace, before)
    budget = shutdown_budget(workload, process)
    if not budget.is_known:
        return None
    seconds = budget.value.seconds
    is_short = workload.program(process).is_known if seconds is None else before + seconds >= grace
    return ShortGrace(process, grace, before, budget.value) if is_short else None


def _handles(workload: Workload, process: Process) -> bool:
    """Whether the program does something on SIGTERM."""
    program = workload.program(process)
    return program.is_known and sigterm_handling(program.value).is_known
