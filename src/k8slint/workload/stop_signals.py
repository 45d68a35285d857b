"""What a stop signal other than SIGTERM does to a container's program."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.fact import Fact
from k8slint.workload.knowledge import stopping
from k8slint.workload.process import Process
from k8slint.workload.workload import Workload

# Python handles none of these by itself, and the kernel has no default action for PID 1.
_IGNORED = ("SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2")


class WrongSignal(Struct, frozen=True):
    """``what`` the program does with ``signal``; ``ends`` is False where it goes on until it is killed."""

    signal: Fact[str]
    process: Process
    what: str
    ends: bool


def wrong_stop_signal(workload: Workload) -> Iterator[WrongSignal]:
    """The processes for which the stop signal that somebody wrote is no orderly stop; none where that is not known."""
    signal = workload.stop_signal
    if not signal.is_known or not signal.places or signal.value == "SIGTERM":
        return
    for process in workload.python_processes:
        if signal.value == "SIGKILL":
            yield WrongSignal(signal, process, "is killed in the middle of its work", True)
        elif process.arrives and (found := _reaction(workload, process, signal.value)) is not None:
            yield WrongSignal(signal, process, *found)


def _reaction(workload: Workload, process: Process, signal: str) -> tuple[str, bool] | None:
    is_pid1 = process.entry_is_pid1 and not workload.shares_process_namespace
    if process.entry.server:
        row = stopping()["other_signals"].get(process.entry.server, {}).get(signal)
        return (row["what"], row["ends"]) if row is not None and (row["ends"] or is_pid1) else None
    program = workload.program(process)
    if signal not in _IGNORED or not is_pid1 or not program.is_known:
        return None
    handled = any(signal in module.source.text for module in program.value.modules)
    return None if handled or not program.value.complete else ("ignores it", False)
