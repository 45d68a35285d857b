"""Changed copies of YAML nodes: what is not touched keeps its place, what is new is given one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace

from k8slint.location import Location
from k8slint.models.yaml_nodes import Entry, Node, Scalar, YamlMapping, YamlSequence

_UNKNOWN = "{{ unknown }}"
_IDENTITY = ("apiVersion", "kind", "name", "namespace")


def scalar(written: str, place: Location, style: str = "double") -> Scalar:
    """A value that is a string unless ``style`` is "plain"."""
    return Scalar(written, style, "", place, place.line, place.column)


def unknown_node(place: Location) -> Scalar:
    """A value that is filled in by something that is not read."""
    return scalar(_UNKNOWN, place, "template")


def mapping(place: Location, **values: Node) -> YamlMapping:
    """A mapping that stands nowhere, made for what is at ``place``."""
    return YamlMapping(tuple(Entry(scalar(key, place, "plain"), value) for key, value in values.items()), place)


def with_entry(node: YamlMapping, key: Scalar, value: Node) -> YamlMapping:
    """``node`` with ``value`` for ``key``, whose own place is taken only where the key is new."""
    if node.entry(key.text) is None:
        return replace(node, entries=(*node.entries, Entry(key, value)))
    changed = tuple(replace(one, value=value) if one.key.text == key.text else one for one in node.entries)
    return replace(node, entries=changed)


def without(node: YamlMapping, *keys: str) -> YamlMapping:
    return replace(node, entries=tuple(one for one in node.entries if one.key.text not in keys))


def mapped(node: Node, change: Callable[[Scalar], Scalar]) -> Node:
    """``node`` with every scalar that is no key changed."""
    if isinstance(node, Scalar):
        return change(node)
    if isinstance(node, YamlSequence):
        return replace(node, items=tuple(mapped(item, change) for item in node.items))
    return replace(node, entries=tuple(replace(one, value=mapped(one.value, change)) for one in node.entries))


def relocated(node: Node, move: Callable[[Location], Location]) -> Node:
    """``node`` with the places of all its parts moved."""
    place = move(node.location)
    if isinstance(node, Scalar):
        shift = place.column - node.location.column
        line = node.content_line + place.line - node.location.line
        return replace(node, location=place, content_line=line, content_column=node.content_column + shift)
    if isinstance(node, YamlSequence):
        return YamlSequence(tuple(relocated(item, move) for item in node.items), place)
    entries = []
    for one in node.entries:
        key = relocated(one.key, move)
        entries.append(Entry(key if isinstance(key, Scalar) else one.key, relocated(one.value, move)))
    return YamlMapping(tuple(entries), place)


def obscured(node: Node, place: Location) -> Node:
    """``node`` as it is when what stands at ``place`` may have changed every part of it; names are kept."""
    if isinstance(node, Scalar):
        return unknown_node(place)
    if isinstance(node, YamlSequence):
        return replace(node, items=tuple(obscured(item, place) for item in node.items))
    entries = [
        one if one.key.text in _IDENTITY and isinstance(one.value, Scalar) else _obscured_entry(one, place)
        for one in node.entries
    ]
    return replace(node, entries=(*entries, Entry(unknown_node(place), unknown_node(place))))


def _obscured_entry(entry: Entry, place: Location) -> Entry:
    return replace(entry, value=obscured(entry.value, place))


def nodes(roots: Iterable[Node]) -> Iterator[tuple[Node, int]]:
    """Every node below ``roots``, keys left out, with its depth."""
    waiting = [(root, 0) for root in roots]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        if isinstance(node, YamlSequence):
            waiting.extend((item, depth + 1) for item in node.items)
        elif isinstance(node, YamlMapping):
            waiting.extend((one.value, depth + 1) for one in node.entries)
