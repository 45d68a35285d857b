"""What the autoscalers of a workload measure: the resource metrics of HorizontalPodAutoscalers and KEDA's triggers."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.manifest import KubernetesObject
from k8slint.models.yaml import Node, YamlMapping, YamlSequence, text
from k8slint.workload.workload import Workload

_KINDS = ("HorizontalPodAutoscaler", "ScaledObject")
_RECYCLES = ("max_requests", "max-requests", "max-tasks-per-child", "max-memory-per-child", "max_tasks_per_child")


class ResourceMetric(Struct, frozen=True):
    """One metric of ``scaler``, by ``resource`` ("cpu", "memory"); ``others`` are the scaler's other metrics.

    ``is_share`` tells that it is a share of the request, in percent.
    """

    scaler: str
    resource: str
    is_share: bool
    others: int
    location: Location


def resource_metrics(workload: Workload) -> Iterator[ResourceMetric]:
    """The metrics by CPU and memory of every autoscaler that scales the workload."""
    owner, services = workload.owner, workload.services
    if owner is None or services is None or owner.name is None:
        return
    for scaler in services.beside.find(owner, _target, (owner.kind, owner.name)):
        if None not in (scaler.namespace, owner.namespace) and scaler.namespace != owner.namespace:
            continue
        found = list(_of_scaler(scaler))
        count = len(found) + _others(scaler)
        for resource, is_share, location in found:
            yield ResourceMetric(f"{scaler.kind} {scaler.name}", resource, is_share, count - 1, location)


def _target(one: KubernetesObject) -> Iterable[Hashable]:
    if one.kind not in _KINDS:
        return ()
    target = one.root.get("spec", "scaleTargetRef")
    if not isinstance(target, YamlMapping):
        return ()
    return ((text(target.get("kind")) or "Deployment", text(target.get("name"))),)


def _items(one: KubernetesObject) -> list[YamlMapping]:
    node = one.root.get("spec", "triggers" if one.kind == "ScaledObject" else "metrics")
    return [item for item in node.items if isinstance(item, YamlMapping)] if isinstance(node, YamlSequence) else []


def _of_scaler(one: KubernetesObject) -> Iterator[tuple[str, bool, Location]]:
    for item in _items(one):
        kind = text(item.get("type")) or ""
        if one.kind == "ScaledObject" and kind in ("cpu", "memory"):
            how = text(item.get("metricType")) or text(item.get("metadata", "type")) or "Utilization"
            yield kind, how == "Utilization", _place(item.get("type"), one)
        source = item.get("resource") or item.get("containerResource")
        name = source.get("name") if isinstance(source, YamlMapping) else None
        if isinstance(source, YamlMapping) and text(name) in ("cpu", "memory"):
            shares = (source.get("target", "averageUtilization"), source.get("targetAverageUtilization"))
            yield text(name) or "", any(share is not None for share in shares), _place(name, one)
    share = one.root.get("spec", "targetCPUUtilizationPercentage")
    if share is not None:
        yield "cpu", True, share.location


def _others(one: KubernetesObject) -> int:
    """How many metrics are neither CPU nor memory."""
    kinds = [text(item.get("type")) for item in _items(one)]
    return sum(kind not in ("cpu", "memory", "Resource", "ContainerResource") for kind in kinds)


def _place(node: Node | None, one: KubernetesObject) -> Location:
    return node.location if node is not None else one.location


def recycles_workers(workload: Workload) -> bool:
    """Whether anything speaks of replacing workers after some time, which gives their memory back."""
    for process, program in workload.programs():
        words = [word.written for word in process.entry.words] if process is not None else []
        settings = workload.settings(process) if process is not None else None
        texts = [*words, *(module.source.text for module in program.modules), settings.source.text if settings else ""]
        if any(mark in text for mark in _RECYCLES for text in texts):
            return True
    return workload.environment.mentioned("max-requests")
