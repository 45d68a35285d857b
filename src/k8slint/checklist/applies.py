"""Which workloads a row of the checklist concerns: absent where it does not, unknown where nobody can tell."""

from __future__ import annotations

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.workload.children import orphans
from k8slint.workload.concurrency import concurrency
from k8slint.workload.pools import children_at_risk
from k8slint.workload.slow_start import slow_work
from k8slint.workload.traffic import balanced_by
from k8slint.workload.workload import Role, Workload

_YES = known(True)
_MIGRATIONS = ("migrate", "migration", "upgrade")


def always(workload: Workload) -> Fact[bool]:
    return _YES


def in_cluster(workload: Workload) -> Fact[bool]:
    return absent() if workload.container is None else _YES


def long_running(workload: Workload) -> Fact[bool]:
    return absent() if workload.runs_to_completion else _YES


def ends(workload: Workload) -> Fact[bool]:
    return _YES if workload.runs_to_completion else absent()


def served(workload: Workload) -> Fact[bool]:
    """Whether requests reach the container: through a Service, or at a port that a server of its own declares."""
    if workload.role in (Role.INIT, Role.IMAGE) or workload.runs_to_completion:
        return absent()
    if workload.served_by.is_unknown:
        return unknown(f"whether a Service sends it requests: {workload.served_by.reason}")
    has_ports = workload.container is not None and bool(workload.container.ports)
    serves = has_ports and any(process.entry.serves for process in workload.python_processes)
    return _YES if workload.served_by.is_known or serves else absent()


def balanced(workload: Workload) -> Fact[bool]:
    """Whether a Service spreads requests over the pods."""
    if workload.role is Role.MAIN and balanced_by(workload):
        return _YES
    return served(workload) if workload.served_by.is_unknown else absent()


def cpu_limited(workload: Workload) -> Fact[bool]:
    return _limited(workload, "cpu")


def memory_limited(workload: Workload) -> Fact[bool]:
    return _limited(workload, "memory")


def _limited(workload: Workload, resource: str) -> Fact[bool]:
    limit = workload.quantity("limits", resource)
    if limit.is_unknown:
        return unknown(f"limits.{resource}: {limit.reason}")
    return _YES if limit.is_known else absent()


def with_liveness(workload: Workload) -> Fact[bool]:
    probe = workload.probe("livenessProbe")
    return unknown(f"livenessProbe: {probe.reason}") if probe.is_unknown else (_YES if probe.is_known else absent())


def starts_children(workload: Workload) -> Fact[bool]:
    """Whether the program starts processes: workers of a server, a pool, or commands."""
    several = several_workers(workload)
    if several.is_known or several.is_unknown:
        return several
    for process, program in workload.programs():
        if orphans(program, workload.shell):
            return _YES
        if process is not None and children_at_risk(workload, process).is_known:
            return _YES
    return absent()


def several_workers(workload: Workload) -> Fact[bool]:
    """Whether the program's server or pool starts more than one process in the container."""
    if workload.processes.is_unknown:
        return unknown(f"the process: {workload.processes.reason}")
    for process in workload.python_processes:
        program = workload.program(process)
        declared = concurrency(workload, process, program.value if program.is_known else None)
        if declared.is_unknown:
            return unknown(f"the number of processes: {declared.reason}")
        if declared.is_known and (declared.value.workers is None or declared.value.workers > 1):
            return known(True, *declared.value.places)
    return absent()


def several_processes(workload: Workload) -> Fact[bool]:
    """Whether more than one process of the program runs at once, in this pod or in others."""
    pods = workload.replica_range
    if pods.is_known and pods.value.most > 1:
        return _YES
    workers = several_workers(workload)
    if workers.is_known or not pods.is_unknown or workload.container is None:
        return workers
    return unknown(f"the number of pods: {pods.reason}")


def singleton(workload: Workload) -> Fact[bool]:
    """Whether the container does what must be done once: a scheduler's work, or migrations."""
    if workload.processes.is_unknown:
        return unknown(f"the process: {workload.processes.reason}")
    for process in workload.python_processes:
        words = [word.text for word in process.entry.words]
        if "beat" in words or "-B" in words:
            return _YES
    for work in slow_work(workload):
        if any(word in work.what for word in _MIGRATIONS):
            return known(True, Place(work.location, work.what))
    return absent()
