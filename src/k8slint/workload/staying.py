"""Which of a container's processes are Python that stays up."""

from __future__ import annotations

from k8slint.workload.process import Language, Process
from k8slint.workload.workload import Workload


def staying_python(workload: Workload) -> tuple[Process, ...]:
    """Every way the process may go that does not end by itself, where the program is Python or may be."""
    return tuple(
        process
        for process in workload.processes.or_else(())
        if process.entry.finite is not True
        and (process.entry.is_python or (process.entry.language is Language.UNKNOWN and bool(process.entry.words)))
    )
