"""What Celery's tasks may take, and whether a stop of their worker loses them."""

from __future__ import annotations

from msgspec import Struct

from k8slint.location import Location
from k8slint.workload.celery import CeleryProcess

_LIMITS = ("task_time_limit", "task_soft_time_limit")


class LongestTask(Struct, frozen=True):
    """The longest time limit, in seconds, and what sets it."""

    seconds: float
    what: str
    location: Location


def longest_task(celery: CeleryProcess) -> LongestTask | None:
    """That of the tasks that nobody runs again, as they are acknowledged when they start; None without a limit."""
    found = [
        LongestTask(one.seconds, f"the limit of {one.task}", one.location)
        for one in celery.task_limits()
        if one.acks_late is False
    ]
    if _is_off(celery, "task_acks_late"):
        hard, soft = (celery.setting(name, only_named=True) for name in _LIMITS)
        name, limit = (_LIMITS[0], hard) if not hard.is_absent else (_LIMITS[1], soft)
        value = limit.or_else(None)
        if isinstance(value, (int, float)) and limit.places:
            found.append(LongestTask(float(value), name, limit.places[0].location))
    return max(found, default=None, key=lambda one: one.seconds)


def may_run_for_ever(celery: CeleryProcess) -> bool:
    """Whether no setting limits the tasks, and they are acknowledged when they start."""
    return all(celery.setting(name).is_absent for name in _LIMITS) and _is_off(celery, "task_acks_late")


def drops_tasks_at_once(celery: CeleryProcess) -> bool:
    """Whether a cold shutdown ends running tasks for good: without a soft shutdown, and acknowledged at their start."""
    return _is_off(celery, "task_acks_late") and _is_off(celery, "worker_soft_shutdown_timeout")


def _is_off(celery: CeleryProcess, name: str) -> bool:
    """Whether a setting is known not to be on."""
    fact = celery.setting(name)
    return fact.is_absent or (fact.is_known and fact.value in (False, 0))
