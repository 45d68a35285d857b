"""A program decides by the memory or the load of the node, not of its container."""

from collections.abc import Iterator

from k8slint import (
    Confidence,
    Finding,
    Needs,
    Reading,
    Related,
    Role,
    Rule,
    Severity,
    Workload,
    reading_calls,
    readings,
)

GIB = 1024**3
NODE_GIB = 64
NODE_CORES = 16
FIX = {
    "memory": "read memory.max and memory.current in /sys/fs/cgroup, or pass in resourceFieldRef: limits.memory",
    "cpu": "read usage and throttling from /sys/fs/cgroup/cpu.stat, or measure how long the work itself takes",
}


def check(workload: Workload) -> Iterator[Finding]:
    for _, program in workload.programs() if workload.python.or_else(False) else ():
        for one in readings(program):
            yield _finding(workload, one)


def _finding(workload: Workload, one: Reading) -> Finding:
    limit = workload.quantity("limits", one.resource)
    own = "memory" if one.resource == "memory" else "load"
    if one.kind == "sizes":
        message = f"{one.written} is computed from {one.source}, which is the {own} of the node"
    else:
        message = f"{one.written} looks at the {own} of the node ({one.source}), not of the container"
    if limit.is_known:
        message += f"; limits.{one.resource} of {workload.label} is {limit.value.text}"
        node = NODE_GIB * GIB if one.resource == "memory" else NODE_CORES
        part = 100 * limit.value.value / node
        if limit.value.value < node and one.kind == "compares":
            size = f"{NODE_GIB} GiB" if one.resource == "memory" else f"{NODE_CORES} cores"
            message += f", {part:.2g} % of a node with {size}: what the container uses hardly moves the value"
        elif limit.value.value < node and one.resource == "memory":
            message += f", {part:.2g} % of a node with {NODE_GIB} GiB"
    is_mild = limit.is_absent
    severity = Severity.ERROR if limit.is_known and one.kind == "sizes" else Severity.WARNING
    confidence = Confidence.HIGH if limit.is_known else Confidence.MEDIUM
    if limit.is_unknown and workload.role is Role.PROGRAM:
        confidence = Confidence.LOW
    related = [Related(place.location, f"limits.{one.resource}") for place in limit.places if limit.is_known]
    if one.call.line != one.location.line:
        related.append(Related(one.call, f"reads {one.source}"))
    return Finding(
        RULE,
        one.location,
        message,
        FIX[one.resource],
        tuple(related),
        Severity.INFO if is_mild else severity,
        confidence,
        pedantic=is_mild,
    )


RULE = Rule(
    "node-wide-readings",
    "The program decides by the memory or load of the node",
    Severity.ERROR,
    Workload,
    check,
    calls=reading_calls(),
    needs=(Needs.PYTHON,),
)
