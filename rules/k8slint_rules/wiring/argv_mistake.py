"""A command line does not reach the program as it was meant."""

from collections.abc import Iterator

from k8slint import Finding, Rule, Severity, Workload, argv_mistakes


def check(workload: Workload) -> Iterator[Finding]:
    if not (workload.python.or_else(False) or workload.stage is not None):
        return
    confidence = workload.link.value.confidence if workload.link.is_known else None
    for one in argv_mistakes(workload):
        severity = Severity.ERROR if one.fatal else Severity.WARNING
        message = f"{workload.label}: {one.what}"
        yield Finding(RULE, one.location, message, one.fix, (), severity, confidence)


RULE = Rule(
    "argv-mistake",
    "A command line does not reach the program as it was meant",
    Severity.ERROR,
    Workload,
    check,
)
