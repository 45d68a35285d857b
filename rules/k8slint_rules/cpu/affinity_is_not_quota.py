"""A program takes the processors that it may run on for its CPU limit."""

from collections.abc import Iterator

from k8slint import Finding, Needs, Related, Rule, Severity, Workload, affinity_calls, affinity_reads

FIX = "read cpu.max in /sys/fs/cgroup, use loky.cpu_count(), or pass the limit in (resourceFieldRef: limits.cpu)"


def check(workload: Workload) -> Iterator[Finding]:
    limit = workload.quantity("limits", "cpu")
    if not limit.is_known or not workload.python.or_else(False):
        return
    for one in affinity_reads(workload):
        message = (
            f"{one.written} tells which processors the scheduler may use, and a CPU limit does not change that: under "
            f"limits.cpu {limit.value.text} of {workload.label} it still counts every processor of the node"
        )
        related = tuple(Related(place.location, "limits.cpu") for place in limit.places)
        yield Finding(RULE, one.location, message, FIX, related)


RULE = Rule(
    "affinity-is-not-quota",
    "The program takes its CPU affinity for its CPU limit",
    Severity.WARNING,
    Workload,
    check,
    calls=affinity_calls(),
    needs=(Needs.KUBERNETES, Needs.PYTHON),
)
