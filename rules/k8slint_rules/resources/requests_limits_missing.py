"""A container has no memory limit, or no requests."""

from collections.abc import Iterator

from k8slint import Finding, Location, Needs, Related, Repair, Role, Rule, Safety, Severity, Workload, resource_fields

MEMORY_LIMIT, MEMORY_REQUEST, CPU_REQUEST = "memory limit", "memory request", "CPU request"
FIELDS = {
    MEMORY_LIMIT: "resources.limits.memory",
    MEMORY_REQUEST: "resources.requests.memory",
    CPU_REQUEST: "resources.requests.cpu",
}


def check(workload: Workload) -> Iterator[Finding]:
    location = workload.location
    if location is None or not workload.ours.or_else(False):
        return
    place = _place(workload, location)
    container = () if place.path == location.path else (Related(location, "the container that this goes into"),)
    memory, cpu = workload.quantity("limits", "memory"), workload.quantity("limits", "cpu")
    if workload.role is Role.INIT:
        if memory.is_absent:
            message = f"{workload.label} has no memory limit: while it runs it may take the node's memory from others"
            yield Finding(RULE, place, message, _fix([MEMORY_LIMIT]), container, severity=Severity.INFO, pedantic=True)
        return
    missing = []
    if memory.is_absent:
        missing.append(MEMORY_LIMIT)
    # Kubernetes takes a request that is not written from the limit.
    if memory.is_absent and workload.quantity("requests", "memory").is_absent:
        missing.append(MEMORY_REQUEST)
    if cpu.is_absent and workload.quantity("requests", "cpu").is_absent:
        missing.append(CPU_REQUEST)
    if missing:
        by = (
            " with the chart's own values" if place.path != location.path and place.path.endswith("values.yaml") else ""
        )
        message = f"{workload.label} has {_listed([f'no {one}' for one in missing])}{by}: {_effect(missing)}"
        fields = resource_fields(workload)
        repair = Repair("write requests and a memory limit to begin with", Safety.UNSAFE, fields) if fields else None
        yield Finding(RULE, place, message, _fix(missing), container, repair=repair)
    elif cpu.is_absent:
        message = f"{workload.label} has no CPU limit: how fast it runs depends on what else the node has to do"
        fix = "leave it so, unless its speed must be the same on every node: then set resources.limits.cpu"
        yield Finding(RULE, place, message, fix, container, severity=Severity.INFO, pedantic=True)


def _place(workload: Workload, location: Location) -> Location:
    """Where ``resources`` is to be changed, else the container's name."""
    setting = workload.container.setting("resources") if workload.container is not None else None
    return setting or location


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def _effect(missing: list[str]) -> str:
    effects = []
    if MEMORY_LIMIT in missing:
        effects.append("a process that grows takes the node's memory, and other pods with it")
    if MEMORY_REQUEST in missing and CPU_REQUEST in missing:
        effects.append(
            "the scheduler places it as if it needed nothing, and a node short of memory evicts it among the first"
        )
    elif MEMORY_REQUEST in missing:
        effects.append("the scheduler counts no memory for it, and a node short of memory evicts it among the first")
    elif CPU_REQUEST in missing:
        effects.append("the scheduler counts no CPU for it, and on a busy node it gets the least")
    return "; ".join(effects)


def _fix(missing: list[str]) -> str:
    fix = f"set {_listed([FIELDS[one] for one in missing])}"
    return f"{fix}; a CPU limit is a choice of its own" if CPU_REQUEST in missing else fix


RULE = Rule(
    "requests-limits-missing",
    "A container has no memory limit, or no requests",
    Severity.WARNING,
    Workload,
    check,
    fixable=Safety.UNSAFE,
    needs=(Needs.KUBERNETES,),
)
