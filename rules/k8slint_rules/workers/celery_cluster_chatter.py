"""Many Celery workers tell one another what nobody needs to know in a cluster."""

from collections.abc import Iterator

from k8slint import (
    CeleryProcess,
    Finding,
    Needs,
    Options,
    Related,
    Repair,
    Role,
    Rule,
    Safety,
    Severity,
    Workload,
    celery_processes,
    watches_events,
)

FLAGS = ("--without-gossip", "--without-mingle", "--without-heartbeat")
MANY = 10


def check(workload: Workload) -> Iterator[Finding]:
    replicas = workload.replica_range
    if workload.role is not Role.MAIN or not replicas.is_known or replicas.value.most < MANY:
        return
    for celery in celery_processes(workload):
        if celery.command == "worker" and _talks(celery) and not watches_events(workload):
            count = replicas.value.most
            pods = f"{count} pods" if replicas.value.by == "replicas" else f"up to {count} pods ({replicas.value.by})"
            message = (
                f"the workers of {pods} of {workload.label} tell one another every two seconds that they are alive, "
                "and at the start ask all others what they know; the kubelet watches the pods already, so this is load "
                "on the broker that grows with the square of their number"
            )
            related = tuple(Related(one.location, one.note) for one in replicas.places[:1])
            place, last = celery.process.entry.location, celery.process.entry.last_word
            repair = None
            if last is not None:
                repair = Repair(
                    "let the workers be quiet", Safety.UNSAFE, (Options(last.location, last.written, FLAGS),)
                )
            yield Finding(RULE, place, message, f"add {' '.join(FLAGS)}", related, repair=repair)


def _talks(celery: CeleryProcess) -> bool:
    """Whether none of the flags is given, nor one that asks for events, on a broker that carries them."""
    words = [word.text for word in celery.process.entry.words]
    if None in words or any(flag in words for flag in (*FLAGS, "-E", "--task-events", "--events")):
        return False
    broker = celery.setting("broker_url", only_named=True)
    return not (broker.is_known and str(broker.value).startswith(("sqs", "filesystem", "memory", "sqla")))


RULE = Rule(
    "celery-cluster-chatter",
    "Many Celery workers tell one another what nobody needs to know",
    Severity.INFO,
    Workload,
    check,
    pedantic=True,
    fixable=Safety.UNSAFE,
    needs=(Needs.KUBERNETES,),
)
