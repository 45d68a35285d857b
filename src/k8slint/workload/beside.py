"""Which objects are applied together with an object: those of its overlay, and those that no overlay changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from k8slint.fact import Place
from k8slint.models.manifest import KubernetesObject


class Beside:
    """The objects of a project; ``open_because`` says for a variant why there may be others that nobody can see."""

    def __init__(self, objects: Iterable[KubernetesObject], open_because: Mapping[Place, str]) -> None:
        self._all = tuple(objects)
        self._open_because = open_because
        self._by_variant: dict[Place | None, tuple[KubernetesObject, ...]] = {}

    def of(self, owner: KubernetesObject | None) -> tuple[KubernetesObject, ...]:
        """The objects that exist where ``owner`` does: its variant's, and those that are applied as written."""
        variant = owner.variant if owner is not None else None
        if variant not in self._by_variant:
            self._by_variant[variant] = tuple(one for one in self._all if one.variant in (None, variant))
        return self._by_variant[variant]

    def select(
        self, owner: KubernetesObject | None, wanted: Callable[[KubernetesObject], bool]
    ) -> tuple[KubernetesObject, ...]:
        return tuple(one for one in self.of(owner) if wanted(one))

    def open_because(self, owner: KubernetesObject | None) -> str:
        """Why further objects may exist where ``owner`` does, "" where all are known."""
        variant = owner.variant if owner is not None else None
        return self._open_because.get(variant, "") if variant is not None else ""
