"""What must be known of a workload's processes, CPU and memory, with the sums that the checklist shows."""

from __future__ import annotations

from collections.abc import Iterator

from k8slint.workload.concurrency import concurrency
from k8slint.workload.libraries import declared_threads, footprint, master_mib
from k8slint.workload.quota import stalled_ms
from k8slint.workload.shares import Share, shares
from k8slint.workload.workload import Workload

_MIB = 1024 * 1024
_HEADROOM = 1.6
_SECTIONS = (("requests", "cpu"), ("requests", "memory"), ("limits", "memory"))


def processes(workload: Workload) -> Iterator[str]:
    """What the container runs."""
    if not workload.processes.is_known:
        yield f"the process: {workload.processes.reason or 'nothing says what runs'}"


def programs(workload: Workload) -> Iterator[str]:
    """The Python program of every process."""
    for process in workload.processes.or_else(()):
        program = workload.program(process)
        if not program.is_known:
            what = process.entry.name
            yield f"the program of {what}: {program.reason or 'it is not Python of the repository'}"


def whole_program(workload: Workload) -> Iterator[str]:
    """Every module that the program may load."""
    yield from processes(workload)
    yield from programs(workload)
    for _, program in workload.programs():
        if not program.complete:
            yield f"what {program.entry.path} imports: modules are loaded by names that cannot be read"


def sizes(workload: Workload) -> Iterator[str]:
    """The number of processes, and that no other part of the program sizes itself."""
    yield from whole_program(workload)
    for process in workload.python_processes:
        program = workload.program(process)
        declared = concurrency(workload, process, program.value if program.is_known else None)
        if declared.is_unknown:
            yield f"the number of processes: {declared.reason}"
        elif declared.is_known and declared.value.workers is None:
            yield "the number of processes follows the node"


def demand(workload: Workload) -> Iterator[str]:
    """The processes that share the CPU limit."""
    yield from processes(workload)
    found = shares(workload, "cpu")
    if found.is_unknown:
        yield f"the demand: {found.reason}"


def memory(workload: Workload) -> Iterator[str]:
    """The memory of each process, as far as its libraries were measured."""
    yield from processes(workload)
    found = shares(workload, "memory")
    if found.is_unknown:
        yield f"the memory of all processes: {found.reason}"
    for share in found.or_else(()):
        if share.program is None:
            yield f"what {share.process.entry.name} imports: its program was not read"
        elif footprint(share.program, share.process.entry.server).is_absent:
            yield f"the memory of {share.process.entry.name}: what it imports was not measured"


def resources(workload: Workload) -> Iterator[str]:
    """The requests and the memory limit."""
    for section, resource in _SECTIONS:
        found = workload.quantity(section, resource)
        if found.is_unknown:
            yield f"{section}.{resource}: {found.reason}"


def cpu_sum(workload: Workload) -> str:
    """``2 processes of 4 threads on 0.5 CPUs``: what is busy at once against the limit."""
    lines = dict.fromkeys(_cpu(workload, share) for share in shares(workload, "cpu").or_else(()))
    return "; ".join(lines)


def _cpu(workload: Workload, share: Share) -> str:
    limit = workload.quantity("limits", "cpu").value.value
    threads = declared_threads(workload, share.process, share.program).or_else(1) if share.program is not None else 1
    stalled = stalled_ms(limit, share.workers * threads)
    stall = f", stands still {stalled:.3g} of every 100 ms when all are busy" if stalled else ""
    return f"{share.workers * threads} busy of {limit:g} CPU{'s' if limit != 1 else ''}{stall}"


def memory_sum(workload: Workload) -> str:
    """``424 of 1024 MiB, 678 with headroom``: what the processes hold before there is work, against the limit."""
    lines = dict.fromkeys(_memory(workload, share) for share in shares(workload, "memory").or_else(()))
    return "; ".join(one for one in lines if one)


def _memory(workload: Workload, share: Share) -> str:
    server = share.process.entry.server
    costs = footprint(share.program, server) if share.program is not None else None
    if costs is None or not costs.is_known:
        return ""
    limit = workload.quantity("limits", "memory").value.value / _MIB
    master = master_mib(server, costs.value) if share.concurrency.has_master else 0
    whole = master + share.workers * costs.value.mib
    return f"{whole:.0f} of {limit:.0f} MiB, {_HEADROOM * whole:.0f} with headroom"
