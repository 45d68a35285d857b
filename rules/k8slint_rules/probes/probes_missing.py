"""A container that serves requests has no readiness probe."""

from collections.abc import Iterator

from k8slint import Finding, Related, Role, Rule, Severity, Workload, blocking

FIX = (
    "add a readinessProbe for a route that answers once the program can serve, and a livenessProbe for one that asks "
    "nothing else"
)


def check(workload: Workload) -> Iterator[Finding]:
    location = workload.location
    if location is None or workload.role is Role.INIT or workload.runs_to_completion or workload.brings_own_probes:
        return
    if not workload.ours.or_else(False):
        return
    served = _served(workload)
    if served is None:
        return
    how, related = served
    if workload.probe("readinessProbe").is_absent:
        message = (
            f"{workload.label} {how} and has no readinessProbe: requests reach it before it is ready, and go on "
            "reaching it while it cannot answer"
        )
        if workload.probe("livenessProbe").is_absent:
            message += "; without a livenessProbe a hung process is never restarted"
        if workload.stage is not None and workload.stage.healthcheck is not None:
            health = workload.stage.healthcheck.location
            related += (Related(health, "Kubernetes ignores HEALTHCHECK"),)
        yield Finding(RULE, location, message, FIX, related)
    elif workload.probe("livenessProbe").is_absent:
        message = f"{workload.label} has no livenessProbe: a hung process is never restarted"
        yield Finding(RULE, location, message, FIX, related, Severity.INFO, pedantic=True)


def _served(workload: Workload) -> tuple[str, tuple[Related, ...]] | None:
    """How it is known that requests come: a Service selects the pod, or a server listens on a declared port."""
    if workload.served_by.is_known:
        places = workload.served_by.places
        return f"is behind Service {workload.served_by.value}", tuple(Related(p.location, p.note) for p in places)
    if workload.container is None or not workload.container.ports:
        return None
    port = workload.container.ports[0]
    for process in workload.python_processes:
        if process.entry.serves:
            return f"runs {process.entry.name}", (Related(port.location, "the port it declares"),)
    for _, program in workload.programs():
        for one in blocking(program):
            if one.serves:
                return f"serves with {one.what}", (Related(one.location, "serves here"),)
    return None


RULE = Rule(
    "probes-missing",
    "A container that serves requests has no readiness probe",
    Severity.WARNING,
    Workload,
    check,
)
