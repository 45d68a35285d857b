"""What a process misses that has no init in front of it."""

from __future__ import annotations

from k8slint.workload.children import orphans, reaps_orphans
from k8slint.workload.lifetime import sigterm_handling, stays_up
from k8slint.workload.process import Process
from k8slint.workload.workload import Workload


def missed_init(workload: Workload, process: Process) -> dict[str, str]:
    """What certainly goes wrong with a process as it is, by "zombies" and "signal"; nothing for what ends by itself."""
    program = workload.program(process)
    if workload.shares_process_namespace or workload.runs_to_completion or not program.is_known:
        return {}
    missed = {}
    if reaps_orphans(workload, process) is False and orphans(program.value, workload.shell):
        missed["zombies"] = "nobody waits for the processes that the program leaves behind, and they stay as zombies"
    is_first = process.entry_is_pid1 and process.entry.sigterm is None and process.entry.finite is not True
    if is_first and stays_up(program.value).is_known and sigterm_handling(program.value).is_absent:
        missed["signal"] = "the program is PID 1 and does not end on SIGTERM"
    return missed
