"""How it is known that requests come to a container, which only its own readiness probe can hold back."""

from __future__ import annotations

from msgspec import Struct

from k8slint.fact import Place
from k8slint.workload.lifetime import blocking
from k8slint.workload.workload import Workload


class Serving(Struct, frozen=True):
    """``how`` reads after the container's name; ``places`` show it."""

    how: str
    places: tuple[Place, ...]


def serving(workload: Workload) -> Serving | None:
    """A Service selects the pod, or a server listens on a declared port; None where neither is seen.

    None too where a port is only declared and another container of the pod has, or may have, the readiness probe.
    """
    if workload.served_by.is_known:
        return Serving(f"is behind Service {workload.served_by.value}", workload.served_by.places)
    if workload.container is None or not workload.container.ports or _another_is_asked(workload):
        return None
    port = workload.container.ports[0]
    for process in workload.python_processes:
        if process.entry.serves:
            return Serving(f"runs {process.entry.name}", (Place(port.location, "the port it declares"),))
    for _, program in workload.programs():
        for one in blocking(program):
            if one.serves:
                return Serving(f"serves with {one.what}", (Place(one.location, "serves here"),))
    return None


def _another_is_asked(workload: Workload) -> bool:
    """Whether another container of the pod has, or may have, a readiness probe, which the whole pod waits for."""
    beside = workload.owner.pod.containers if workload.owner is not None and workload.owner.pod is not None else ()
    return any(one is not workload.container and not one.probe("readinessProbe").is_absent for one in beside)
