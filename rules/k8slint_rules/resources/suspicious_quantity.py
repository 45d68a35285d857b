"""An amount of memory or CPU is not what its author meant."""

import math
from collections.abc import Iterator

from k8slint import Doubt, DoubtfulQuantity, Finding, Needs, Related, Rule, Severity, Workload, doubtful_quantities


def check(workload: Workload) -> Iterator[Finding]:
    if not workload.ours.or_else(False):
        return
    for one in doubtful_quantities(workload):
        severity, what = _consequence(one)
        related = (Related(one.other.location, f"the limit, {one.other.text}"),) if one.other is not None else ()
        yield Finding(RULE, one.location, f"{workload.label}: {what}", _fix(one), related, severity=severity)


def _consequence(one: DoubtfulQuantity) -> tuple[Severity, str]:
    named = f"{one.name}: {one.written}"
    if one.doubt is Doubt.UNREADABLE:
        return Severity.ERROR, f"{named} is no quantity that Kubernetes can read: it refuses the object"
    if one.doubt is Doubt.MANY_CPUS:
        return Severity.ERROR, f"{named} is {one.amount:,.0f} CPUs, which no node has: the pod stays Pending for ever"
    if one.doubt is Doubt.ABOVE_LIMIT and one.other is not None:
        return Severity.ERROR, f"{named} is more than the limit, {one.other.text}: Kubernetes refuses the object"
    if one.doubt is Doubt.THOUSANDTHS:
        number = "1000 times the node's number of CPUs" if math.isnan(one.amount) else f"{one.amount:,.0f}"
        return Severity.ERROR, f"divisor {one.written} counts thousandths of a CPU, so that {one.name} becomes {number}"
    if one.doubt is Doubt.NODE_COUNT:
        return Severity.WARNING, (
            f"{one.name} is taken from limits.cpu, and there is no CPU limit: it becomes the number of CPUs of "
            "whichever node the pod runs on"
        )
    return _few_bytes(one, f"{named} is {_bytes(one.amount)}{' (m stands for thousandths)' if _is_milli(one) else ''}")


def _few_bytes(one: DoubtfulQuantity, named: str) -> tuple[Severity, str]:
    if one.name == "limits.memory":
        return Severity.ERROR, f"{named}: the container is killed before its program starts"
    if one.name == "requests.memory":
        return Severity.WARNING, f"{named}: the scheduler counts no memory for the pod, however full the node is"
    if one.name == "requests.ephemeral-storage":
        return Severity.WARNING, f"{named}: the scheduler counts no disk for the pod"
    return Severity.ERROR, f"{named}: the pod is evicted as soon as it writes more than that"


def _is_milli(one: DoubtfulQuantity) -> bool:
    return one.written.endswith("m")


def _bytes(amount: float) -> str:
    return f"{amount:g} bytes" if amount < 1024 else f"{amount / 1024:,.0f} KiB"


def _fix(one: DoubtfulQuantity) -> str:
    if one.doubt is Doubt.THOUSANDTHS:
        return 'write divisor: "1", which rounds up to whole CPUs, and give the container a CPU limit'
    if one.doubt is Doubt.NODE_COUNT:
        return f"give the container a CPU limit, or write the number: {one.name}"
    if one.doubt is Doubt.ABOVE_LIMIT:
        return "raise the limit or lower the request"
    return f"write {one.meant}" if one.meant else "write the amount with its unit, as in 512Mi, 2Gi, 500m"


RULE = Rule(
    "suspicious-quantity",
    "An amount of memory or CPU is not what its author meant",
    Severity.ERROR,
    Workload,
    check,
    needs=(Needs.KUBERNETES,),
)
