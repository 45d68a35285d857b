"""Two readings of one document, of which nobody knows which will be true, as one."""

from __future__ import annotations

from msgspec.structs import replace

from k8slint.location import Location
from k8slint.models.yaml_nodes import Entry, Node, Scalar, YamlMapping, YamlSequence, text

# What makes an object the one that others mean, and a container one that is deployed, is taken from the first reading.
_IDENTITY = ("apiVersion", "kind", "metadata", "selector", "matchLabels")
_CONTAINERS = ("containers", "initContainers")
_UNKNOWN = "{{ one of two readings }}"


def either(one: Node, other: Node, key: str = "") -> Node:
    """The tree in which what the two agree on is known, and the rest is a template.

    ``one`` is what holds where nobody decides otherwise: of names, labels and selectors it alone counts. An item of a
    list that has a name is compared with the item of that name; a container that is in one list only is kept.
    """
    if key in _IDENTITY and not (isinstance(one, YamlMapping) and key == "metadata"):
        return one
    if isinstance(one, YamlMapping) and isinstance(other, YamlMapping):
        return _mappings(one, other, key)
    if isinstance(one, YamlSequence) and isinstance(other, YamlSequence):
        return _sequences(one, other, key)
    if isinstance(one, Scalar) and isinstance(other, Scalar) and (one.text, one.style) == (other.text, other.style):
        return one
    return _template(one.location)


def _mappings(one: YamlMapping, other: YamlMapping, key: str) -> YamlMapping:
    if key == "metadata":
        kept = ("name", "namespace", "labels")
        return replace(
            one,
            entries=tuple(
                entry if entry.key.text in kept else _entry(entry, other.entry(entry.key.text)) for entry in one.entries
            ),
        )
    entries = [_entry(entry, other.entry(entry.key.text)) for entry in one.entries]
    entries += [_entry(entry, None) for entry in other.entries if one.entry(entry.key.text) is None]
    return replace(one, entries=tuple(entries))


def _entry(one: Entry, other: Entry | None) -> Entry:
    name = one.key.text
    if other is not None:
        return Entry(one.key, either(one.value, other.value, name))
    if name in _CONTAINERS:
        return one
    return Entry(one.key, _template(one.value.location))


def _sequences(one: YamlSequence, other: YamlSequence, key: str) -> YamlSequence:
    if not all(_name(item) for item in (*one.items, *other.items)):
        return _unnamed(one, other)
    there = {_name(item): item for item in other.items}
    names = {_name(item) for item in one.items}
    items: list[Node] = []
    for item in one.items:
        match = there.get(_name(item))
        items.append(either(item, match) if match is not None else _alone(item, key))
    items += [_alone(item, key) for item in other.items if _name(item) not in names]
    return replace(one, items=tuple(items))


def _unnamed(one: YamlSequence, other: YamlSequence) -> YamlSequence:
    if len(one.items) == len(other.items):
        return replace(one, items=tuple(either(*pair) for pair in zip(one.items, other.items, strict=True)))
    shared = [item for item in one.items if any(_same(item, match) for match in other.items)]
    return replace(one, items=(*shared, _template(one.location)))


def _alone(item: Node, key: str) -> Node:
    return item if key in _CONTAINERS else _template(item.location)


def _name(item: Node) -> str:
    return text(item.get("name")) or "" if isinstance(item, YamlMapping) else ""


def _same(one: Node, other: Node) -> bool:
    if isinstance(one, Scalar) and isinstance(other, Scalar):
        return one.text == other.text
    if isinstance(one, YamlSequence) and isinstance(other, YamlSequence):
        return len(one.items) == len(other.items) and all(map(_same, one.items, other.items))
    if isinstance(one, YamlMapping) and isinstance(other, YamlMapping):
        pairs = zip(one.entries, other.entries, strict=False)
        return len(one.entries) == len(other.entries) and all(
            left.key.text == right.key.text and _same(left.value, right.value) for left, right in pairs
        )
    return False


def _template(place: Location) -> Scalar:
    return Scalar(_UNKNOWN, "template", "", place, place.line, place.column)
