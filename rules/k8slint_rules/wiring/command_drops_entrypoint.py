"""The container's command replaces an ENTRYPOINT that did something that the program needs."""

from collections.abc import Iterator

from k8slint import (
    CHILD_CALLS,
    ENVIRONMENT_READS,
    Finding,
    Needs,
    Related,
    Rule,
    Severity,
    Workload,
    dropped_entrypoint,
)


def check(workload: Workload) -> Iterator[Finding]:
    command = workload.container.command if workload.container is not None else None
    found = dropped_entrypoint(workload)
    if command is None or not command.is_known or not found.is_known:
        return
    dropped = found.value
    message = (
        f"command of {workload.label} replaces ENTRYPOINT {dropped.written}, which starts the same program when it "
        f"gets the words as args: {'; '.join(dropped.lost)}"
    )
    severity = Severity.ERROR if dropped.needs_init else Severity.WARNING
    confidence = workload.link.value.confidence if workload.link.is_known else None
    related = (Related(dropped.entrypoint, "the ENTRYPOINT that is not run"),)
    place = command.value[0].location
    yield Finding(RULE, place, message, "write args instead of command", related, severity, confidence)


RULE = Rule(
    "command-drops-entrypoint",
    "The command in the manifest replaces an ENTRYPOINT that the program needs",
    Severity.ERROR,
    Workload,
    check,
    calls=(*CHILD_CALLS, *ENVIRONMENT_READS),
    needs=(Needs.KUBERNETES, Needs.PYTHON),
)
