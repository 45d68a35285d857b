"""Resources that the cluster fills in where a manifest leaves them out."""

from __future__ import annotations

from k8slint.models.manifest import KubernetesObject
from k8slint.models.yaml import text
from k8slint.workload.beside import Beside


def may_set_resources(owner: KubernetesObject | None, beside: Beside) -> bool:
    """Whether a LimitRange of the namespace, or a VerticalPodAutoscaler of ``owner``, may set its resources."""
    if owner is None:
        return False
    return any(_is_limit_range(one, owner) or _scales(one, owner) for one in beside.of(owner))


def _is_limit_range(one: KubernetesObject, owner: KubernetesObject) -> bool:
    return one.kind == "LimitRange" and (one.namespace == owner.namespace or None in (one.namespace, owner.namespace))


def _scales(one: KubernetesObject, owner: KubernetesObject) -> bool:
    if one.kind != "VerticalPodAutoscaler" or text(one.root.get("spec", "updatePolicy", "updateMode")) == "Off":
        return False
    return text(one.root.get("spec", "targetRef", "name")) == owner.name
