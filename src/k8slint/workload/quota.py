"""How long a CPU limit stops a container whose processes are busy."""

from __future__ import annotations


def stalled_ms(limit: float, busy: float) -> float:
    """Milliseconds of every 100 that ``busy`` processes stand still under ``limit`` CPUs, 0 where the limit suffices.

    The kernel gives limit x 100 ms of processor time in every period of 100 ms, and ``busy`` processes on as many
    processors use it up together: https://docs.kernel.org/scheduler/sched-bwc.html
    """
    return max(0.0, 100 * (1 - limit / busy))
