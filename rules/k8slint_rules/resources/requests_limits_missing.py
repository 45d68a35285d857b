"""A container has no memory limit, or no requests."""

from collections.abc import Iterator

from k8slint import Finding, Location, Role, Rule, Severity, Workload

FIX = (
    "set resources.requests.cpu, resources.requests.memory and resources.limits.memory; a CPU limit is a choice "
    "of its own, it is not asked for"
)


def check(workload: Workload) -> Iterator[Finding]:
    location = workload.location
    if location is None or not workload.ours.or_else(False):
        return
    limit = workload.quantity("limits", "memory")
    missing = []
    if limit.is_absent:
        missing.append("memory limit")
    # Kubernetes takes a request that is not written from the limit.
    if limit.is_absent and workload.quantity("requests", "memory").is_absent:
        missing.append("memory request")
    if workload.quantity("requests", "cpu").is_absent and workload.quantity("limits", "cpu").is_absent:
        missing.append("CPU request")
    if not missing:
        return
    if workload.role is Role.INIT:
        if limit.is_absent:
            message = f"{workload.label} has no memory limit: while it runs it may take the node's memory from others"
            yield Finding(RULE, _place(workload, location), message, FIX, severity=Severity.INFO, pedantic=True)
        return
    yield Finding(
        RULE, _place(workload, location), f"{workload.label} has no {_listed(missing)}: {_effect(missing)}", FIX
    )


def _place(workload: Workload, location: Location) -> Location:
    """An empty ``resources`` is the place to write them; else the container's name."""
    node = workload.container.get("resources") if workload.container is not None else None
    return node.location if node is not None else location


def _listed(missing: list[str]) -> str:
    return missing[0] if len(missing) == 1 else ", ".join(missing[:-1]) + " and no " + missing[-1]


def _effect(missing: list[str]) -> str:
    effects = []
    if "memory limit" in missing:
        effects.append("a process that grows takes the node's memory, and others with it")
    if "memory request" in missing or "CPU request" in missing:
        effects.append(
            "the scheduler places the pod as if it needed nothing, and under pressure it is the first to suffer"
        )
    return "; ".join(effects)


RULE = Rule(
    "requests-limits-missing",
    "A container has no memory limit, or no requests",
    Severity.WARNING,
    Workload,
    check,
)
