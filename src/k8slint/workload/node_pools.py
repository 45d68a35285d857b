"""Pools of processes and threads whose size follows the node's processors."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.python import Call, PythonFile
from k8slint.workload.cores import COUNTS, count_is_overridden, node_sized
from k8slint.workload.process import Process
from k8slint.workload.workload import Workload

# The pools, with the keyword and position of their size, and whether leaving it out means one worker per processor.
_POOLS: dict[str, tuple[str, int, bool]] = {
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
_THREADS = ("ThreadPoolExecutor", "ThreadPool", "multiprocessing.dummy.Pool")
NODE_POOL_CALLS = (*_POOLS, *COUNTS)


class NodePool(Struct, frozen=True):
    """The call that makes such a pool: ``count`` is how its size is spelled, None where it is left out.

    ``on_16_cores`` is what the size comes to on a node with 16 processors, where that can be computed. ``counted`` is
    where the processors are counted.
    """

    call: Call
    count: str | None
    on_16_cores: int | None
    counted: Location | None

    @property
    def has_threads(self) -> bool:
        """Whether it is a pool of threads."""
        return self.call.name.endswith(_THREADS)


def node_pools(workload: Workload) -> Iterator[NodePool]:
    """Those of the programs of a workload."""
    for process, program in workload.programs():
        for module, call in program.calls(*_POOLS):
            found = _pool(workload, process, module, call)
            if found is not None:
                yield found


def _pool(workload: Workload, process: Process | None, module: PythonFile, call: Call) -> NodePool | None:
    keyword, position, node_by_default = _POOLS[call.name]
    size = call.keyword(keyword)
    if size is None and len(call.args) > position:
        size = call.args[position]
    if size is None or (size.kind == "const" and size.value is None):
        unpacked = any(name == "**" for name, _ in call.keywords)
        if not node_by_default or unpacked or count_is_overridden(workload, process):
            return None
        return NodePool(call, None, 20 if call.name.endswith("ThreadPoolExecutor") else 16, None)
    found = node_sized(workload, process, module, size, call.scope)
    return None if found is None else NodePool(call, found.written, found.on_16_cores, found.location)
