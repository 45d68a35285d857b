"""How many pods of a workload run at once: its replicas, and the autoscalers of the repository that set them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

from msgspec import Struct

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.location import Location
from k8slint.models.manifest import KubernetesObject
from k8slint.models.yaml import YamlMapping, as_int, is_null, is_template, text
from k8slint.workload.beside import Beside

_KEDA_MOST = 100  # https://keda.sh/docs/latest/reference/scaledobject-spec/#maxreplicacount
_REPLICATED = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "Rollout", "DeploymentConfig")


class Replicas(Struct, frozen=True):
    """The fewest and the most pods that the manifests ask for, and by what: "replicas" or the autoscaler's kind."""

    fewest: int
    most: int
    by: str


class Scaling:
    """The autoscalers of a project."""

    def __init__(self, beside: Beside) -> None:
        self._beside = beside

    def of(self, owner: KubernetesObject | None) -> Fact[Replicas]:
        """How many pods of ``owner`` run."""
        if owner is None:
            return unknown("there is no manifest")
        if owner.kind == "Pod":
            return known(Replicas(1, 1, "replicas"))
        if owner.kind not in _REPLICATED:
            return unknown(f"the number of pods of a {owner.kind} is not in its manifest")
        if owner.name is not None and self._beside.find(owner, _template_taken, (owner.kind, owner.name)):
            return unknown("a Rollout sets the replicas")
        scalers = list(self._of(owner))
        if len(scalers) == 1:
            return _range(scalers[0])
        if len(scalers) > 1:
            return unknown("several autoscalers set the replicas")
        if open_because := self._beside.open_because(owner):
            return unknown(open_because)
        node = owner.root.get("spec", "replicas")
        if node is None:
            return known(Replicas(1, 1, "replicas"))
        number = as_int(node)
        if number is None:
            return unknown("replicas is filled in later")
        return known(Replicas(number, number, "replicas"), Place(node.location, f"replicas: {number}"))

    def _of(self, owner: KubernetesObject) -> Iterator[KubernetesObject]:
        for one in self._beside.find(owner, _target, (owner.kind, owner.name)) if owner.name is not None else ():
            fits = one.namespace == owner.namespace or None in (one.namespace, owner.namespace)
            if fits and not self._beside.is_of_a_copy(one, owner):
                yield one


def _target(one: KubernetesObject) -> Iterable[Hashable]:
    """The kind and name of what an autoscaler scales."""
    if one.kind not in ("HorizontalPodAutoscaler", "ScaledObject"):
        return ()
    target = ("spec", "scaleTargetRef")
    return ((text(one.root.get(*target, "kind")) or "Deployment", text(one.root.get(*target, "name"))),)


def _template_taken(one: KubernetesObject) -> Iterable[Hashable]:
    """The kind and name of the object whose pod template a Rollout runs, which then has no pods of its own."""
    if one.kind != "Rollout":
        return ()
    reference = ("spec", "workloadRef")
    return ((text(one.root.get(*reference, "kind")), text(one.root.get(*reference, "name"))),)


def _range(scaler: KubernetesObject) -> Fact[Replicas]:
    is_keda = scaler.kind == "ScaledObject"
    least, largest = ("minReplicaCount", "maxReplicaCount") if is_keda else ("minReplicas", "maxReplicas")
    low, high = scaler.root.get("spec", least), scaler.root.get("spec", largest)
    fewest = as_int(low) if low is not None else (0 if is_keda else 1)
    most = as_int(high) if high is not None else (_KEDA_MOST if is_keda else None)
    place = Place(high.location if high is not None else scaler.location, f"{scaler.kind} {scaler.name}")
    if fewest is None or most is None:
        return unknown(f"{scaler.kind} {scaler.name} is filled in later", place)
    return known(Replicas(fewest, most, scaler.kind), place)


def surges(deployment: YamlMapping, otherwise: Location) -> Fact[bool]:
    """Known where a Deployment's rollout runs more pods than its replicas for a while; ``otherwise`` is its place.

    The default is RollingUpdate with ``maxSurge: 25%``, rounded up: one pod at least.
    """
    kind = deployment.get("spec", "strategy", "type")
    surge = deployment.get("spec", "strategy", "rollingUpdate", "maxSurge")
    for node in (kind, surge):
        if node is not None and is_template(text(node) or ""):
            return unknown("the strategy is filled in later")
    if text(kind) == "Recreate":
        return absent()
    if surge is not None and (text(surge) or "").rstrip("%") == "0":
        return absent()
    strategy = deployment.get("spec", "strategy")
    if strategy is None or is_null(strategy):
        return known(True, Place(otherwise, "the default strategy, RollingUpdate,"))
    place = surge or kind or strategy
    return known(True, Place(place.location, "a rolling update"))
