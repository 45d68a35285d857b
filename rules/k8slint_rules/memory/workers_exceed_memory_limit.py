"""The workers of a container need more memory than its limit, before they have done anything."""

from collections.abc import Iterator

from k8slint import (
    Concurrency,
    Finding,
    Footprint,
    Needs,
    Related,
    Rule,
    Severity,
    Share,
    Workload,
    footprint,
    master_mib,
    shares,
)

HEADROOM = 1.6
MIB = 1024 * 1024
KILLED = "crossing it gets a process killed without a traceback, under cgroup v2 all processes of the container"


def check(workload: Workload) -> Iterator[Finding]:
    found = [_judge(workload, share) for share in shares(workload, "memory").or_else(())]
    if all(one is not None for one in found):
        yield from dict.fromkeys(one for one in found if one is not None)


def _judge(workload: Workload, share: Share) -> Finding | None:
    server, shared, workers = share.process.entry.server, share.concurrency, share.workers
    costs = footprint(share.program, server) if share.program is not None else None
    if costs is None or not costs.is_known:
        return None
    cost, limit = costs.value, workload.quantity("limits", "memory").value.value / MIB
    # Workers that are forked from a master which has imported the program share its pages: half, as a rule.
    part = 0.5 if shared.preload is not False and workers > 1 else 1.0
    master = master_mib(server, cost) if shared.has_master else 0
    whole, least = part * (master + workers * cost.mib), part * workers * cost.share
    if least > limit:
        severity = Severity.ERROR
    elif workers > 1 and (whole > limit or HEADROOM * least > limit):
        severity = Severity.WARNING
    else:
        return None
    return _finding(workload, shared, cost, severity, (whole, least))


def _finding(
    workload: Workload, shared: Concurrency, cost: Footprint, severity: Severity, sums: tuple[float, float]
) -> Finding:
    limit = workload.quantity("limits", "memory").value
    whole, least = sums
    workers = shared.workers or 1
    importing = f" importing {cost.name}" if cost.places else ""
    who = f"{workers} {shared.what}{importing} need" if workers > 1 else f"one process{importing} needs"
    message = f"{who} at least {least:.0f} MiB before the first request"
    if workers > 1 and whole > limit.value / MIB:
        message += f", {whole:.0f} MiB once they no longer share pages"
    elif severity is Severity.WARNING:
        message += f", and with the usual headroom of {HEADROOM} times {HEADROOM * least:.0f} MiB"
    message += f"; limits.memory of {workload.label} is {limit.text}: {KILLED}"
    fix = f"start fewer workers and more replicas, or raise the limit to {HEADROOM * max(whole, least):.0f}Mi or more"
    related = [Related(limit.location, f"limits.memory {limit.text}")]
    related += [Related(place.location, place.note) for place in (*shared.places, *cost.places)]
    location = shared.location or limit.location
    places = tuple(one for one in related if one.location != location)
    return Finding(RULE, location, message, fix, places, severity)


RULE = Rule(
    "workers-exceed-memory-limit",
    "The workers need more memory than the limit before they have done anything",
    Severity.ERROR,
    Workload,
    check,
    needs=(Needs.KUBERNETES, Needs.PYTHON),
)
