"""Objects that another object of the same dump of a cluster made: judging them would say the same thing again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from k8slint.location import Notice, NoticeLevel
from k8slint.models.manifest import KubernetesObject
from k8slint.models.yaml import YamlMapping, YamlSequence, as_bool, as_int, text


def owners_only(
    objects: Sequence[KubernetesObject], notices: Sequence[Notice]
) -> tuple[tuple[KubernetesObject, ...], tuple[Notice, ...]]:
    """The objects of one file without those that others made, and the notices with one more that counts these.

    Left out are those whose owner is there too with a pod template, such as a ReplicaSet beside its Deployment, all but
    one of the Pods of one owner, and the ReplicaSets of earlier revisions, which run nothing.
    """
    owned = [_controller(one) for one in objects]
    if not any(owned):
        return tuple(objects), tuple(notices)
    there = {(one.kind, one.name, one.namespace) for one in objects if one.pods}
    kept: list[KubernetesObject] = []
    left: list[KubernetesObject] = []
    seen = set()
    for one, owner in zip(objects, owned, strict=True):
        if owner is None or not one.pods:
            kept.append(one)
            continue
        key = (*owner, one.namespace)
        is_past = one.kind == "ReplicaSet" and as_int(one.root.get("spec", "replicas")) == 0
        if key in there or _deployment(one, owner) in there or is_past or (one.kind == "Pod" and key in seen):
            left.append(one)
            continue
        seen.add(key)
        kept.append(one)
    return tuple(kept), (*notices, *_notice(left))


def _controller(one: KubernetesObject) -> tuple[str, str] | None:
    """Kind and name of the object that made this one and keeps it as it is."""
    references = one.root.get("metadata", "ownerReferences")
    for item in references.items if isinstance(references, YamlSequence) else ():
        if isinstance(item, YamlMapping) and as_bool(item.get("controller")) is not False:
            kind, name = text(item.get("kind")), text(item.get("name"))
            if kind is not None and name is not None:
                return kind, name
    return None


def _deployment(one: KubernetesObject, owner: tuple[str, str]) -> tuple[str, str, str | None] | None:
    """The Deployment behind the ReplicaSet that made a Pod: a ReplicaSet has its name and the hash of its pods."""
    kind, name = owner
    mark = one.labels.get("pod-template-hash")
    if kind != "ReplicaSet" or not mark or not name.endswith(f"-{mark}"):
        return None
    return "Deployment", name.removesuffix(f"-{mark}"), one.namespace


def _notice(left: Sequence[KubernetesObject]) -> Iterator[Notice]:
    if left:
        kinds = Counter(one.kind for one in left)
        listed = ", ".join(f"{number} {kind}{'s' if number > 1 else ''}" for kind, number in sorted(kinds.items()))
        yield Notice(
            left[0].location,
            f"not judged, because what made them is judged, or another one of its like: {listed}",
            NoticeLevel.NOTE,
        )
