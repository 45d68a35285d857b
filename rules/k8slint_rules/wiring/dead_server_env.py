"""A variable is meant for the server, and the server does not read it."""

from collections.abc import Iterator

from k8slint import Finding, Needs, Related, Rule, Severity, Workload, dead_variables


def check(workload: Workload) -> Iterator[Finding]:
    if not workload.processes.is_known:
        return
    per_process = [{one.name: one for one in dead_variables(workload, each)} for each in workload.processes.value]
    for name, one in per_process[0].items() if per_process else ():
        if not all(name in found for found in per_process):
            continue  # One of the programs in the container, or of the ways that it may go, reads it.
        message = f"{name} has no effect in {workload.label}: {one.why}"
        related = (Related(one.by, "the command line"),) if one.by is not None else ()
        confidence = workload.link.value.confidence if workload.link.is_known else None
        yield Finding(RULE, one.location, message, one.fix, related, confidence=confidence)


RULE = Rule(
    "dead-server-env",
    "A variable is meant for the server, which does not read it",
    Severity.WARNING,
    Workload,
    check,
    needs=(Needs.PYTHON,),
)
