"""A program reads its limits from files that nodes of today no longer have."""

from collections.abc import Iterator

from k8slint import Confidence, Finding, Needs, Related, Rule, Severity, Workload, old_cgroup_reads

NEW = {"memory": "memory.max and memory.current", "cpu": "cpu.max"}


def check(workload: Workload) -> Iterator[Finding]:
    if not workload.python.or_else(False):
        return
    first = {(one.location.path, one.resource): one for one in reversed(tuple(old_cgroup_reads(workload)))}
    for one in reversed(first.values()):
        limit = workload.quantity("limits", one.resource)
        if limit.is_absent:
            continue  # There is nothing to be read in any file.
        limited = f"that limits.{one.resource} of {workload.label} is"
        learns = f"{limited} {limit.value.text}" if limit.is_known else "its limit"
        message = (
            f"reads {one.file}, which nodes of today (cgroup v2) no longer have: there it cannot be opened, and the "
            f"program does not learn {learns}"
        )
        fix = f"read {NEW[one.resource]} in /sys/fs/cgroup first, and this file where they are missing"
        related = tuple(Related(place.location, f"limits.{one.resource}") for place in limit.places if limit.is_known)
        severity, confidence = (None, None) if limit.is_known else (Severity.WARNING, Confidence.MEDIUM)
        yield Finding(RULE, one.location, message, fix, related, severity, confidence)


RULE = Rule(
    "cgroup-v1-only",
    "The program reads its limits from files of cgroup v1 alone",
    Severity.ERROR,
    Workload,
    check,
    needs=(Needs.PYTHON,),
)
