"""A pool of processes takes its size from the node."""

from collections.abc import Callable, Iterator

from k8slint import (
    COUNTS,
    Call,
    Confidence,
    Finding,
    Process,
    PythonFile,
    Related,
    Role,
    Rule,
    Severity,
    Workload,
    node_count,
)

# The pools, with the keyword and position of their size, and whether leaving it out means one worker per processor.
POOLS: dict[str, tuple[str, int, bool]] = {
    "multiprocessing.Pool": ("processes", 0, True),
    "multiprocessing.pool.Pool": ("processes", 0, True),
    "multiprocessing.get_context.Pool": ("processes", 0, True),
    "multiprocess.Pool": ("processes", 0, True),
    "billiard.Pool": ("processes", 0, True),
    "torch.multiprocessing.Pool": ("processes", 0, True),
    "concurrent.futures.ProcessPoolExecutor": ("max_workers", 0, True),
    "concurrent.futures.process.ProcessPoolExecutor": ("max_workers", 0, True),
    "concurrent.futures.ThreadPoolExecutor": ("max_workers", 0, False),
    "concurrent.futures.thread.ThreadPoolExecutor": ("max_workers", 0, False),
    "multiprocessing.pool.ThreadPool": ("processes", 0, False),
    "multiprocessing.dummy.Pool": ("processes", 0, False),
    "dask.distributed.LocalCluster": ("n_workers", 0, False),
    "distributed.LocalCluster": ("n_workers", 0, False),
    "torch.utils.data.DataLoader": ("num_workers", 5, False),
}
THREADS = ("ThreadPoolExecutor", "ThreadPool", "multiprocessing.dummy.Pool")


def check(workload: Workload) -> Iterator[Finding]:
    for process, program in workload.programs():
        for module, call in program.calls(*POOLS):
            size = _node_sized(workload, process, module, call)
            if size is not None:
                yield _finding(workload, call, size)


def _node_sized(workload: Workload, process: Process | None, module: PythonFile, call: Call) -> str | None:
    """How the size of a pool depends on the node, None where it does not, or where that is not known."""
    keyword, position, node_by_default = POOLS[call.name]
    size = call.keyword(keyword)
    if size is None and len(call.args) > position:
        size = call.args[position]
    if size is not None and size.kind == "const" and size.value is None:
        size = None
    if _count_is_overridden(workload, process):
        return None
    if size is None:
        unpacked = any(name == "**" for name, _ in call.keywords)
        return "without a size" if node_by_default and not unpacked else None
    found = node_count(module, size, call.scope, _setting(workload, process))
    return f"sized by {found.written}" if found is not None else None


def _setting(workload: Workload, process: Process | None) -> Callable[[str], bool | None]:
    return workload.environment.is_set


def _count_is_overridden(workload: Workload, process: Process | None) -> bool:
    """PYTHON_CPU_COUNT replaces the count on Python 3.13 and later; below it has no effect, but someone meant it."""
    return workload.environment.get("PYTHON_CPU_COUNT", process).is_known


def _finding(workload: Workload, call: Call, size: str) -> Finding:
    limit = workload.quantity("limits", "cpu")
    kind = call.name.rsplit(".", 1)[-1]
    threads = call.name.endswith(THREADS)
    things = "threads" if threads else "processes"
    fix = (
        "give the size explicitly, from an environment variable that the manifest fills "
        "(resourceFieldRef: limits.cpu rounds up)"
    )
    if limit.is_known:
        related = tuple(Related(place.location, f"limits.cpu is {limit.value.text}") for place in limit.places)
        message = (
            f"{kind} {size} starts one of its {things} per processor of the node: 16 on a 16-core node against "
            f"limits.cpu {limit.value.text} of {workload.label}. {_stall(limit.value.value)}"
        )
        return Finding(
            RULE, call.location, message, fix, related, Severity.INFO if threads else Severity.WARNING, pedantic=threads
        )
    message = (
        f"{kind} {size} starts one of its {things} per processor of the node, whatever CPU limit the container gets"
    )
    if limit.is_absent:
        return Finding(RULE, call.location, message, fix, (), Severity.INFO, pedantic=True)
    confidence = Confidence.MEDIUM if workload.role is Role.IMAGE else Confidence.LOW
    return Finding(
        RULE,
        call.location,
        message,
        fix,
        (),
        Severity.INFO if threads else Severity.WARNING,
        confidence,
        pedantic=threads,
    )


def _stall(limit: float) -> str:
    """The share of each 100 ms period that a busy pool stands still: 100 ms x (1 - limit / runnable processes)."""
    return f"When all are busy the container stands still {100 * (1 - min(limit, 16) / 16):.0f} ms of every 100 ms"


RULE = Rule(
    "pool-sized-by-node",
    "A pool of processes takes its size from the node, not from the CPU limit",
    Severity.WARNING,
    Workload,
    check,
    calls=(*POOLS, *COUNTS),
)
