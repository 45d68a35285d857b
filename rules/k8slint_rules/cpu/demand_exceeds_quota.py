"""More processes than the CPU limit lets run."""

from collections.abc import Iterator

from k8slint import Finding, Needs, Related, Rule, Severity, Share, Workload, declared_threads, shares, stalled_ms

FIX = "start fewer processes and more replicas, raise the CPU limit, or drop it and keep an honest request"


def check(workload: Workload) -> Iterator[Finding]:
    found = [_judge(workload, share) for share in shares(workload, "cpu").or_else(())]
    if all(one is not None for one in found):
        yield from dict.fromkeys(one for one in found if one is not None)


def _judge(workload: Workload, share: Share) -> Finding | None:
    limit, shared, workers = workload.quantity("limits", "cpu").value.value, share.concurrency, share.workers
    threads = declared_threads(workload, share.process, share.program).or_else(1) if share.program is not None else 1
    demand = workers * threads
    if demand == 1:
        return _single(workload, limit)
    ratio = demand / limit
    if ratio < 2:
        return None
    what = f"{workers} {shared.what}"
    if threads > 1:
        what = f"{f'{what} with ' if workers > 1 else ''}{threads} threads{' each' if workers > 1 else ''}"
    message = (
        f"{what} share {_limit(workload)}: when all are busy, on a node with as many cores, the container runs "
        f"{100 / ratio:.3g} ms and stands still {stalled_ms(limit, demand):.3g} ms of every 100 ms"
    )
    level = 3 if ratio >= 8 else 2
    if shared.waits and threads == 1:
        level -= 1
    if workload.runs_to_completion:
        level = 1
    places = [place for place in shared.places if place.location != shared.location]
    related = (*(Related(place.location, place.note) for place in places), *_limit_places(workload))
    location = shared.location or _limit_places(workload)[0].location
    return Finding(RULE, location, message, FIX, related, Severity(level), pedantic=level == 1)


def _single(workload: Workload, limit: float) -> Finding | None:
    """One busy interpreter is stopped too where the limit is below one CPU."""
    if limit >= 1 or not workload.served_by.is_known:
        return None
    message = (
        f"one process has {_limit(workload)}: while it is busy, it runs {100 * limit:.3g} ms and stands still "
        f"{stalled_ms(limit, 1):.3g} ms of every 100 ms"
    )
    return Finding(RULE, _limit_places(workload)[0].location, message, FIX, (), Severity.INFO, pedantic=True)


def _limit(workload: Workload) -> str:
    return f"limits.cpu {workload.quantity('limits', 'cpu').value.text} of {workload.label}"


def _limit_places(workload: Workload) -> tuple[Related, ...]:
    limit = workload.quantity("limits", "cpu")
    return (Related(limit.value.location, f"limits.cpu {limit.value.text}"),)


RULE = Rule(
    "demand-exceeds-quota",
    "More processes than the CPU limit lets run",
    Severity.ERROR,
    Workload,
    check,
    needs=(Needs.KUBERNETES,),
)
