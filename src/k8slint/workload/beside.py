"""Which objects are applied together with an object: those of its overlay, and those that no overlay changes."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from itertools import takewhile

from k8slint.fact import Place
from k8slint.models.manifest import KubernetesObject

_FAR = 3
Keys = Callable[[KubernetesObject], Iterable[Hashable]]
"""What an object is looked up by: nothing, one key or several."""


_MOST_COPIES = 50


class Beside:
    """The objects of a project; ``open_because`` says for a variant why there may be others that nobody can see.

    ``withheld`` are kind and name of those that a chart has, and does not deploy with every way to install it.
    """

    def __init__(
        self,
        objects: Iterable[KubernetesObject],
        open_because: Mapping[Place, str],
        withheld: frozenset[tuple[str, str]] = frozenset(),
    ) -> None:
        self._all = tuple(objects)
        self._open_because = open_because
        self._withheld = withheld
        self._by_variant: dict[Place | None, tuple[KubernetesObject, ...]] = {}
        self._indexes: dict[tuple[Place | None, Keys], dict[Hashable, list[KubernetesObject]]] = {}

    def of(self, owner: KubernetesObject | None) -> tuple[KubernetesObject, ...]:
        """The objects that exist where ``owner`` does: its variant's, and those that are applied as written."""
        variant = owner.variant if owner is not None else None
        if variant not in self._by_variant:
            self._by_variant[variant] = tuple(one for one in self._all if one.variant in (None, variant))
        return self._by_variant[variant]

    def find(self, owner: KubernetesObject | None, keys: Keys, *wanted: Hashable) -> tuple[KubernetesObject, ...]:
        """The objects beside ``owner`` that have one of the ``wanted`` keys, each once.

        Of copies for several environments, those count that are applied with ``owner`` for certain, if there are any.
        The objects are asked for their ``keys`` once for each variant, so that looking up does not get slower with
        their number. ``keys`` must be a function of a module, not one made for the call.
        """
        found = self._index(owner, keys)
        unique = tuple({id(one): one for key in wanted for one in found.get(key, ())}.values())
        return unique if owner is None or len(unique) < 2 else tuple(_nearest(owner, unique))

    def is_withheld(self, owner: KubernetesObject | None, kind: str, name: str | None) -> bool:
        """Whether the chart of ``owner`` has an object, and the values that it is installed with leave it out."""
        there = self.find(owner, by_kind_and_name, (kind, name))
        return owner is not None and owner.variant is not None and not there and (kind, name) in self._withheld

    def keys(self, owner: KubernetesObject | None, keys: Keys) -> frozenset[Hashable]:
        """All keys that the objects beside ``owner`` have."""
        return frozenset(self._index(owner, keys))

    def _index(self, owner: KubernetesObject | None, keys: Keys) -> dict[Hashable, list[KubernetesObject]]:
        variant = owner.variant if owner is not None else None
        if (variant, keys) not in self._indexes:
            index: dict[Hashable, list[KubernetesObject]] = {}
            for one in self.of(owner):
                for key in keys(one):
                    index.setdefault(key, []).append(one)
            self._indexes[variant, keys] = index
        return self._indexes[variant, keys]

    def is_of_a_copy(self, one: KubernetesObject, owner: KubernetesObject) -> bool:
        """Whether ``one``, which names ``owner``, lies nearer to another object of that kind and name.

        Repositories keep a copy of their manifests for each way to install them, each with its own autoscalers.
        """
        copies = self._index(owner, by_kind_and_name).get((owner.kind, owner.name), [])
        if not 1 < len(copies) <= _MOST_COPIES:
            return False
        own = _shared_folders(one, owner)
        return any(_shared_folders(one, copy) > own for copy in copies)

    def open_because(self, owner: KubernetesObject | None) -> str:
        """Why further objects may exist where ``owner`` does, "" where all are known."""
        variant = owner.variant if owner is not None else None
        return self._open_because.get(variant, "") if variant is not None else ""


def _nearest(owner: KubernetesObject, found: tuple[KubernetesObject, ...]) -> Iterator[KubernetesObject]:
    """``found`` without those of which a copy, of the same kind and name, is nearer to ``owner``."""
    best: dict[tuple[str, str | None, str | None], int] = {}
    for one in found:
        name = (one.kind, one.name, one.namespace)
        best[name] = min(best.get(name, _FAR), _distance(owner, one))
    return (one for one in found if _distance(owner, one) == best[one.kind, one.name, one.namespace])


def _distance(owner: KubernetesObject, one: KubernetesObject) -> int:
    """A folder is applied together; which of other folders goes with it nobody can say."""
    if owner.variant is not None and one.variant == owner.variant:
        return 0
    if one.path == owner.path:
        return 1
    return 2 if posixpath.dirname(one.path) == posixpath.dirname(owner.path) else _FAR


def _shared_folders(one: KubernetesObject, other: KubernetesObject) -> int:
    folders = (posixpath.dirname(each.path).split("/") for each in (one, other))
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(*folders, strict=False))))


def by_kind(one: KubernetesObject) -> Iterable[Hashable]:
    return (one.kind,)


def by_kind_and_name(one: KubernetesObject) -> Iterable[Hashable]:
    return ((one.kind, one.name),)


def by_openshift(one: KubernetesObject) -> Iterable[Hashable]:
    return (True,) if one.group.endswith("openshift.io") else ()
