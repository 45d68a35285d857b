"""Whether it is the container's own program that a probe asks."""

from __future__ import annotations

from k8slint.workload.probes import Probe
from k8slint.workload.workload import Workload


def asks_program(workload: Workload, probe: Probe) -> bool:
    """Whether a probe asks the program rather than a second server: by the only port of the pod, or the first one."""
    if workload.owner is None or workload.owner.pod is None or workload.container is None:
        return False
    declared = [port.number for port in workload.container.ports]
    is_alone = len(workload.owner.pod.containers) == 1 and len(declared) <= 1
    return is_alone or (probe.port.is_known and probe.port.value in declared[:1])
