"""Work shared among processes, where that is worth a fork."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_MOST = 4


def in_shares(work: Callable[[int], T], shares: int) -> list[T]:
    """``work(0)`` to ``work(shares - 1)``, all but the first in child processes; the results in this order.

    What ``work`` gives must be picklable. The share of a child that fails, or that cannot be started, is done here,
    where its error is seen.
    """
    children = [_begun(work, number) for number in range(1, shares)]
    results = [work(0)]
    for number, started in enumerate(children, 1):
        results.append(work(number) if started is None else _result(work, number, *started))
    return results


def processors() -> int:
    """How many processors this process may use at once: by its affinity and by the quota of its cgroup."""
    try:
        allowed = len(os.sched_getaffinity(0))  # type: ignore[attr-defined,unused-ignore]
    except (AttributeError, OSError):  # not on every system
        allowed = os.cpu_count() or 1
    quota = _quota()
    return max(1, allowed if quota is None else min(allowed, int(quota)))


def worthwhile(units: int, least: int) -> int:
    """How many shares to make of so many units, if a share below ``least`` is not worth a process."""
    # Elsewhere forking is missing, or breaks what the system's own libraries have begun.
    return max(1, min(units // least, processors(), _MOST)) if sys.platform == "linux" else 1


def _quota() -> float | None:
    """The processors of the cgroup's quota; None without one. https://docs.kernel.org/admin-guide/cgroup-v2.html"""
    try:
        with open("/sys/fs/cgroup/cpu.max", encoding="ascii") as file:
            quota, period = file.read().split()[:2]
    except (OSError, ValueError):
        return None
    return int(quota) / int(period) if quota.isdigit() and period.isdigit() and int(period) else None


def _begun(work: Callable[[int], T], number: int) -> tuple[int, int] | None:
    """The process id of a child that does one share, and the pipe to read its result from; None where none starts."""
    import pickle  # between a process and its own child; never for what is kept

    try:
        read, write = os.pipe()
    except OSError:
        return None
    try:
        child = os.fork()
    except OSError:  # a limit on processes
        os.close(read)
        os.close(write)
        return None
    if child:
        os.close(write)
        return child, read
    code = 1
    try:
        os.close(read)
        with os.fdopen(write, "wb") as pipe:
            pipe.write(pickle.dumps(work(number)))
        code = 0
    finally:
        os._exit(code)  # without flushing what the parent has not printed yet


def _result(work: Callable[[int], T], number: int, child: int, pipe: int) -> T:
    import pickle

    with os.fdopen(pipe, "rb") as file:
        data = file.read()
    _, status = os.waitpid(child, 0)
    if status != 0:
        return work(number)
    result: T = pickle.loads(data)
    return result
