"""The pod's grace period is over before its server has stopped."""

from collections.abc import Iterator
from math import ceil

from k8slint import (
    Budget,
    Field,
    Finding,
    Level,
    Needs,
    Related,
    Repair,
    Rule,
    Safety,
    Severity,
    ShortGrace,
    Workload,
    endless_responses,
    pre_stop_seconds,
    short_grace,
    shutdown_repair,
)

SPARE = 5
FLAG = "set --timeout-graceful-shutdown {seconds} (uvicorn.run(..., timeout_graceful_shutdown={seconds}))"


def check(workload: Workload) -> Iterator[Finding]:
    one = short_grace(workload)
    if one is None:
        return
    if one.budget is None:
        yield from _nothing_left(workload, one)
    elif one.budget.seconds is None:
        yield _without_limit(workload, one, one.budget)
    else:
        yield from _too_long(workload, one, one.budget, one.budget.seconds)


def _nothing_left(workload: Workload, one: ShortGrace) -> Iterator[Finding]:
    name = one.process.entry.name
    if one.grace == 0:
        never = f"{workload.label} has a grace period of 0 s: it is killed at once, without SIGTERM, which "
        return _finding(workload, f"{never}{name} would handle", one.before + 30, Severity.WARNING)
    cut = f"preStop takes {one.before:g} s, but {workload.label} has {one.grace} s, and these count from its start"
    effect = f"the hook is cut short, and {name} gets SIGTERM with 2 s to live"
    return _finding(workload, f"{cut}: {effect}", one.before + 30, Severity.ERROR)


def _without_limit(workload: Workload, one: ShortGrace, budget: Budget) -> Finding:
    streams = endless_responses(workload.program(one.process).value)
    left = one.grace - one.before
    seconds = max(1, int(left) - SPARE)
    fix, repair = FLAG.format(seconds=seconds), shutdown_repair(one.process, budget, seconds)
    name = one.process.entry.server or "uvicorn"
    waits = f"{name} has no --timeout-graceful-shutdown and waits for its clients without limit"
    killed = f"until SIGKILL, {left:g} s after SIGTERM, and the application's shutdown code does not run"
    if not streams:
        message = f"{waits}: one slow request keeps {workload.label} alive {killed}"
        return Finding(RULE, budget.location, message, fix, (), Severity.INFO, pedantic=True, repair=repair)
    message = f"{waits}; with {streams[0].note} one open connection can keep {workload.label} alive {killed}"
    related = tuple(Related(place.location, place.note) for place in streams[:3])
    return Finding(RULE, budget.location, message, fix, related, Severity.WARNING, repair=repair)


def _too_long(workload: Workload, one: ShortGrace, budget: Budget, seconds: float) -> Iterator[Finding]:
    before, left, total = one.before, one.grace - one.before, one.before + seconds
    sum_of = f"preStop {before:g} s + " if before else ""
    is_sum = f" = {total:g} s" if before else ""
    default = "" if budget.written else " (its default)"
    has = f"{sum_of}{budget.name} {seconds:g} s{default}{is_sum}, and {workload.label} has {one.grace} s"
    related = (Related(budget.location, f"{budget.name} is {seconds:g} s{default}"),)
    if total == one.grace:
        message = f"{has}: nothing is left for the server's own end"
        return _finding(workload, message, total + SPARE, Severity.INFO, related)
    message = f"{has}: work that still runs {left:g} s after SIGTERM is cut off by SIGKILL"
    explicit = budget.written and (bool(workload.grace_seconds.places) or before > 0)
    severity = Severity.ERROR if explicit else Severity.WARNING
    # Who wrote a grace period and no limit for the server has said how long a stop may take.
    is_meant = workload.grace_seconds.places and not budget.written and left >= 2 * SPARE
    shorter = shutdown_repair(one.process, budget, int(left) - SPARE) if is_meant else None
    return _finding(workload, message, total + SPARE, severity, related, shorter)


def _finding(
    workload: Workload,
    message: str,
    wanted: float,
    severity: Severity,
    related: tuple[Related, ...] = (),
    repair: Repair | None = None,
) -> Iterator[Finding]:
    places = workload.grace_seconds.places
    location = places[0].location if places else workload.location
    if location is None:
        return
    related += tuple(Related(place.location, place.note) for place in pre_stop_seconds(workload).places)
    fix = f"set terminationGracePeriodSeconds: {ceil(wanted)}, or shorten what comes before"
    longer = Field(location, Level.POD, ("terminationGracePeriodSeconds",), str(ceil(wanted)))
    repair = repair or Repair(f"give it {ceil(wanted)} s to stop", Safety.UNSAFE, (longer,))
    yield Finding(RULE, location, message, fix, related, severity, pedantic=severity is Severity.INFO, repair=repair)


RULE = Rule(
    "grace-shorter-than-shutdown",
    "The grace period is over before the server has stopped",
    Severity.ERROR,
    Workload,
    check,
    fixable=Safety.UNSAFE,
    needs=(Needs.KUBERNETES,),
)
