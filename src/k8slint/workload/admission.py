"""What the cluster itself does to a pod that it is given: it fills in resources, and refuses what a policy forbids."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.models.manifest import KubernetesObject
from k8slint.models.yaml import text
from k8slint.workload.beside import Beside, by_kind, by_kind_and_name

# https://kubernetes.io/docs/concepts/security/pod-security-admission/
_ENFORCE = "pod-security.kubernetes.io/enforce"
_POLICIES = ("ClusterPolicy", "MutatingWebhookConfiguration", "MutatingAdmissionPolicy", "Assign", "ModifySet")


def may_set_resources(owner: KubernetesObject | None, beside: Beside) -> bool:
    """Whether a VerticalPodAutoscaler of ``owner`` may set its resources."""
    scalers = beside.find(owner, _target, owner.name) if owner is not None else ()
    return any(text(one.root.get("spec", "updatePolicy", "updateMode")) != "Off" for one in scalers)


def pod_security(owner: KubernetesObject | None, beside: Beside) -> Fact[str]:
    """The level ("restricted") that the namespace of ``owner`` enforces; unknown where a policy may change the pod."""
    if owner is None:
        return unknown("there is no manifest")
    policies = beside.find(owner, by_kind, *_POLICIES)
    if policies:
        return unknown(f"a {policies[0].kind} of the repository may change the pod")
    spaces = beside.find(owner, by_kind_and_name, ("Namespace", owner.namespace)) if owner.namespace else ()
    for space in spaces:
        level = space.root.get("metadata", "labels", _ENFORCE)
        if level is not None:
            return known(text(level) or "", Place(level.location, f"Namespace {owner.namespace} enforces it"))
    return absent()


def _target(one: KubernetesObject) -> Iterable[Hashable]:
    return (text(one.root.get("spec", "targetRef", "name")),) if one.kind == "VerticalPodAutoscaler" else ()
