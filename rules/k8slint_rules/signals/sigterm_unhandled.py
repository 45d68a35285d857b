"""The program stays up and does nothing on SIGTERM."""

from collections.abc import Iterator

from k8slint import (
    INTERRUPT,
    Finding,
    Process,
    Program,
    Related,
    Repair,
    Role,
    Rule,
    Safety,
    Severity,
    StepKind,
    StopEvent,
    Workload,
    clean_up,
    interrupt_only,
    kept_up,
    sigterm_handling,
)

FIX = (
    "install a handler that lets the loop end, for example stop = threading.Event() and "
    "signal.signal(signal.SIGTERM, lambda *_: stop.set()), and wait with stop.wait(seconds) instead of time.sleep(); "
    "in asyncio use loop.add_signal_handler(signal.SIGTERM, stop.set)"
)
INTERRUPT_FIX = "install the same handler for signal.SIGTERM, which is what Kubernetes sends"
SERVER_FIX = "run the application in a server that ends on SIGTERM, such as gunicorn or uvicorn"
# What else runs would keep the program from ending, or would have to be ended too.
OTHERS = (
    "threading.Thread",
    "threading.Timer",
    "multiprocessing.Process",
    "multiprocessing.Pool",
    "concurrent.futures.ThreadPoolExecutor",
    "concurrent.futures.ProcessPoolExecutor",
)
SKIPPED = "no finally block, context manager or atexit function is run"


def check(workload: Workload) -> Iterator[Finding]:
    # Another stop signal than SIGTERM has another handler, or is SIGINT, which Python turns into KeyboardInterrupt.
    if not workload.stop_signal.is_known or workload.stop_signal.value != "SIGTERM":
        return
    for process, program in workload.programs():
        if process is None or not process.entry.server:
            yield from _own_program(workload, process, program)
    for process in workload.python_processes:
        if process.entry.server and process.entry.sigterm is False and workload.role is not Role.PROGRAM:
            yield from _server(workload, process)


def _own_program(workload: Workload, process: Process | None, program: Program) -> Iterator[Finding]:
    # A preStop hook may send SIGINT; dumb-init can turn SIGTERM into it.
    by_hook = workload.pre_stop and interrupt_only(program)
    rewritten = process is not None and any(step.rewrites_to_interrupt for step in process.steps)
    found = kept_up(workload, program)
    if by_hook or rewritten or not found or not sigterm_handling(program).is_absent:
        return
    skipped = clean_up(program)
    if process is not None and not skipped and _may_end_at_once(workload, process):
        return
    place, *others = found
    fix = INTERRUPT_FIX if place.what == INTERRUPT else FIX
    severity, verdict = _verdict(workload, process)
    message = f"{place.what} in {place.location.path}: nothing handles SIGTERM{verdict}"
    related = tuple(Related(one.location, one.note) for one in skipped if one.location != place.location)[:3]
    related += tuple(Related(one.location, f"{one.what} too") for one in others[:5])
    related += tuple(Related(location, f"started from here: {what}") for location, what in workload.launch_places)
    if workload.runs_to_completion:
        yield Finding(RULE, place.location, message, fix, related, Severity.INFO, pedantic=True)
    else:
        repair = None
        if not others and place.what == "endless loop" and not any(program.calls(*OTHERS)):
            repair = Repair("let the loop end on SIGTERM", Safety.UNSAFE, (StopEvent(place.location),))
        yield Finding(RULE, place.location, message, fix, related, severity, repair=repair)


def _verdict(workload: Workload, process: Process | None) -> tuple[Severity, str]:
    if process is None:
        return Severity.WARNING, (
            ". As PID 1 of a container the program ignores the signal and is killed when the grace period is over; "
            "behind an init it dies at once, without any clean-up"
        )
    if _ends_at_once(workload, process) or (process.arrives and not process.entry_is_pid1):
        return Severity.WARNING, f": a stop ends the program at once, {SKIPPED}"
    if process.entry_is_pid1:
        return Severity.ERROR, (
            f", and as PID 1 of {workload.label} the program ignores it: every stop takes {_wait(workload)}, then the "
            "program is killed in the middle of its work"
        )
    if process.arrives is False:
        return Severity.WARNING, (
            ". Today the signal does not even arrive; once it does, the program will still be killed in the middle of "
            f"its work after {_wait(workload)}"
        )
    return Severity.WARNING, f": whether it ends the program at once or is ignored until SIGKILL, {SKIPPED}"


def _server(workload: Workload, process: Process) -> Iterator[Finding]:
    entry = process.entry
    if workload.runs_to_completion or _may_end_at_once(workload, process):
        return
    message = (
        f"{entry.name} does not handle SIGTERM: {workload.label} takes {_wait(workload)} to stop, then it is killed in "
        "the middle of its requests"
    )
    places = (place for place in workload.launch_places if place[0] != entry.location)
    related = tuple(Related(location, f"started from here: {what}") for location, what in places)
    fix = "add --die-on-term" if entry.server == "uwsgi" else SERVER_FIX
    severity = Severity.ERROR if process.entry_is_pid1 else Severity.WARNING
    yield Finding(RULE, entry.location, message, fix, related, severity)


def _ends_at_once(workload: Workload, process: Process) -> bool:
    """Whether nothing of ours is PID 1, so that a signal which nobody handles is not ignored."""
    first = process.pid1
    return workload.shares_process_namespace or (first is not None and first.kind is StepKind.INIT)


def _may_end_at_once(workload: Workload, process: Process) -> bool:
    return _ends_at_once(workload, process) or not (process.entry_is_pid1 or process.arrives is False)


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
    calls=OTHERS,
    fixable=Safety.UNSAFE,
)
