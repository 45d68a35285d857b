"""The program stays up and does nothing on SIGTERM."""

from collections.abc import Iterator

from k8slint import (
    CHILD_STARTS,
    INTERRUPT,
    Finding,
    OnStop,
    Process,
    Related,
    Repair,
    Rule,
    Safety,
    Severity,
    StopEvent,
    UnhandledSigterm,
    Workload,
    deaf_servers,
    unhandled_sigterms,
)

FIX = (
    "install a handler that lets the loop end, for example stop = threading.Event() and "
    "signal.signal(signal.SIGTERM, lambda *_: stop.set()), and wait with stop.wait(seconds) instead of time.sleep(); "
    "in asyncio use loop.add_signal_handler(signal.SIGTERM, stop.set)"
)
INTERRUPT_FIX = "install the same handler for signal.SIGTERM, which is what Kubernetes sends"
SERVER_FIX = "run the application in a server that ends on SIGTERM, such as gunicorn or uvicorn"
SKIPPED = "no finally block, context manager or atexit function is run"
VERDICTS = {
    OnStop.NOT_STARTED_HERE: (
        ". As PID 1 of a container the program ignores the signal and is killed when the grace period is over; "
        "behind an init it dies at once, without any clean-up"
    ),
    OnStop.ENDS: f": a stop ends the program at once, {SKIPPED}",
    OnStop.IGNORES: (
        ", and as PID 1 of {label} the program ignores it: every stop takes {wait}, then the program is killed in the "
        "middle of its work"
    ),
    OnStop.NEVER_HEARS: (
        ". Today the signal does not even arrive; once it does, the program will still be killed in the middle of its "
        "work after {wait}"
    ),
    OnStop.EITHER: f": whether it ends the program at once or is ignored until SIGKILL, {SKIPPED}",
}


def check(workload: Workload) -> Iterator[Finding]:
    for one in unhandled_sigterms(workload):
        yield _own_program(workload, one)
    for process in deaf_servers(workload):
        yield _server(workload, process)


def _own_program(workload: Workload, one: UnhandledSigterm) -> Finding:
    place, *others = one.staying
    fix = INTERRUPT_FIX if place.what == INTERRUPT else FIX
    verdict = VERDICTS[one.on_stop].format(label=workload.label, wait=_wait(workload))
    message = f"{place.what} in {place.location.path}: nothing handles SIGTERM{verdict}"
    related = tuple(Related(at.location, at.note) for at in one.skipped if at.location != place.location)[:3]
    related += tuple(Related(other.location, f"{other.what} too") for other in others[:5])
    related += tuple(Related(location, f"started from here: {what}") for location, what in workload.launch_places)
    if workload.runs_to_completion:
        return Finding(RULE, place.location, message, fix, related, Severity.INFO, pedantic=True)
    severity = Severity.ERROR if one.on_stop is OnStop.IGNORES else Severity.WARNING
    repair = None
    if one.is_lone_loop:
        repair = Repair("let the loop end on SIGTERM", Safety.UNSAFE, (StopEvent(place.location),))
    return Finding(RULE, place.location, message, fix, related, severity, repair=repair)


def _server(workload: Workload, process: Process) -> Finding:
    entry = process.entry
    message = (
        f"{entry.name} does not handle SIGTERM: {workload.label} takes {_wait(workload)} to stop, then it is killed in "
        "the middle of its requests"
    )
    places = (place for place in workload.launch_places if place[0] != entry.location)
    related = tuple(Related(location, f"started from here: {what}") for location, what in places)
    fix = "add --die-on-term" if entry.server == "uwsgi" else SERVER_FIX
    severity = Severity.ERROR if process.entry_is_pid1 else Severity.WARNING
    return Finding(RULE, entry.location, message, fix, related, severity)


def _wait(workload: Workload) -> str:
    grace = workload.grace_seconds
    if grace.is_known:
        return f"{grace.value} s"
    return "30 s (the default grace period)" if workload.owner is None else "the whole grace period"


RULE = Rule(
    "sigterm-unhandled",
    "The program stays up and does nothing on SIGTERM",
    Severity.ERROR,
    Workload,
    check,
    calls=CHILD_STARTS,
    fixable=Safety.UNSAFE,
)
