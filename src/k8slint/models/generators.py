"""ConfigMaps and Secrets that a kustomization makes of literals and files."""

from __future__ import annotations

import base64
import posixpath
from collections.abc import Callable, Iterator

from msgspec.structs import replace

from k8slint.models.kustomization import Generator
from k8slint.models.resource import Resource
from k8slint.models.source import Source
from k8slint.models.yaml_edit import mapping, scalar, unknown_node, with_entry
from k8slint.models.yaml_nodes import Node, Scalar, YamlMapping, YamlSequence, text

# What a ConfigMap holds at most; the API server refuses more.
_LARGEST = 1 << 20


def generated(
    one: Generator, options: YamlMapping | None, path: str, read: Callable[[str], tuple[str, bytes] | None]
) -> Resource:
    """The object, its name without the hash that kustomize adds: references are written without it.

    ``read`` gives path and bytes of a file by its path as written. A file that is not there may hold any variable.
    """
    place = one.name.location
    data = YamlMapping((), place)
    for key, value in _pairs(one, read):
        data = with_entry(data, key, _encoded(value) if one.kind == "Secret" else value)
    metadata = mapping(place, name=one.name)
    namespace = one.entry.get("namespace")
    if namespace is not None:
        metadata = with_entry(metadata, scalar("namespace", place, "plain"), namespace)
    for field in ("labels", "annotations"):
        pairs = [holder.get(field) for holder in (options, one.entry.get("options")) if isinstance(holder, YamlMapping)]
        for found in pairs:
            if isinstance(found, YamlMapping):
                held = metadata.get(field)
                whole = held if isinstance(held, YamlMapping) else YamlMapping((), found.location)
                for entry in found.entries:
                    whole = with_entry(whole, entry.key, entry.value)
                metadata = with_entry(metadata, scalar(field, place, "plain"), whole)
    root = mapping(place, apiVersion=scalar("v1", place), kind=scalar(one.kind, place), metadata=metadata, data=data)
    if one.kind == "Secret":
        kind = one.entry.get("type")
        root = with_entry(root, scalar("type", place, "plain"), kind or scalar("Opaque", place))
    return Resource(path, root)


def merged_data(old: Resource, new: Resource) -> Resource:
    """``behavior: merge``: the data, labels and annotations of ``new`` over those of ``old``."""
    root = old.root
    for route in (("data",), ("metadata", "labels"), ("metadata", "annotations")):
        added = new.root.get(*route)
        if not isinstance(added, YamlMapping) or not added.entries:
            continue
        held = root.get(*route)
        whole = held if isinstance(held, YamlMapping) else YamlMapping((), added.location)
        for entry in added.entries:
            whole = with_entry(whole, entry.key, entry.value)
        root = _with(root, route, whole)
    return replace(old, root=root)


def _with(root: YamlMapping, route: tuple[str, ...], value: Node) -> YamlMapping:
    if len(route) > 1:
        inner = root.get(route[0])
        if isinstance(inner, YamlMapping):
            value = _with(inner, route[1:], value)
    return with_entry(root, scalar(route[0], value.location, "plain"), value)


def _pairs(one: Generator, read: Callable[[str], tuple[str, bytes] | None]) -> Iterator[tuple[Scalar, Node]]:
    for item in _texts(one.entry.get("envs"), one.entry.get("env")):
        found = read(item.text)
        if found is None:
            yield unknown_node(item.location), unknown_node(item.location)
        else:
            yield from _variables(Source(found[0], found[1].decode("utf-8", "replace").removeprefix("\ufeff")))
    for item in _texts(one.entry.get("files")):
        key, equals, path = item.text.partition("=")
        found = read(path if equals else key)
        name = scalar(key if equals else posixpath.basename(key), item.location, "plain")
        yield name, unknown_node(item.location) if found is None else _content(found[1], item)
    for item in _texts(one.entry.get("literals")):
        key, equals, value = item.text.partition("=")
        if equals:
            yield scalar(key, item.location, "plain"), scalar(_unquoted(value), item.location)


def _texts(*found: Node | None) -> Iterator[Scalar]:
    for node in found:
        items = node.items if isinstance(node, YamlSequence) else (node,)
        yield from (item for item in items if isinstance(item, Scalar) and text(item))


def _variables(source: Source) -> Iterator[tuple[Scalar, Node]]:
    """Lines ``NAME=value``; a bare name takes its value from where kustomize is run."""
    for number in range(1, source.line_count + 1):
        line = source.line(number).lstrip()
        key, equals, value = line.partition("=")
        if line and not line.startswith("#"):
            place = source.line_span(number)
            yield scalar(key, place, "plain"), scalar(value, place) if equals else unknown_node(place)


def _content(data: bytes, item: Scalar) -> Node:
    if len(data) > _LARGEST:
        return unknown_node(item.location)
    return scalar(data.decode("utf-8", "replace"), item.location)


def _encoded(value: Node) -> Node:
    if not isinstance(value, Scalar) or value.style == "template":
        return value
    return replace(value, text=base64.b64encode(value.text.encode("utf-8", "surrogateescape")).decode())


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value
