"""A Celery task that may run longer than the pod has left after SIGTERM."""

from collections.abc import Iterator

from k8slint import (
    CeleryProcess,
    Fact,
    Field,
    Finding,
    Level,
    Needs,
    Related,
    Repair,
    Role,
    Rule,
    Safety,
    Severity,
    Workload,
    celery_processes,
    drops_tasks_at_once,
    longest_task,
    may_run_for_ever,
)

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
    if drops_tasks_at_once(celery):
        at = remap.places[0].location if remap.places else celery.process.entry.location
        message = (
            "REMAP_SIGTERM=SIGQUIT makes SIGTERM a cold shutdown: running tasks are ended at once, and as they are "
            "acknowledged when they start, they are gone"
        )
        related = (Related(celery.process.entry.location, "starts the worker"),)
        yield Finding(RULE, at, message, COLD, related, Severity.WARNING)


def _warm(workload: Workload, celery: CeleryProcess) -> Iterator[Finding]:
    grace = workload.grace_seconds
    at = grace.places[0].location if grace.places else workload.location
    if at is None:
        return
    longest = longest_task(celery)
    has = f"{workload.label} has {grace.value} s" + ("" if grace.places else " (the default)") + " after SIGTERM"
    start = Related(celery.process.entry.location, "starts the worker")
    if longest is not None and longest.seconds > grace.value:
        message = (
            f"tasks may run {longest.seconds:g} s ({longest.what}), but {has}: at a rollout or scale-down, what "
            "still runs then is killed, and as it was acknowledged when it started, it is gone"
        )
        enough = int(longest.seconds) + 10
        fix = f"terminationGracePeriodSeconds: {enough}; {LATE}"
        longer = Field(at, Level.POD, ("terminationGracePeriodSeconds",), str(enough))
        repair = Repair(f"give it {enough} s to stop", Safety.UNSAFE, (longer,))
        related = (Related(longest.location, longest.what), start)
        yield Finding(RULE, at, message, fix, related, Severity.ERROR, repair=repair)
    elif longest is None and not grace.places and may_run_for_ever(celery):
        message = f"tasks have no time limit, and {has}: one that runs longer is killed at a rollout, and is gone"
        yield Finding(RULE, at, message, LATE, (start,), Severity.INFO, pedantic=True)


RULE = Rule(
    "celery-task-lost-on-shutdown",
    "A Celery task may run longer than the pod has after SIGTERM, and is lost",
    Severity.ERROR,
    Workload,
    check,
    fixable=Safety.UNSAFE,
    needs=(Needs.KUBERNETES, Needs.PYTHON),
)
