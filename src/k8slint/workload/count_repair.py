"""The CPU limit in an environment variable, where a program counts the node's processors."""

from __future__ import annotations

from k8slint.location import Location
from k8slint.repair import CountFromEnvironment, Item, Level, Repair, Safety
from k8slint.workload.workload import Workload

_NAME = "CPU_LIMIT"
# Without a limit the value would be the node's, and in whole processors it is rounded up:
# https://kubernetes.io/docs/concepts/workloads/pods/downward-api/
_ENTRY = f"name: {_NAME}\nvalueFrom:\n  resourceFieldRef:\n    resource: limits.cpu"


def count_repair(workload: Workload, location: Location) -> Repair | None:
    """Replace the count in the Python code at ``location`` by the limit; None where the container has none."""
    if not location.path.endswith(".py") or workload.location is None or workload.container is None:
        return None
    if not workload.quantity("limits", "cpu").is_known or workload.environment.is_set(_NAME) is True:
        return None
    changes = (
        CountFromEnvironment(location, _NAME),
        Item(workload.location, Level.CONTAINER, ("env",), (_ENTRY,)),
    )
    return Repair("take the number from the CPU limit", Safety.UNSAFE, changes)
