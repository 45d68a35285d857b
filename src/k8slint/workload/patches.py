"""Which objects a kustomization changes, and in which fields: what a patch may set is unknown in the object itself."""

from __future__ import annotations

from collections.abc import Iterator

from k8slint.models.kustomization import Kustomization
from k8slint.models.manifest import KubernetesObject
from k8slint.workload.artifacts import Artifacts


class Patches:
    """The patches of all kustomizations of a project."""

    def __init__(self, artifacts: Artifacts) -> None:
        self.paths = frozenset(_patch_paths(artifacts))
        self._texts = tuple(
            (text, artifacts.files[one.path].data)
            for one in artifacts.kustomizations
            for text in _texts(one, artifacts)
        )

    def is_patch(self, owner: KubernetesObject) -> bool:
        """Whether an object is a patch: a part of an object, never to be judged as a whole one."""
        return owner.path in self.paths

    def may_set(self, owner: KubernetesObject, *words: str) -> bool:
        """Whether a patch that may touch ``owner`` mentions one of ``words``.

        A strategic-merge patch names its target itself, a JSON patch is given it by its kustomization: there the name,
        or the kind alone, must stand.
        """
        name, kind = (owner.name or "").encode(), owner.kind.encode()
        for text, kustomization in self._texts:
            if not any(word.encode() in text for word in words):
                continue
            if b"op:" in text or b'"op"' in text:
                if b"target" not in kustomization or name in kustomization or b"kind: " + kind in kustomization:
                    return True
            elif name in text and kind in text:
                return True
        return False


def _patch_paths(artifacts: Artifacts) -> Iterator[str]:
    for one in artifacts.kustomizations:
        yield from one.patches


def _texts(kustomization: Kustomization, artifacts: Artifacts) -> Iterator[bytes]:
    for path in kustomization.patches:
        if path in artifacts.files:
            yield artifacts.files[path].data
    for patch in kustomization.inline_patches:
        yield patch.text.encode()
