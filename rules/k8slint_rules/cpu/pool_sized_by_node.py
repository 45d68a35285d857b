"""A pool of processes takes its size from the node."""

from collections.abc import Iterator

from k8slint import (
    NODE_POOL_CALLS,
    Confidence,
    Finding,
    Needs,
    NodePool,
    Related,
    Role,
    Rule,
    Safety,
    Severity,
    Workload,
    count_repair,
    node_pools,
    stalled_ms,
)

FIX = (
    "give the size explicitly, from an environment variable that the manifest fills "
    "(resourceFieldRef: limits.cpu rounds up)"
)


def check(workload: Workload) -> Iterator[Finding]:
    limit = workload.quantity("limits", "cpu")
    confidence = Confidence.HIGH if not limit.is_unknown else Confidence.MEDIUM
    if limit.is_unknown and workload.role is not Role.IMAGE:
        confidence = Confidence.LOW
    related: tuple[Related, ...] = ()
    if limit.is_known:
        related = tuple(Related(place.location, f"limits.cpu {limit.value.text}") for place in limit.places)
    for pool in node_pools(workload):
        how = "without a size" if pool.count is None else f"sized by {pool.count}"
        name, effect = pool.call.name.rsplit(".", 1)[-1], _effect(workload, pool)
        message = f"{name} {how} follows the processors of the node{effect}"
        is_mild = pool.has_threads or limit.is_absent
        severity = Severity.INFO if is_mild else Severity.WARNING
        repair = count_repair(workload, pool.counted) if pool.counted is not None else None
        at = pool.call.location
        yield Finding(RULE, at, message, FIX, related, severity, confidence, pedantic=is_mild, repair=repair)


def _effect(workload: Workload, pool: NodePool) -> str:
    limit, size = workload.quantity("limits", "cpu"), pool.on_16_cores
    if limit.is_absent:
        return f", all of which {workload.label} may use: it has no CPU limit"
    if not limit.is_known:
        return ", whatever CPU limit the container gets"
    if size is None or size <= limit.value.value:
        return f", and limits.cpu {limit.value.text} of {workload.label} does not change it"
    against = f": {size} on a 16-core node against limits.cpu {limit.value.text} of {workload.label}"
    if pool.has_threads:  # Threads of pure Python take turns and do not add up.
        return against
    busy = min(size, 16)
    stall = stalled_ms(limit.value.value, busy)
    if not stall:
        return against
    return f"{against}; with {busy} processes busy the container stands still {stall:.0f} ms of every 100 ms"


RULE = Rule(
    "pool-sized-by-node",
    "A pool of processes takes its size from the node, not from the CPU limit",
    Severity.WARNING,
    Workload,
    check,
    calls=NODE_POOL_CALLS,
    fixable=Safety.UNSAFE,
    needs=(Needs.PYTHON,),
)
