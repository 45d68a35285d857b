"""A workload without the label that names its team."""

from collections.abc import Iterator

from k8slint import Finding, Rule, Severity, Workload


def check(workload: Workload) -> Iterator[Finding]:
    if workload.owner is not None and "team" not in workload.owner.labels:
        yield Finding(
            RULE, workload.owner.location, f"{workload.label} has no label team: nobody is called when it fails"
        )


RULE = Rule("unowned-workload", "A workload has no owner", Severity.WARNING, Workload, check)
