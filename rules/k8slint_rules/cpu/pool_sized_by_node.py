"""A pool of processes takes its size from the node."""

from collections.abc import Iterator

from k8slint import (
    COUNTS,
    Call,
    Confidence,
    Finding,
    Location,
    Needs,
    Process,
    PythonFile,
    Related,
    Role,
    Rule,
    Safety,
    Severity,
    Workload,
    count_is_overridden,
    count_repair,
    node_sized,
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
            found = _node_sized(workload, process, module, call)
            if found is not None:
                yield _finding(workload, call, *found)


def _node_sized(
    workload: Workload, process: Process | None, module: PythonFile, call: Call
) -> tuple[str, int | None, Location | None] | None:
    """How the size of a pool follows the node, what it comes to on 16 cores, and where the count is written.

    None where it does not follow the node.
    """
    keyword, position, node_by_default = POOLS[call.name]
    size = call.keyword(keyword)
    if size is None and len(call.args) > position:
        size = call.args[position]
    if size is None or (size.kind == "const" and size.value is None):
        unpacked = any(name == "**" for name, _ in call.keywords)
        if not node_by_default or unpacked or count_is_overridden(workload, process):
            return None
        return "without a size", 20 if call.name.endswith("ThreadPoolExecutor") else 16, None
    found = node_sized(workload, process, module, size, call.scope)
    return None if found is None else (f"sized by {found.written}", found.on_16_cores, found.location)


def _finding(workload: Workload, call: Call, how: str, size: int | None, counted: Location | None) -> Finding:
    limit = workload.quantity("limits", "cpu")
    threads = call.name.endswith(THREADS)
    message = f"{call.name.rsplit('.', 1)[-1]} {how} follows the processors of the node"
    related: tuple[Related, ...] = ()
    if limit.is_known:
        related = tuple(Related(place.location, f"limits.cpu {limit.value.text}") for place in limit.places)
        if size is not None and size > limit.value.value:
            message += f": {size} on a 16-core node against limits.cpu {limit.value.text} of {workload.label}"
            if not threads:
                # 100 ms x (1 - limit / runnable processes). Threads of pure Python take turns and do not add up.
                busy = min(size, 16)
                stall = 100 * (1 - limit.value.value / busy)
                message += f"; with {busy} processes busy the container stands still {stall:.0f} ms of every 100 ms"
        else:
            message += f", and limits.cpu {limit.value.text} of {workload.label} does not change it"
    elif limit.is_absent:
        message += f", all of which {workload.label} may use: it has no CPU limit"
    else:
        message += ", whatever CPU limit the container gets"
    is_mild = threads or limit.is_absent
    confidence = Confidence.HIGH if not limit.is_unknown else Confidence.MEDIUM
    if limit.is_unknown and workload.role is not Role.IMAGE:
        confidence = Confidence.LOW
    severity = Severity.INFO if is_mild else Severity.WARNING
    repair = count_repair(workload, counted) if counted is not None else None
    return Finding(RULE, call.location, message, FIX, related, severity, confidence, pedantic=is_mild, repair=repair)


RULE = Rule(
    "pool-sized-by-node",
    "A pool of processes takes its size from the node, not from the CPU limit",
    Severity.WARNING,
    Workload,
    check,
    calls=(*POOLS, *COUNTS),
    fixable=Safety.UNSAFE,
    needs=(Needs.PYTHON,),
)
