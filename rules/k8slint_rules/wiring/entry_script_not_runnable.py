"""The file that the container starts with cannot be executed."""

from collections.abc import Iterator

from k8slint import Finding, Location, Related, Rule, Severity, Workload, unrunnable


def check(workload: Workload) -> Iterator[Finding]:
    confidence = workload.link.value.confidence if workload.link.is_known else None
    for one in unrunnable(workload):
        message = f'{one.what}: {workload.label} cannot start, "{one.says}"'
        related = (Related(Location(one.file, 1, 1, 1, 1), "this file"),) if one.file else ()
        yield Finding(RULE, one.location, message, one.fix, related, confidence=confidence)


RULE = Rule(
    "entry-script-not-runnable",
    "The file that the container starts with cannot be executed",
    Severity.ERROR,
    Workload,
    check,
)
