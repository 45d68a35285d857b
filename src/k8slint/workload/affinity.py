"""Where a program asks which processors it may run on, and takes the answer for its CPU limit."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.python import PythonFile
from k8slint.workload.cores import count_is_overridden
from k8slint.workload.detail import calls_around
from k8slint.workload.workload import Workload

_OF_SCHEDULER = ("os.sched_getaffinity", "psutil.Process.cpu_affinity")
_OVERRIDDEN = "os.process_cpu_count"
_QUOTA = ("cpu.max", "cfs_quota", "CPU_LIMIT", "loky")
# Calls that take the number as it is: what sizes a pool by it is another fault.
_POOLS = ("pool", "executor", "cluster", "loader", "parallel")


class AffinityRead(Struct, frozen=True):
    """One such question, as it is spelled."""

    written: str
    location: Location


def affinity_calls() -> tuple[str, ...]:
    """The names of all calls that the model needs to see."""
    return (*_OF_SCHEDULER, _OVERRIDDEN)


def affinity_reads(workload: Workload) -> Iterator[AffinityRead]:
    """Those in code that is used; none in a program that knows the quota, or sets its own affinity."""
    for process, program in workload.programs():
        texts = [module.source.text for module in program.modules]
        if any(word in text for word in (*_QUOTA, "sched_setaffinity") for text in texts) or not program.complete:
            continue
        overridden = count_is_overridden(workload, process)
        for module, call in program.calls(*affinity_calls()):
            if (call.name == _OVERRIDDEN and overridden) or not program.reaches(module, call.scope):
                continue
            sets = call.name == "psutil.Process.cpu_affinity" and (call.args or call.keywords)
            if not sets and not _sizes_a_pool(module, call.location):
                yield AffinityRead(f"{call.name}()", call.location)


def _sizes_a_pool(module: PythonFile, at: Location) -> bool:
    return any(word in call.name.lower() for call in calls_around(module, at) for word in _POOLS)
