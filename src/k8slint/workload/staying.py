"""Which of a container's processes are Python that stays up."""

from __future__ import annotations

from k8slint.workload.lifetime import stays_up
from k8slint.workload.process import Language, Process
from k8slint.workload.workload import Role, Workload


def staying_python(workload: Workload) -> tuple[Process, ...]:
    """Every way the process may go that does not end by itself, where the program is Python or may be."""
    return tuple(
        process
        for process in workload.processes.or_else(())
        if process.entry.finite is not True
        and (process.entry.is_python or (process.entry.language is Language.UNKNOWN and bool(process.entry.words)))
        and not _may_be_a_job(workload, process)
    )


def _may_be_a_job(workload: Workload, process: Process) -> bool:
    """Whether neither a manifest nor the project's own program says that it stays up: it may do its work and end."""
    if workload.role is not Role.IMAGE or process.entry.server or process.entry.finite is False:
        return False
    program = workload.program(process)
    return program.is_known and not stays_up(program.value).is_known
