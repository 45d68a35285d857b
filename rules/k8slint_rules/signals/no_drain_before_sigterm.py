"""The server stops listening on SIGTERM while the Service still sends it requests."""

from collections.abc import Iterator

from k8slint import (
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
    balanced_by,
    closes_listener,
    has_draining_mesh,
    is_replaced_in_turn,
)

SLEEP = 5
FIX = (
    "set lifecycle.preStop.sleep.seconds: 5 (Kubernetes 1.30 or later, before that exec: sleep 5), 10 to 15 behind a "
    "cloud load balancer, and make terminationGracePeriodSeconds longer by as much"
)


def check(workload: Workload) -> Iterator[Finding]:
    services = balanced_by(workload)
    if workload.role is not Role.MAIN or workload.location is None or not services:
        return
    if workload.pre_stop is not False or has_draining_mesh(workload):
        return
    if not workload.stop_signal.is_known or workload.stop_signal.value != "SIGTERM":
        return
    servers = [closes_listener(workload, one) for one in workload.processes.or_else(())]
    if not servers or not all(one.is_known for one in servers) or not is_replaced_in_turn(workload):
        return
    pods = f"each of its {workload.replicas} pods" if (workload.replicas or 0) > 1 else "each pod"
    name = services[0].name
    message = (
        f"{servers[0].value} in {workload.label} stops listening as soon as it gets SIGTERM, while Service {name} "
        f"still sends it requests for a moment, and no preStop hook waits: {pods} can drop requests when it is replaced"
    )
    related = [Related(one.location, f"Service {one.name} sends requests to this pod") for one in services]
    related += [Related(place.location, place.note) for place in servers[0].places]
    changes = [Field(workload.location, Level.CONTAINER, ("lifecycle", "preStop", "sleep", "seconds"), str(SLEEP))]
    grace = workload.grace_seconds
    if grace.is_known:
        longer = str(grace.value + SLEEP)
        changes.append(Field(workload.location, Level.POD, ("terminationGracePeriodSeconds",), longer))
    repair = Repair(f"wait {SLEEP} s before the stop", Safety.UNSAFE, tuple(changes)) if grace.is_known else None
    yield Finding(RULE, workload.location, message, FIX, tuple(related), repair=repair)


RULE = Rule(
    "no-drain-before-sigterm",
    "The server stops listening before requests stop coming",
    Severity.WARNING,
    Workload,
    check,
    fixable=Safety.UNSAFE,
    needs=(Needs.KUBERNETES, Needs.PYTHON),
)
