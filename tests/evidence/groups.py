"""Control groups that hold a container to its CPU and memory limits."""

from __future__ import annotations

import errno
import itertools
import os
import time
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
PERIOD = 100_000
"""Microseconds, as the kubelet sets it."""
MOST_SHARES = 262_144
"""So that only the quota keeps a container from running, and not what else the machine does."""
_numbers = itertools.count()


def reason_not_to_limit() -> str | None:
    """Why this machine cannot set limits, in words; None where it can."""
    present = all((ROOT / name / "cgroup.procs").exists() for name in ("cpu", "memory"))
    return None if present else "needs control groups of version 1 (cpu, memory)"


def cpu(limit: float) -> Path:
    """A group that may use ``limit`` processors."""
    group = _made("cpu")
    (group / "cpu.shares").write_text(str(MOST_SHARES))
    (group / "cpu.cfs_period_us").write_text(str(PERIOD))
    (group / "cpu.cfs_quota_us").write_text(str(int(limit * PERIOD)))
    return group


def memory(limit: int) -> Path:
    """A group that may use ``limit`` bytes."""
    group = _made("memory")
    (group / "memory.limit_in_bytes").write_text(str(limit))
    return group


def remove(group: Path, seconds: float = 5) -> None:
    """Raises ``OSError`` where the group is still in use when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            group.rmdir()
            return
        except OSError as error:
            if error.errno != errno.EBUSY or time.monotonic() > deadline:
                raise
        time.sleep(0.02)


def _made(controller: str) -> Path:
    group = ROOT / controller / f"k8slint-evidence-{os.getpid()}-{next(_numbers)}"
    group.mkdir()
    return group
