"""Which of an object's variants have a fault, where overlays or values files make several of one source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from k8slint.fact import Place
from k8slint.location import Location
from k8slint.models.manifest import KubernetesObject
from k8slint.workload.workload import Workload

_MOST_NAMED = 3


def variant_of(unit: object) -> Place | None:
    """What a workload or an object was put together with, None for what stands as it is written."""
    owner = unit.owner if isinstance(unit, Workload) else unit
    return owner.variant if isinstance(owner, KubernetesObject) else None


class Variants:
    """The variants of each object and container of a project; ``files`` are those that each variant is made of."""

    def __init__(self, units: Iterable[object], files: Mapping[Place, frozenset[str]]) -> None:
        self._files = files
        self._of: dict[object, set[Place]] = defaultdict(set)
        self._nameless: dict[object, set[Place]] = defaultdict(set)
        """The variants of a container in which its image's name is filled in later."""
        for unit in units:
            variant = variant_of(unit)
            if variant is not None:
                self._of[_source(unit)].add(variant)
                if _is_nameless(unit):
                    self._nameless[_source(unit)].add(variant)

    def split(
        self, place: Location, units: Sequence[object], hushed: Sequence[object] = ()
    ) -> tuple[tuple[Place, ...], tuple[Place, ...]]:
        """The variants that have a fault at ``place``, found in ``units``, and those that do not.

        Those of ``hushed`` have it and do not count. Both are empty where it is no matter of variants. A file that only
        some are made of speaks for itself.
        """
        having = {variant_of(unit) for unit in units}
        known = {one for unit in units for one in self._of[_source(unit)]}
        users = {one for one in known if place.path in self._files.get(one, ())}
        lacking = (users or known) - having - {variant_of(unit) for unit in hushed}
        if not any(map(_is_nameless, units)):
            # What is not known of the image may hide the fault: these do not lack it for sure.
            lacking -= {one for unit in units for one in self._nameless[_source(unit)]}
        if None in having or not lacking:
            return (), ()
        return _sorted(one for one in having if one is not None), _sorted(one for one in lacking if one is not None)


def in_words(having: Sequence[Place], lacking: Sequence[Place]) -> str:
    """``in overlays/dev, not in overlays/prod``."""
    if len(having) > _MOST_NAMED >= len(lacking):
        return f"not in {_names(lacking)}"
    return f"in {_names(having)}, not in {_names(lacking)}"


def _names(places: Sequence[Place]) -> str:
    named = ", ".join(one.note for one in places[:_MOST_NAMED])
    return named if len(places) <= _MOST_NAMED else f"{named} and {len(places) - _MOST_NAMED} more"


def _sorted(places: Iterable[Place]) -> tuple[Place, ...]:
    return tuple(sorted(places, key=lambda one: (one.note, one.location)))


def _is_nameless(unit: object) -> bool:
    return isinstance(unit, Workload) and unit.container is not None and unit.container.image.is_unknown


def _source(unit: object) -> object:
    """What the variants of one document share."""
    if isinstance(unit, Workload) and unit.owner is not None and unit.container is not None:
        part = unit.owner.pod.name if unit.owner.pod is not None else ""
        return unit.owner.kind, unit.owner.location, part, unit.container.name, unit.role
    return (unit.kind, unit.location) if isinstance(unit, KubernetesObject) else None
