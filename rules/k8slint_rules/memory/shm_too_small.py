"""A program needs more of /dev/shm than the 64 MiB that a container gets."""

from collections.abc import Iterator

from k8slint import (
    Finding,
    Needs,
    Process,
    Program,
    Related,
    Rule,
    Severity,
    SharedMemoryUse,
    Workload,
    shared_memory_calls,
    shared_memory_size,
    shared_memory_uses,
)

DEFAULT = 64 * 1024 * 1024
FIX = "mount an emptyDir with medium: Memory and a sizeLimit at /dev/shm; what is in it counts against the memory limit"


def check(workload: Workload) -> Iterator[Finding]:
    size = shared_memory_size(workload)
    if size.is_unknown or size.or_else(0) > DEFAULT or not workload.python.or_else(False):
        return
    programs: list[tuple[Process | None, Program | None]] = [*workload.programs()]
    if not programs:
        programs = [(process, None) for process in workload.python_processes]
    for process, program in programs:
        for use in dict.fromkeys(shared_memory_uses(workload, process, program)):
            yield _finding(workload, use)


def _finding(workload: Workload, use: SharedMemoryUse) -> Finding:
    size = shared_memory_size(workload)
    given = f"{size.value / 1024 / 1024:.0f} MiB" if size.is_known else "64 MiB, the default"
    message = f"{use.what} through /dev/shm, which is {given} in {workload.label}: expect {use.symptom}"
    related = [Related(use.location, use.what)]
    related += [Related(place.location, place.note) for place in size.places]
    location = size.places[0].location if size.places else workload.location
    severity = Severity.ERROR if use.is_heavy else Severity.WARNING
    return Finding(RULE, location or use.location, message, FIX, tuple(related), severity)


RULE = Rule(
    "shm-too-small",
    "The program needs more shared memory than a container gets",
    Severity.ERROR,
    Workload,
    check,
    calls=shared_memory_calls(),
    needs=(Needs.KUBERNETES, Needs.PYTHON),
)
