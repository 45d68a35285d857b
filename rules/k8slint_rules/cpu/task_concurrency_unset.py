"""A task worker starts one process per processor of the node."""

from collections.abc import Iterator
from math import ceil

from k8slint import (
    Finding,
    Options,
    Process,
    Related,
    Repair,
    Rule,
    Safety,
    Severity,
    Workload,
    celery_processes,
    count_is_overridden,
    stalled_ms,
)

# The memory that one idle prefork child of Celery adds to its parent's, measured with four under one master.
CHILD_MIB = 16
FIX = "give the number: --concurrency 2, the CPU limit rounded up; from Celery 5.7 on, -c auto reads the limit"
FIX_DRAMATIQ = "give the number: --processes 2, the CPU limit rounded up"


def check(workload: Workload) -> Iterator[Finding]:
    for celery in celery_processes(workload):
        pool = celery.setting("worker_pool")
        is_prefork = pool.is_absent or pool.or_else("") in ("prefork", "processes")
        unset = all(celery.setting(name).is_absent for name in ("worker_concurrency", "worker_autoscale"))
        if celery.command == "worker" and is_prefork and unset and not count_is_overridden(workload, celery.process):
            yield _finding(workload, celery.process, "celery worker has no --concurrency", FIX, CHILD_MIB)
    for process in workload.python_processes:
        if process.entry.server == "dramatiq" and _counts_cores(workload, process):
            what = "dramatiq has no --processes"
            yield _finding(workload, process, what, FIX_DRAMATIQ, None)


def _counts_cores(workload: Workload, process: Process) -> bool:
    is_known = all(word.text is not None for word in process.entry.words)
    given = process.entry.option("-p", "--processes") is not None
    return is_known and not given and not count_is_overridden(workload, process)


def _repair(workload: Workload, process: Process, option: str) -> Repair | None:
    """As many processes as the CPU limit lets run."""
    cpu, last = workload.quantity("limits", "cpu"), process.entry.last_word
    if not cpu.is_known or last is None:
        return None
    number = max(1, ceil(cpu.value.value))
    options = Options(last.location, last.written, (option, str(number)))
    return Repair(f"start {number}, as the CPU limit has it", Safety.UNSAFE, (options,))


def _finding(workload: Workload, process: Process, what: str, fix: str, child: int | None) -> Finding:
    message = f"{what}: it starts one process per processor of the node, 16 on a node with 16"
    memory, cpu = workload.quantity("limits", "memory"), workload.quantity("limits", "cpu")
    related: list[Related] = []
    if memory.is_known:
        related.extend(Related(place.location, f"limits.memory {memory.value.text}") for place in memory.places)
        if child is not None:
            message += f", at least {16 * child} MiB before the first task against limits.memory {memory.value.text}"
    if cpu.is_known:
        related.extend(Related(place.location, f"limits.cpu {cpu.value.text}") for place in cpu.places)
        stall = stalled_ms(cpu.value.value, 16)
        if stall:
            message += (
                f"; with 16 tasks busy on limits.cpu {cpu.value.text} of {workload.label} the container stands still "
                f"{stall:.0f} ms of every 100 ms"
            )
    if not related:
        message += ", whatever the container is given, and each costs memory"
    severity = Severity.ERROR if related else Severity.WARNING
    repair = _repair(workload, process, "--concurrency" if child is not None else "--processes")
    return Finding(RULE, process.entry.location, message, fix, tuple(related), severity, repair=repair)


RULE = Rule(
    "task-concurrency-unset",
    "A task worker starts one process per processor of the node",
    Severity.ERROR,
    Workload,
    check,
    fixable=Safety.UNSAFE,
)
