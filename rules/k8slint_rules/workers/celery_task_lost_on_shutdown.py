"""A Celery task that may run longer than the pod has left after SIGTERM."""

from collections.abc import Iterator

from k8slint import (
    CeleryProcess,
    Fact,
    Field,
    Finding,
    Level,
    Location,
    Needs,
    Related,
    Repair,
    Role,
    Rule,
    Safety,
    Severity,
    Workload,
    celery_processes,
)

LIMITS = ("task_time_limit", "task_soft_time_limit")
LATE = "for tasks that may run twice, set task_acks_late and task_reject_on_worker_lost"
COLD = "remove REMAP_SIGTERM, or set worker_soft_shutdown_timeout below the grace period and task_acks_late"


def check(workload: Workload) -> Iterator[Finding]:
    if workload.role is Role.INIT or workload.runs_to_completion or not workload.grace_seconds.is_known:
        return
    for celery in celery_processes(workload):
        pool = celery.setting("worker_pool", only_named=True)
        if celery.command != "worker" or not (pool.is_absent or pool.or_else("") == "prefork"):
            continue
        remap = workload.environment.get("REMAP_SIGTERM", celery.process)
        if remap.is_known and remap.value == "SIGQUIT":
            yield from _cold(celery, remap)
        else:
            yield from _warm(workload, celery)


def _cold(celery: CeleryProcess, remap: Fact[str]) -> Iterator[Finding]:
    if _is_off(celery, "task_acks_late") and _is_off(celery, "worker_soft_shutdown_timeout"):
        at = remap.places[0].location if remap.places else celery.process.entry.location
        message = (
            "REMAP_SIGTERM=SIGQUIT makes SIGTERM a cold shutdown: running tasks are ended at once, and as they are "
        )
        message += "acknowledged when they start, they are gone"
        related = (Related(celery.process.entry.location, "starts the worker"),)
        yield Finding(RULE, at, message, COLD, related, Severity.WARNING)


def _warm(workload: Workload, celery: CeleryProcess) -> Iterator[Finding]:
    grace = workload.grace_seconds
    at = grace.places[0].location if grace.places else workload.location
    if at is None:
        return
    longest = _longest(celery)
    has = f"{workload.label} has {grace.value} s" + ("" if grace.places else " (the default)") + " after SIGTERM"
    start = Related(celery.process.entry.location, "starts the worker")
    if longest is not None and longest[0] > grace.value:
        seconds, what, place = longest
        message = (
            f"tasks may run {seconds:g} s ({what}), but {has}: at a rollout or scale-down, what still runs then is "
            "killed, and as it was acknowledged when it started, it is gone"
        )
        fix = f"terminationGracePeriodSeconds: {int(seconds) + 10}; {LATE}"
        longer = Field(at, Level.POD, ("terminationGracePeriodSeconds",), str(int(seconds) + 10))
        repair = Repair(f"give it {int(seconds) + 10} s to stop", Safety.UNSAFE, (longer,))
        yield Finding(RULE, at, message, fix, (Related(place, what), start), Severity.ERROR, repair=repair)
    elif longest is None and not grace.places and _is_unlimited(celery):
        message = f"tasks have no time limit, and {has}: one that runs longer is killed at a rollout, and is gone"
        yield Finding(RULE, at, message, LATE, (start,), Severity.INFO, pedantic=True)


def _longest(celery: CeleryProcess) -> tuple[float, str, Location] | None:
    """The longest limit of a task that is acknowledged when it starts, and what sets it."""
    found = [
        (one.seconds, f"the limit of {one.task}", one.location)
        for one in celery.task_limits()
        if one.acks_late is False
    ]
    if _is_off(celery, "task_acks_late"):
        hard, soft = (celery.setting(name, only_named=True) for name in LIMITS)
        name, limit = (LIMITS[0], hard) if not hard.is_absent else (LIMITS[1], soft)
        value = limit.or_else(None)
        if isinstance(value, (int, float)) and limit.places:
            found.append((float(value), name, limit.places[0].location))
    return max(found, default=None, key=lambda one: one[0])


def _is_unlimited(celery: CeleryProcess) -> bool:
    return all(celery.setting(name).is_absent for name in LIMITS) and _is_off(celery, "task_acks_late")


def _is_off(celery: CeleryProcess, name: str) -> bool:
    """Whether a setting is known not to be on."""
    fact = celery.setting(name)
    return fact.is_absent or (fact.is_known and fact.value in (False, 0))


RULE = Rule(
    "celery-task-lost-on-shutdown",
    "A Celery task may run longer than the pod has after SIGTERM, and is lost",
    Severity.ERROR,
    Workload,
    check,
    fixable=Safety.UNSAFE,
    needs=(Needs.KUBERNETES, Needs.PYTHON),
)
