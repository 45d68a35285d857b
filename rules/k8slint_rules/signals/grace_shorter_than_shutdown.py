"""The pod's grace period is over before its server has stopped."""

from collections.abc import Iterator
from math import ceil

from k8slint import (
    Budget,
    Field,
    Finding,
    Level,
    Needs,
    Options,
    Process,
    Related,
    Repair,
    Role,
    Rule,
    Safety,
    Severity,
    Workload,
    endless_responses,
    pre_stop_seconds,
    shutdown_budget,
    sigterm_handling,
)

SPARE = 5
FLAG = "set --timeout-graceful-shutdown {seconds} (uvicorn.run(..., timeout_graceful_shutdown={seconds}))"


def check(workload: Workload) -> Iterator[Finding]:
    grace, before = workload.grace_seconds, pre_stop_seconds(workload)
    if workload.runs_to_completion or workload.role not in (Role.MAIN, Role.SIDECAR) or before.is_unknown:
        return
    if not grace.is_known or not workload.stop_signal.is_known or workload.stop_signal.value != "SIGTERM":
        return
    findings = [_judge(workload, process, grace.value, before.or_else(0)) for process in workload.python_processes]
    # Where the process may go several ways, one that is in time may be the one it goes.
    if findings and len(findings) == len(workload.processes.value) and None not in findings:
        yield from findings[:1]  # type: ignore[misc]  # None was ruled out above


def _judge(workload: Workload, process: Process, grace: int, before: float) -> Finding | None:
    if process.arrives is False or process.entry.finite is True:
        return None
    if grace == 0:  # Whether SIGTERM would arrive makes no difference: it is not sent.
        ends_well = process.entry.sigterm or _handles(workload, process)
        never = f"{workload.label} has a grace period of 0 s: it is killed at once, without SIGTERM, which "
        message = f"{never}{process.entry.name} would handle"
        return _finding(workload, message, before + 30, Severity.WARNING, ()) if ends_well else None
    if process.arrives is not True:
        return None
    if before > 0 and before >= grace:
        cut = f"preStop takes {before:g} s, but {workload.label} has {grace} s, and these count from its start"
        effect = f"the hook is cut short, and {process.entry.name} gets SIGTERM with 2 s to live"
        return _finding(workload, f"{cut}: {effect}", before + 30, Severity.ERROR, ())
    budget = shutdown_budget(workload, process)
    if not budget.is_known:
        return None
    found = budget.value
    if found.seconds is None:
        return _without_limit(workload, process, found, grace - before)
    total = before + found.seconds
    if total < grace:
        return None
    sum_of = f"preStop {before:g} s + " if before else ""
    is_sum = f" = {total:g} s" if before else ""
    default = "" if found.written else " (its default)"
    has = f"{sum_of}{found.name} {found.seconds:g} s{default}{is_sum}, and {workload.label} has {grace} s"
    related = (Related(found.location, f"{found.name} is {found.seconds:g} s{default}"),)
    if total == grace:
        message = f"{has}: nothing is left for the server's own end"
        return _finding(workload, message, total + 5, Severity.INFO, related)
    message = f"{has}: work that still runs {grace - before:g} s after SIGTERM is cut off by SIGKILL"
    explicit = found.written and (bool(workload.grace_seconds.places) or before > 0)
    severity = Severity.ERROR if explicit else Severity.WARNING
    # Who wrote a grace period and no limit for the server has said how long a stop may take.
    shorter = workload.grace_seconds.places and not found.written and grace - before >= 2 * SPARE
    repair = _limited(process, found, int(grace - before) - SPARE) if shorter else None
    return _finding(workload, message, total + SPARE, severity, related, repair)


def _limited(process: Process, found: Budget, seconds: int) -> Repair | None:
    """The server's own limit added to its command line."""
    last = process.entry.last_word
    if not found.option or last is None:
        return None
    option = Options(last.location, last.written, (found.option, str(seconds)))
    return Repair(f"give {process.entry.name} {seconds} s to stop", Safety.UNSAFE, (option,))


def _handles(workload: Workload, process: Process) -> bool:
    """Whether the program does something on SIGTERM."""
    program = workload.program(process)
    return program.is_known and sigterm_handling(program.value).is_known


def _without_limit(workload: Workload, process: Process, budget: Budget, left: float) -> Finding | None:
    program = workload.program(process)
    if not program.is_known:
        return None
    streams = endless_responses(program.value)
    seconds = max(1, int(left) - SPARE)
    fix, repair = FLAG.format(seconds=seconds), _limited(process, budget, seconds)
    name = process.entry.server or "uvicorn"
    waits = f"{name} has no --timeout-graceful-shutdown and waits for its clients without limit"
    killed = f"until SIGKILL, {left:g} s after SIGTERM, and the application's shutdown code does not run"
    if not streams:
        message = f"{waits}: one slow request keeps {workload.label} alive {killed}"
        return Finding(RULE, budget.location, message, fix, (), Severity.INFO, pedantic=True, repair=repair)
    note = streams[0].note
    message = f"{waits}; with {note} one open connection can keep {workload.label} alive {killed}"
    related = tuple(Related(place.location, place.note) for place in streams[:3])
    return Finding(RULE, budget.location, message, fix, related, Severity.WARNING, repair=repair)


def _finding(
    workload: Workload,
    message: str,
    wanted: float,
    severity: Severity,
    related: tuple[Related, ...],
    repair: Repair | None = None,
) -> Finding | None:
    places = workload.grace_seconds.places
    location = places[0].location if places else workload.location
    related += tuple(Related(place.location, place.note) for place in pre_stop_seconds(workload).places)
    fix = f"set terminationGracePeriodSeconds: {ceil(wanted)}, or shorten what comes before"
    if location is None:
        return None
    longer = Field(location, Level.POD, ("terminationGracePeriodSeconds",), str(ceil(wanted)))
    repair = repair or Repair(f"give it {ceil(wanted)} s to stop", Safety.UNSAFE, (longer,))
    return Finding(RULE, location, message, fix, related, severity, pedantic=severity is Severity.INFO, repair=repair)


RULE = Rule(
    "grace-shorter-than-shutdown",
    "The grace period is over before the server has stopped",
    Severity.ERROR,
    Workload,
    check,
    fixable=Safety.UNSAFE,
    needs=(Needs.KUBERNETES,),
)
