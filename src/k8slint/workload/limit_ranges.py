"""The limits and requests that a LimitRange of the namespace gives to containers which write none."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

from msgspec import Struct

from k8slint.fact import Fact, absent, unknown
from k8slint.models.container import read_quantity
from k8slint.models.manifest import KubernetesObject, Quantity
from k8slint.models.yaml import Node, YamlMapping, YamlSequence, is_null, text
from k8slint.workload.beside import Beside, by_kind

# What stands in where a field says nothing of a resource:
# https://kubernetes.io/docs/concepts/policy/limit-range/ and SetDefaults_LimitRangeItem of the API server.
_FIELDS = {"limits": ("default", "max"), "requests": ("defaultRequest", "default", "max", "min")}


class LimitDefaults(Struct, frozen=True):
    """What the LimitRanges of a namespace say of containers; ``undecided`` is why they may not be those that apply."""

    items: tuple[tuple[str, YamlMapping], ...] = ()
    """The name of each LimitRange, with one of its entries for containers."""
    undecided: str = ""

    def get(self, section: str, resource: str) -> Fact[Quantity]:
        """The default for "limits" or "requests" of a resource; unknown where two LimitRanges differ."""
        found = [one for name, item in self.items if not (one := _default(name, item, section, resource)).is_absent]
        if not found:
            return absent()
        if self.undecided:
            return unknown(self.undecided, *found[0].places)
        values = {one.value.value if one.is_known else None for one in found}
        if len(values) > 1:
            return unknown("two LimitRanges of the namespace differ in it", *(one.places[0] for one in found))
        return found[0]


def limit_defaults(owner: KubernetesObject | None, beside: Beside) -> LimitDefaults:
    """The LimitRanges that apply to the pods of ``owner``.

    A namespace that is not written is the same for all, unless the objects beside it name several.
    """
    ranges = beside.find(owner, by_kind, "LimitRange")
    if owner is None or not ranges:
        return LimitDefaults()
    written = beside.keys(owner, _namespace)
    here = [one for one in ranges if one.namespace == owner.namespace]
    unsure = [one for one in ranges if one.namespace != owner.namespace and None in (one.namespace, owner.namespace)]
    is_sure = len(written) == (1 if unsure else 0) or (not unsure and owner.namespace is not None)
    undecided = "" if is_sure else "which namespace its LimitRange is for is not written"
    return LimitDefaults(tuple(item for one in (*here, *unsure) for item in _items(one)), undecided)


def _namespace(one: KubernetesObject) -> Iterable[Hashable]:
    return (one.namespace,) if one.namespace is not None else ()


def _items(one: KubernetesObject) -> Iterator[tuple[str, YamlMapping]]:
    limits = one.root.get("spec", "limits")
    for item in limits.items if isinstance(limits, YamlSequence) else ():
        if isinstance(item, YamlMapping) and text(item.get("type")) not in ("Pod", "PersistentVolumeClaim"):
            yield one.name or "?", item


def _default(name: str, item: YamlMapping, section: str, resource: str) -> Fact[Quantity]:
    for field in _FIELDS[section]:
        node: Node | None = item.get(field)
        if is_null(node):
            continue
        place = f"{field} of LimitRange {name}"
        if not isinstance(node, YamlMapping) or text(item.get("type")) != "Container":
            return unknown(f"{place} is filled in later")
        if not is_null(amount := node.get(resource)):
            return read_quantity(amount, place, node.location)
    return absent()
