"""The command names a file, a module or an attribute that is not there."""

from collections.abc import Iterator

from k8slint import Finding, Needs, Related, Rule, Severity, Workload, missing_targets


def check(workload: Workload) -> Iterator[Finding]:
    if not workload.processes.is_known:
        return
    per_process = [tuple(missing_targets(workload, one)) for one in workload.processes.value]
    if not all(per_process):
        return  # One of the ways that the container may go finds its program.
    confidence = workload.link.value.confidence if workload.link.is_known else None
    for one in dict.fromkeys(one for found in per_process for one in found):
        message = f"{one.what}: {one.effect} in {workload.label}"
        related = (Related(one.near, "this may be meant"),) if one.near is not None else ()
        yield Finding(RULE, one.location, message, one.fix, related, confidence=confidence)


RULE = Rule(
    "entry-target-missing",
    "The command names a file, a module or an attribute that is not there",
    Severity.ERROR,
    Workload,
    check,
    needs=(Needs.PYTHON,),
)
