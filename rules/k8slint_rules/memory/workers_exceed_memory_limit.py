"""The workers of a container need more memory than its limit, before they have done anything."""

from collections.abc import Iterator

from k8slint import (
    Concurrency,
    Finding,
    Footprint,
    Process,
    Related,
    Rule,
    Severity,
    Workload,
    concurrency,
    footprint,
    master_mib,
)

HEADROOM = 1.6
MIB = 1024 * 1024
KILLED = "crossing it gets a process killed without a traceback, under cgroup v2 all processes of the container"


def check(workload: Workload) -> Iterator[Finding]:
    if not workload.python.or_else(False):
        return
    limit = workload.quantity("limits", "memory")
    if not limit.is_known or not limit.value.value or not workload.processes.is_known:
        return
    found = [_judge(workload, process, limit.value.value / MIB) for process in workload.processes.value]
    if all(one is not None for one in found):
        yield from dict.fromkeys(one for one in found if one is not None)


def _judge(workload: Workload, process: Process, limit: float) -> Finding | None:
    program = workload.program(process)
    if not process.entry.is_python or not program.is_known:
        return None
    declared = concurrency(workload, process, program.value)
    costs = footprint(program.value, process.entry.server)
    if declared.is_unknown or not costs.is_known or (declared.is_known and declared.value.workers is None):
        return None
    shared, cost = declared.or_else(Concurrency(1, "process")), costs.value
    workers = shared.workers or 1
    # Workers that are forked from a master which has imported the program share its pages: half, as a rule.
    part = 0.5 if shared.preload is not False and workers > 1 else 1.0
    master = master_mib(process.entry.server, cost) if shared.has_master else 0
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
)
