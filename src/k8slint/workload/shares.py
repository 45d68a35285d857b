"""How the processes that a container may run share one of its limits."""

from __future__ import annotations

from msgspec import Struct

from k8slint.fact import Fact, known, unknown
from k8slint.workload.concurrency import Concurrency, concurrency
from k8slint.workload.process import Process
from k8slint.workload.program import Program
from k8slint.workload.workload import Workload


class Share(Struct, frozen=True):
    """One way the container's process may go, with what it starts; ``program`` is None where it was not read.

    ``concurrency`` is one process where the program declares no others, and ``workers`` its number.
    """

    process: Process
    program: Program | None
    concurrency: Concurrency
    workers: int


def shares(workload: Workload, resource: str) -> Fact[tuple[Share, ...]]:
    """Every way the process may go, where all of them are Python with a known number of processes.

    Unknown where the container has no limit of ``resource`` ("cpu", "memory"), or where one of these cannot be told.
    """
    limit = workload.quantity("limits", resource)
    if not workload.python.or_else(False) or not limit.is_known or not limit.value.value:
        return unknown("the container is not known to be Python with a limit")
    found = []
    for process in workload.processes.or_else(()):
        share = _share(workload, process) if process.entry.is_python else None
        if share is None:
            return unknown("how many processes it starts is not known")
        found.append(share)
    return known(tuple(found))


def _share(workload: Workload, process: Process) -> Share | None:
    program = workload.program(process)
    read = program.value if program.is_known else None
    declared = concurrency(workload, process, read)
    if declared.is_unknown:
        return None
    shared = declared.or_else(Concurrency(1, "process"))
    return None if shared.workers is None else Share(process, read, shared, shared.workers or 1)
