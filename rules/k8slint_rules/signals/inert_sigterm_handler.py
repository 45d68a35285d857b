"""A handler for SIGTERM that does not end the program."""

from collections.abc import Iterator

from k8slint import (
    Finding,
    Needs,
    Process,
    Program,
    Related,
    Rule,
    Severity,
    Workload,
    blocking,
    clean_up,
    hard_exits,
    inert_handlers,
    never_installed,
)

FIX = "let the handler set a threading.Event that the loop waits for: while not stop.wait(seconds), or raise SystemExit"
HARD_FIX = "call sys.exit() instead: it raises SystemExit, and finally blocks, context managers and atexit run"


def check(workload: Workload) -> Iterator[Finding]:
    for process, program in workload.programs():
        if workload.runs_to_completion or (process is not None and process.entry.server):
            continue
        yield from _inert(workload, process, program)
        yield from _hard(program)


def _inert(workload: Workload, process: Process | None, program: Program) -> Iterator[Finding]:
    grace = workload.grace_seconds
    wait = f" after {grace.value} s" if grace.is_known else ", once the grace period is over"
    loops = tuple(Related(one.location, f"{one.what} goes on") for one in blocking(program)[:3])
    for one in inert_handlers(program):
        what = f"{one.name}() is called on SIGTERM and {one.why}"
        message = f"{what}: the program goes on until it is killed{wait}"
        yield Finding(RULE, one.location, message, FIX, loops)
    for one in never_installed(program):
        yield Finding(RULE, one.location, f"{one.name} {one.why}: no handler is installed", FIX)


def _hard(program: Program) -> Iterator[Finding]:
    skipped = clean_up(program)
    related = tuple(Related(place.location, place.note) for place in skipped)
    for one in hard_exits(program) if skipped else ():
        message = (
            f"{one.name}() ends the program on SIGTERM past all of its clean-up: no finally block, context manager or "
            "atexit function is run, and printed output that is still buffered is lost"
        )
        yield Finding(RULE, one.call.location, message, HARD_FIX, related, Severity.WARNING)


RULE = Rule(
    "inert-sigterm-handler",
    "A handler for SIGTERM that does not end the program",
    Severity.ERROR,
    Workload,
    check,
    needs=(Needs.PYTHON,),
)
