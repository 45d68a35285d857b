"""Kubernetes sets a variable for a Service that the program takes for a number of its own."""

from collections.abc import Iterator

from k8slint import (
    ENVIRONMENT_READS,
    Field,
    Finding,
    Level,
    Needs,
    NumberRead,
    Process,
    Related,
    Repair,
    Rule,
    Safety,
    ServiceLink,
    Severity,
    Workload,
    has_service_links,
    is_overridden,
    number_reads,
    service_link,
)

FIX = "set enableServiceLinks: false in the pod's spec, or give the variable a name that no Service has"


def check(workload: Workload) -> Iterator[Finding]:
    if not has_service_links(workload) or workload.location is None or not workload.processes.is_known:
        return
    per_process = [_collisions(workload, one) for one in workload.processes.value]
    if not all(per_process):
        return
    collisions = dict.fromkeys(pair for found in per_process for pair in found)
    for link in dict.fromkeys(link for link, _ in collisions):
        reads = [read for one, read in collisions if one == link]
        port = link.port if link.port is not None else "<port>"
        when = (
            "it ends with an error at start"
            if any(read.at_start for read in reads)
            else "that fails when it is reached"
        )
        message = (
            f"Service {link.service} makes Kubernetes set {link.variable}=tcp://<cluster IP>:{port} in "
            f"{workload.label}, and {reads[0].who}: {when}, only in the cluster, and only in pods that are newer than "
            "the Service"
        )
        related = (
            Related(link.location, f"this Service brings {link.variable}"),
            *(Related(read.location, "expects a number") for read in reads),
        )
        off = Field(workload.location, Level.POD, ("enableServiceLinks",), "false")
        repair = Repair("set no variables for Services", Safety.UNSAFE, (off,))
        yield Finding(RULE, workload.location, message, FIX, related, repair=repair)


def _collisions(workload: Workload, process: Process) -> tuple[tuple[ServiceLink, NumberRead], ...]:
    return tuple(
        (link, read)
        for read in number_reads(workload, process)
        if (link := service_link(workload, read.variable)) is not None
        and is_overridden(workload, process, read.variable) is False
    )


RULE = Rule(
    "service-link-env-collision",
    "A Service's name makes Kubernetes set a variable that the program reads as a number",
    Severity.ERROR,
    Workload,
    check,
    calls=ENVIRONMENT_READS,
    fixable=Safety.UNSAFE,
    needs=(Needs.KUBERNETES, Needs.PYTHON),
)
