"""Objects that run containers but are of kinds that are not known, so that nothing can be said about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from k8slint.location import Notice, NoticeLevel
from k8slint.models.kinds import kind_of
from k8slint.models.manifest import KubernetesObject
from k8slint.workload.references import containers_by_shape


def unknown_kinds(objects: Sequence[KubernetesObject]) -> Iterator[Notice]:
    """One note that counts, by kind, the objects that hold containers and are not judged; none where there are none."""
    left = [one for one in objects if _is_left_out(one)]
    if not left:
        return
    kinds = Counter(one.kind for one in left)
    listed = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    message = f"containers in objects of kinds that k8slint does not know are not judged: {listed}"
    yield Notice(left[0].location, message, NoticeLevel.NOTE)


def _is_left_out(one: KubernetesObject) -> bool:
    if one.pods or kind_of(one.kind, one.group) is not None or "." not in one.group:
        return False
    return next(containers_by_shape(one.root), None) is not None
