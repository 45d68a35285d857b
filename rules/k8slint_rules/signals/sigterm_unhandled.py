"""The program stays up and does nothing on SIGTERM."""

from collections.abc import Iterator

from k8slint import (
    Finding,
    Location,
    Process,
    Program,
    Related,
    Role,
    Rule,
    Severity,
    Workload,
    blocking,
    clean_up,
    interrupt_only,
    sigterm_handling,
    stays_up,
)

FIX = (
    "install a handler that lets the loop end, for example stop = threading.Event() and "
    "signal.signal(signal.SIGTERM, lambda *_: stop.set()), and wait with stop.wait(seconds) instead of time.sleep(); "
    "in asyncio use loop.add_signal_handler(signal.SIGTERM, stop.set)"
)


def check(workload: Workload) -> Iterator[Finding]:
    if workload.runs_to_completion:
        return
    for process, program in workload.programs():
        if process is None or not process.entry.server:
            yield from _own_program(workload, process, program)
    for process in workload.python_processes:
        if process.entry.server and process.entry.sigterm is False:
            yield from _server(workload, process)


def _own_program(workload: Workload, process: Process | None, program: Program) -> Iterator[Finding]:
    if (
        not stays_up(program).is_known
        or not sigterm_handling(program).is_absent
        or _stopped_by_interrupt(workload, process, program)
    ):
        return
    skipped = clean_up(program)
    place = blocking(program)[0]
    name = program.entry.path
    related = tuple(Related(one.location, one.note) for one in skipped if one.location != place.location)[:3]
    related += tuple(Related(location, f"{what} starts it") for location, what in workload.launch_places)
    verdict = _verdict(workload, process, name, bool(skipped))
    if verdict is not None:
        severity, message = verdict
        yield Finding(RULE, place.location, f"{place.what} in {place.module.path}: {message}", FIX, related, severity)


def _verdict(workload: Workload, process: Process | None, name: str, cleans_up: bool) -> tuple[Severity, str] | None:
    wait = f"{workload.grace_seconds.value} s" if workload.grace_seconds.is_known else "30 s (the default grace period)"
    ends_at_once = (
        "SIGTERM ends the program at once: no finally block, no atexit function and no context manager is left"
    )
    if process is None:
        return Severity.WARNING, (
            "nothing handles SIGTERM. As PID 1 of a container the program ignores the signal and is killed when the "
            "grace period is over; behind an init it dies at once, without any clean-up"
        )
    if workload.shares_process_namespace or (process.arrives and not process.entry_is_pid1):
        return (Severity.WARNING, ends_at_once) if cleans_up else None
    if process.entry_is_pid1:
        return Severity.ERROR, (
            f"nothing handles SIGTERM, and as PID 1 of {workload.label} the program ignores it: every stop takes "
            f"{wait}, then the program is killed in the middle of its work"
        )
    if process.arrives is False:
        return Severity.WARNING, (
            f"nothing handles SIGTERM. Today the signal does not even arrive; once it does, {name} will still be "
            f"killed in the middle of its work after {wait}"
        )
    return (Severity.WARNING, ends_at_once) if cleans_up else None


def _stopped_by_interrupt(workload: Workload, process: Process | None, program: Program) -> bool:
    """Whether what arrives is SIGINT, or may be, and the program is written for it."""
    signal = workload.stop_signal
    rewritten = process is not None and any(step.rewrites_to_interrupt for step in process.steps)
    if not signal.is_known:
        return True
    # A preStop hook may stop the program in its own way before the signal is sent.
    hook = workload.pre_stop is not False and interrupt_only(program)
    return hook or ((signal.value == "SIGINT" or rewritten) and interrupt_only(program))


def _server(workload: Workload, process: Process) -> Iterator[Finding]:
    entry = process.entry
    if workload.role is Role.PROGRAM or workload.stop_signal.or_else("SIGINT") == "SIGINT":
        return
    if workload.shares_process_namespace or not (process.entry_is_pid1 or process.arrives is False):
        return
    wait = f"{workload.grace_seconds.value} s" if workload.grace_seconds.is_known else "30 s (the default grace period)"
    places: tuple[tuple[Location, str], ...] = workload.launch_places
    yield Finding(
        RULE,
        entry.location,
        f"{entry.name} does not handle SIGTERM: {workload.label} takes {wait} to stop, then it is killed in the middle "
        "of its requests",
        "run the application in a server that ends on SIGTERM, such as gunicorn or uvicorn",
        tuple(Related(location, f"{what} starts it") for location, what in places if location != entry.location),
        Severity.ERROR if process.entry_is_pid1 else Severity.WARNING,
    )


RULE = Rule(
    "sigterm-unhandled",
    "The program stays up and does nothing on SIGTERM",
    Severity.ERROR,
    Workload,
    check,
)
