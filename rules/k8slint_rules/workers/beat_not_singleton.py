"""A scheduler of periodic tasks that can run twice."""

from collections.abc import Iterator

from k8slint import (
    CeleryProcess,
    Fact,
    Field,
    Finding,
    Level,
    Location,
    Needs,
    Place,
    Related,
    Repair,
    Role,
    Rule,
    Safety,
    Severity,
    Workload,
    celery_processes,
)

FIX_OWN = "run beat in a Deployment of its own with replicas: 1 and strategy: {type: Recreate}"
FIX_RECREATE = "write strategy: {type: Recreate}, or rollingUpdate: {maxSurge: 0, maxUnavailable: 1}"


def check(workload: Workload) -> Iterator[Finding]:
    if workload.role is not Role.MAIN or workload.runs_to_completion:
        return
    for celery in celery_processes(workload):
        locks = celery.scheduler_locks()
        if celery.command == "beat" or celery.with_beat.is_known:
            yield from _judge(workload, celery, locks)


def _judge(workload: Workload, celery: CeleryProcess, locks: Fact[bool]) -> Iterator[Finding]:
    owner, replicas = workload.owner, workload.replica_range
    if owner is None or workload.location is None:
        return
    start = celery.process.entry.location
    is_flag = celery.command != "beat"
    what = "celery worker with -B" if is_flag else "celery beat"
    overlaps = replicas.is_known and replicas.value.most == 1 and workload.surges.is_known and not locks.or_else(True)
    if is_flag and replicas.is_known and replicas.value.most == 1 and not overlaps:
        message = f"{what} runs in the one pod of {workload.label}: a second one would send every periodic task again"
        yield Finding(RULE, start, message, FIX_OWN, (), Severity.INFO, pedantic=True)
    elif locks.is_unknown:
        return
    elif owner.kind == "DaemonSet":
        message = f"{what} runs on every node that {workload.label} selects: every periodic task is sent once per node"
        yield _finding(owner.location, message, locks, Place(start, f"starts {what}"))
    elif replicas.is_known and replicas.value.most > 1:
        found = replicas.value
        least = max(found.fewest, 1)
        count = f"{found.most}" if least == found.most else f"{least} to {found.most}"
        message = f"{what} runs in {count} pods of {workload.label}"
        message += "" if found.by == "replicas" else f" ({found.by})"
        message += f": every periodic task is sent {count} times"
        at = replicas.places[0].location if replicas.places else workload.location
        yield _finding(at, message, locks, Place(start, f"starts {what}"))
    elif overlaps:
        place = workload.surges.places[0]
        message = (
            f"{place.note} starts the new {what} of {workload.label} before the old one is stopped: a periodic task "
            "that falls due while both run is sent twice"
        )
        related = (Related(start, f"starts {what}"),)
        recreate = Field(workload.location, Level.OBJECT, ("spec", "strategy", "type"), "Recreate")
        # A rollingUpdate that is written does not go with Recreate, nor may a worker have to stop for the clock in it.
        is_alone = place.location == workload.location and not is_flag
        repair = Repair("stop the old pod before the new one starts", Safety.SAFE, (recreate,)) if is_alone else None
        fix = FIX_OWN if is_flag else FIX_RECREATE
        yield Finding(RULE, place.location, message, fix, related, Severity.WARNING, repair=repair)


def _finding(at: Location, message: str, locks: Fact[bool], start: Place) -> Finding:
    related = (Related(start.location, start.note),)
    if locks.value:
        message = f"{message.partition(':')[0]}: only the lock of its scheduler keeps all but one of them from sending"
        return Finding(RULE, at, message, FIX_OWN, related, Severity.INFO, pedantic=True)
    return Finding(RULE, at, message, FIX_OWN, related, Severity.ERROR)


RULE = Rule(
    "beat-not-singleton",
    "A scheduler of periodic tasks can run twice",
    Severity.ERROR,
    Workload,
    check,
    fixable=Safety.SAFE,
    needs=(Needs.KUBERNETES,),
)
