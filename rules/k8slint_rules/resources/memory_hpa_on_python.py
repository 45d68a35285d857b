"""An autoscaler measures the memory of a Python program, which hardly ever goes down, or a share of no request."""

from collections.abc import Iterator

from k8slint import Finding, Needs, Related, Role, Rule, Severity, Workload, recycles_workers, resource_metrics


def check(workload: Workload) -> Iterator[Finding]:
    location = workload.location
    if location is None or workload.role is Role.INIT or not workload.ours.or_else(False):
        return
    for one in resource_metrics(workload):
        related = (Related(location, "the container that is scaled"),)
        no_request = all(workload.quantity(section, one.resource).is_absent for section in ("requests", "limits"))
        if one.is_share and no_request:
            message = (
                f"{one.scaler} aims at a share of requests.{one.resource}, and {workload.label} has no such request: "
                "the share cannot be computed, and nothing is scaled by it"
            )
            yield Finding(RULE, one.location, message, f"set resources.requests.{one.resource}", related)
        elif one.resource == "memory" and workload.python.or_else(False):
            message = (
                f"{one.scaler} scales {workload.label} by memory, which a Python process hardly gives back (440 of 448 "
                "MiB stayed after a batch): it adds pods at the first peak and keeps them, and an average over all "
                "pods does not save the one that runs out of memory"
            )
            fix = "scale by CPU, by requests a second or by the length of the queue, and bound memory with a limit"
            is_mild = one.others > 0 and recycles_workers(workload)
            yield Finding(
                RULE, one.location, message, fix, related, Severity.INFO if is_mild else None, pedantic=is_mild
            )


RULE = Rule(
    "memory-hpa-on-python",
    "An autoscaler measures memory, which Python hardly gives back",
    Severity.WARNING,
    Workload,
    check,
    needs=(Needs.KUBERNETES,),
)
