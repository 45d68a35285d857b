"""A limit for running work, added to the command line of a server that has none of its own."""

from __future__ import annotations

from k8slint.repair import Options, Repair, Safety
from k8slint.workload.process import Process
from k8slint.workload.shutdown import Budget


def shutdown_repair(process: Process, budget: Budget, seconds: int) -> Repair | None:
    """Give the server of a process ``seconds`` to stop; None where no option of it does."""
    last = process.entry.last_word
    if not budget.option or last is None:
        return None
    option = Options(last.location, last.written, (budget.option, str(seconds)))
    return Repair(f"give {process.entry.name} {seconds} s to stop", Safety.UNSAFE, (option,))
