"""What the program prints stays in a buffer, because PYTHONUNBUFFERED is not set."""

from collections.abc import Iterator

from k8slint import (
    OUTPUT_CALLS,
    BufferedOutput,
    Finding,
    ImageVariable,
    Item,
    Level,
    Related,
    Repair,
    Rule,
    Safety,
    Severity,
    Unbuffered,
    Workload,
    buffered_outputs,
)


def check(workload: Workload) -> Iterator[Finding]:
    for one in buffered_outputs(workload):
        state, fix = _setting(workload, one)
        start = f"PYTHONUNBUFFERED {state} in {workload.label}"
        related, repair = _start(one), _repair(workload, one)
        if one.printed is None or workload.runs_to_completion:
            message = (
                f"{start}: what is printed arrives in blocks of 8 KiB, and the last block is lost when the process is "
                "killed; what goes through logging is not lost"
            )
            yield Finding(RULE, one.location, message, fix, related, Severity.INFO, repair=repair)
        else:
            at = one.printed.location
            message = (
                f"{start} and {at.path} prints: up to 8 KiB of output stay in the process, and are lost when it is "
                "killed, for example for using too much memory"
            )
            related = (Related(at, "prints without a flush"), *related)
            yield Finding(RULE, one.location, message, fix, related, repair=repair)


def _setting(workload: Workload, one: BufferedOutput) -> tuple[str, str]:
    """What is said of the variable, and the fix."""
    if one.why is Unbuffered.IGNORED:
        return "is ignored (python -E or -I)", "add the option -u"
    if one.why is Unbuffered.OFF:
        return f"is {one.written or 'empty'}, which leaves buffering on,", "set PYTHONUNBUFFERED to 1"
    has_image = workload.stage is not None
    place = "set ENV PYTHONUNBUFFERED=1 in the image's last stage" if has_image else "set PYTHONUNBUFFERED to 1 in env"
    return "is not set", place


def _repair(workload: Workload, one: BufferedOutput) -> Repair | None:
    if one.why is not Unbuffered.UNSET:
        return None
    if one.location == workload.from_location:
        return Repair("set PYTHONUNBUFFERED", Safety.SAFE, (ImageVariable(one.location, "PYTHONUNBUFFERED", "1"),))
    entry = Item(one.location, Level.CONTAINER, ("env",), ('name: PYTHONUNBUFFERED\nvalue: "1"',))
    return Repair("set PYTHONUNBUFFERED", Safety.SAFE, (entry,))


def _start(one: BufferedOutput) -> tuple[Related, ...]:
    """Where another file than the one to edit starts the program: there -u would do as well."""
    entry = one.process.entry if one.process is not None else None
    if entry is None or entry.location.path == one.location.path:
        return ()
    return (Related(entry.location, "starts the program, without -u"),)


RULE = Rule(
    "stdout-buffered",
    "Printed output stays in a buffer: PYTHONUNBUFFERED is not set",
    Severity.WARNING,
    Workload,
    check,
    calls=OUTPUT_CALLS,
    fixable=Safety.SAFE,
)
