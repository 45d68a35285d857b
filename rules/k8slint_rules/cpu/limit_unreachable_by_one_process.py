"""A CPU limit that the container's one process can never use."""

from collections.abc import Iterator

from k8slint import Confidence, Finding, Needs, Related, Rule, Severity, Workload, one_core

FIX = "write cpu: 1 and start more replicas, or start as many workers as the limit has CPUs"


def check(workload: Workload) -> Iterator[Finding]:
    limit, request = workload.quantity("limits", "cpu"), workload.quantity("requests", "cpu")
    if not limit.is_known or limit.value.value < 2:
        return
    one = one_core(workload)
    if one is None:
        return
    # A request that is not written is taken from the limit.
    reserved = limit if request.is_absent else request
    message = (
        f"limits.cpu {limit.value.text} of {workload.label} is for one process of {one.name}, which runs Python on "
        "about one processor at a time"
    )
    if reserved.is_known and reserved.value.value >= 2:
        message += f"; {reserved.value.text} CPUs are reserved for it on the node, and most of that stays idle"
    related = (Related(one.location, f"starts {one.name}"),)
    yield Finding(RULE, limit.value.location, message, FIX, related)


RULE = Rule(
    "limit-unreachable-by-one-process",
    "The CPU limit is more than one process can use",
    Severity.INFO,
    Workload,
    check,
    Confidence.MEDIUM,
    pedantic=True,
    needs=(Needs.KUBERNETES, Needs.PYTHON),
)
