"""Resources that the cluster fills in where a manifest leaves them out."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from k8slint.models.manifest import KubernetesObject
from k8slint.models.yaml import text
from k8slint.workload.beside import Beside


def may_set_resources(owner: KubernetesObject | None, beside: Beside) -> bool:
    """Whether a VerticalPodAutoscaler of ``owner`` may set its resources."""
    scalers = beside.find(owner, _target, owner.name) if owner is not None else ()
    return any(text(one.root.get("spec", "updatePolicy", "updateMode")) != "Off" for one in scalers)


def _target(one: KubernetesObject) -> Iterable[Hashable]:
    return (text(one.root.get("spec", "targetRef", "name")),) if one.kind == "VerticalPodAutoscaler" else ()
