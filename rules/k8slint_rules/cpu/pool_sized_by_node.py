"""A pool of processes takes its size from the node."""

from collections.abc import Callable, Iterator
from math import ceil

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
    "concurrent.futures.ThreadPoolExecutor": ("max_workers", 0, True),
    "concurrent.futures.thread.ThreadPoolExecutor": ("max_workers", 0, True),
    "multiprocessing.pool.ThreadPool": ("processes", 0, True),
    "multiprocessing.dummy.Pool": ("processes", 0, True),
    "dask.distributed.LocalCluster": ("n_workers", 0, False),
    "distributed.LocalCluster": ("n_workers", 0, False),
    "torch.utils.data.DataLoader": ("num_workers", 5, False),
}
THREADS = ("ThreadPoolExecutor", "ThreadPool", "multiprocessing.dummy.Pool")
FIX = (
    "give the size explicitly, from an environment variable that the manifest fills "
    "(resourceFieldRef: limits.cpu rounds up)"
)


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
    if size is None or (size.kind == "const" and size.value is None):
        unpacked = any(name == "**" for name, _ in call.keywords)
        return "without a size" if node_by_default and not unpacked and not _is_overridden(workload, process) else None
    found = node_count(module, size, call.scope, _is_set(workload, process))
    if found is None:
        return None
    follows = found.written.endswith("cpu_count()") and not found.written.startswith("psutil")
    if follows and _is_overridden(workload, process):
        return None
    parts = module.resolve(size, call.scope).walk()
    is_part = any(part.kind == "binary" and part.value in ("-", "/", "//") for part in parts)
    return f"sized by {'a part of ' if is_part else ''}{found.written}"


def _is_set(workload: Workload, process: Process | None) -> Callable[[str], bool | None]:
    def is_set(name: str) -> bool | None:
        found = workload.environment.get(name, process)
        return None if found.is_unknown else found.is_known

    return is_set


def _is_overridden(workload: Workload, process: Process | None) -> bool:
    """PYTHON_CPU_COUNT replaces the count on Python 3.13 and later; below it has no effect, but someone meant it."""
    count = workload.environment.get("PYTHON_CPU_COUNT", process)
    container, stage = workload.container, workload.stage
    named = container is not None and any(one.name == "PYTHON_CPU_COUNT" for one in container.env)
    return count.is_known or named or (stage is not None and "PYTHON_CPU_COUNT" in stage.env)


def _finding(workload: Workload, call: Call, size: str) -> Finding:
    limit = workload.quantity("limits", "cpu")
    threads = call.name.endswith(THREADS)
    message = f"{call.name.rsplit('.', 1)[-1]} {size} follows the processors of the node"
    related: tuple[Related, ...] = ()
    if limit.is_known:
        cores = 16 if limit.value.value < 16 else 2 * ceil(limit.value.value)
        message += f": {cores} on a {cores}-core node against limits.cpu {limit.value.text} of {workload.label}"
        related = tuple(Related(place.location, f"limits.cpu {limit.value.text}") for place in limit.places)
        if not threads and "a part of" not in size:
            # 100 ms x (1 - limit / runnable processes). Threads of pure Python take turns and do not add up.
            stall = 100 * (1 - limit.value.value / cores)
            message += f"; with {cores} processes busy the container stands still {stall:.0f} ms of every 100 ms"
    else:
        message += ", whatever CPU limit the container gets"
    is_mild = threads or limit.is_absent
    confidence = Confidence.HIGH if not limit.is_unknown else Confidence.MEDIUM
    if limit.is_unknown and workload.role is not Role.IMAGE:
        confidence = Confidence.LOW
    severity = Severity.INFO if is_mild else Severity.WARNING
    return Finding(RULE, call.location, message, FIX, related, severity, confidence, pedantic=is_mild)


RULE = Rule(
    "pool-sized-by-node",
    "A pool of processes takes its size from the node, not from the CPU limit",
    Severity.WARNING,
    Workload,
    check,
    calls=(*POOLS, *COUNTS),
)
