"""A liveness probe asks for a route that needs another service: its outage restarts every replica."""

import re
from collections.abc import Iterator

from k8slint import (
    Confidence,
    Dependency,
    Finding,
    Handler,
    Needs,
    Probe,
    Related,
    Role,
    Rule,
    Severity,
    Workload,
    fatal_dependencies,
    handlers,
    probes,
)

FIX = "ask for a route that answers from memory, and leave {what} to the readinessProbe"


def check(workload: Workload) -> Iterator[Finding]:
    if not workload.ours.or_else(False) or workload.role is Role.INIT:
        return
    found = tuple(probes(workload))
    for probe in found:
        if probe.name != "livenessProbe" or probe.kind != "httpGet" or not probe.path.is_known:
            continue
        for handler, needed in _needed(workload, probe)[:1]:
            related = [Related(needed.location, f"needs {needed.what}"), Related(handler.location, "the route")]
            shared = [one for one in found if one.name == "readinessProbe" and one.path == probe.path]
            related.extend(Related(one.location, "the readinessProbe asks for the same route") for one in shared)
            message = _message(workload, probe, needed)
            yield Finding(RULE, probe.location, message, FIX.format(what=needed.what), tuple(related))


def _needed(workload: Workload, probe: Probe) -> list[tuple[Handler, Dependency]]:
    """What the one handler of the probe's path needs; nothing where several may be meant."""
    answers = [
        (program, handler)
        for process, program in workload.programs()
        if process is not None
        for handler in handlers(program, workload.environment, process, probe.path.value)
    ]
    if len(answers) != 1:
        return []
    program, handler = answers[0]
    needed = [(handler, one) for one in fatal_dependencies(program, handler)]
    return [(handler, one) for handler, one in needed if not _in_pod(workload, one)]


def _in_pod(workload: Workload, needed: Dependency) -> bool:
    """Whether another container of the pod is what the route asks for, by the name of its image."""
    pod = workload.owner.pod if workload.owner is not None else None
    images = [one.image.or_else("") for one in pod.containers] if pod is not None else []
    return any(re.search(needed.kind, image) for image in images if needed.kind != "-")


def _message(workload: Workload, probe: Probe, needed: Dependency) -> str:
    after = f" of {probe.patience} s ({probe.failures.value} x {probe.period.value} s)" if probe.patience else ""
    replicas = workload.replicas
    who = f"all {replicas} replicas" if replicas and replicas > 1 else "every replica"
    return (
        f"{workload.label}: livenessProbe GET {probe.path.value} calls {needed.written} ({needed.location.path}:"
        f"{needed.location.line}): an outage of {needed.what}{after} restarts {who}, although a restart mends "
        "nothing, and their new connections come on top as it returns"
    )


RULE = Rule(
    "liveness-checks-dependency",
    "A liveness probe depends on another service",
    Severity.ERROR,
    Workload,
    check,
    Confidence.MEDIUM,
    needs=(Needs.KUBERNETES, Needs.PYTHON),
)
