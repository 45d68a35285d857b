"""A server's number of workers comes from the node's processors."""

from collections.abc import Iterator

from k8slint import (
    COUNTS,
    Finding,
    NodeWorkers,
    Related,
    Rule,
    Safety,
    Severity,
    Workload,
    count_repair,
    node_worker_calls,
    node_workers,
    stalled_ms,
)

FIX = (
    "set the number in the manifest, for example env WEB_CONCURRENCY, and read it: "
    "workers = int(os.environ.get('WEB_CONCURRENCY', '2')); resourceFieldRef: limits.cpu gives the limit, rounded up"
)


def check(workload: Workload) -> Iterator[Finding]:
    for one in node_workers(workload):
        yield _finding(workload, one)


def _finding(workload: Workload, one: NodeWorkers) -> Finding:
    limit, location, workers = workload.quantity("limits", "cpu"), one.location, one.on_16_cores
    name = one.process.entry.name if one.process is not None else "the server"
    message = f"{one.spelled} follows the processors of the node"
    related: tuple[Related, ...] = ()
    if limit.is_known:
        if workers is not None and workers > limit.value.value:
            busy = min(workers, 16)
            stall = stalled_ms(limit.value.value, busy)
            message += f": {workers} on a 16-core node against limits.cpu {limit.value.text} of {workload.label}"
            if stall:
                message += f"; with {busy} workers busy the container stands still {stall:.0f} ms of every 100 ms"
        else:
            message += f", and limits.cpu {limit.value.text} of {workload.label} does not change it"
        related = tuple(Related(place.location, f"limits.cpu {limit.value.text}") for place in limit.places)
    else:
        message += (
            f", whatever the container is given: {name} starts more workers on a larger node, and each costs memory"
        )
    related += tuple(Related(at, f"{what} starts {name}") for at, what in workload.launch_places if at != location)
    exceeds = limit.is_known and (workers is None or workers > limit.value.value)
    severity = Severity.ERROR if exceeds else Severity.WARNING
    return Finding(RULE, location, message, FIX, related, severity, repair=count_repair(workload, location))


RULE = Rule(
    "workers-from-node-cores",
    "The number of server workers comes from the node's processors",
    Severity.ERROR,
    Workload,
    check,
    calls=(*node_worker_calls(), *COUNTS),
    fixable=Safety.UNSAFE,
)
