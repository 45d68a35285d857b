"""Kustomize's built-in transformers, each from one object to the object it makes of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from operator import is_
from typing import Any

from msgspec.structs import replace

from k8slint.location import Location
from k8slint.models.kustomization import ImageOverride, Labels, Replicas
from k8slint.models.merge_patch import merge_table
from k8slint.models.resource import Resource
from k8slint.models.yaml_edit import scalar, with_entry
from k8slint.models.yaml_nodes import Entry, Node, Scalar, YamlMapping, YamlSequence, is_null, text

_METADATA = ("metadata",)


def edited(
    node: Node | None, path: tuple[str, ...], make: Location | None, change: Callable[[Node | None], Node]
) -> Node | None:
    """``node`` with what stands at the end of ``path`` changed, in every item of lists on the way.

    What is missing is made where ``make`` gives it a place, else it is left out.
    """
    if isinstance(node, YamlSequence):
        items = (edited(item, path, make, change) for item in node.items)
        return replace(node, items=tuple(item for item in items if item is not None))
    if not path:
        return node if node is None and make is None else change(node)
    if is_null(node) and make is not None:
        node = YamlMapping((), make)
    if not isinstance(node, YamlMapping):
        return node
    entry = node.entry(path[0])
    if entry is None and make is None:
        return node
    value = edited(entry.value if entry is not None else None, path[1:], make, change)
    place = make or node.location
    return node if value is None else with_entry(node, scalar(path[0], place, "plain"), value)


def _edit(one: Resource, path: Iterable[str], make: Location | None, change: Callable[[Node | None], Node]) -> Resource:
    root = edited(one.root, tuple(path), make, change)
    return one.with_root(root) if isinstance(root, YamlMapping) else one


def _rows(one: Resource, rows: Iterable[Mapping[str, Any]]) -> Iterable[tuple[tuple[str, ...], bool]]:
    known = one.id
    for row in rows:
        if row.get("kind", known.kind) == known.kind and row.get("group", known.group) == known.group:
            yield tuple(row["path"].split("/")), row.get("create", False)


def labelled(one: Resource, labels: Labels) -> Resource:
    """``commonLabels`` and ``labels``."""
    table, add, place = merge_table(), _adding(labels.pairs), labels.pairs.location
    one = _edit(one, ("metadata", "labels"), place, add)
    if labels.selectors:
        for path, creates in _rows(one, table["selectors"]):
            one = _edit(one, path, place if creates else None, add)
        for path, _ in _rows(one, table["claims"]):
            if one.root.get(*path[:-1]) is not None:
                one = _edit(one, (*path, "labels"), place, add)
    if labels.templates:
        for path, _ in _rows(one, table["templates"]):
            one = _edit(one, (*path, "labels"), place, add)
    return one


def annotated(one: Resource, pairs: YamlMapping) -> Resource:
    """``commonAnnotations``."""
    one = _edit(one, ("metadata", "annotations"), pairs.location, _adding(pairs))
    for path, _ in _rows(one, merge_table()["templates"]):
        one = _edit(one, (*path, "annotations"), pairs.location, _adding(pairs))
    return one


def _adding(pairs: YamlMapping) -> Callable[[Node | None], Node]:
    def add(old: Node | None) -> Node:
        found = old if isinstance(old, YamlMapping) else YamlMapping((), pairs.location)
        for entry in pairs.entries:
            found = with_entry(found, entry.key, entry.value)
        return found

    return add


def in_namespace(one: Resource, namespace: Scalar) -> Resource:
    """``namespace``."""
    table = merge_table()
    if one.id.kind not in table["cluster_scoped"]:
        one = _edit(one, ("metadata", "namespace"), namespace.location, lambda _: namespace)
    for path, creates in _rows(one, table["namespaces"]):
        make = namespace.location if creates else None
        one = _edit(one, path, make, lambda old: _at(old, namespace))
    if one.id.kind in ("RoleBinding", "ClusterRoleBinding"):
        one = _edit(one, ("subjects",), None, lambda old: _subject(old, namespace))
    return one


def _at(old: Node | None, new: Scalar) -> Scalar:
    return replace(new, location=old.location) if old is not None else new


def _subject(old: Node | None, namespace: Scalar) -> Node:
    if isinstance(old, YamlMapping) and (text(old.get("kind")), text(old.get("name"))) == ("ServiceAccount", "default"):
        return with_entry(old, scalar("namespace", namespace.location, "plain"), namespace)
    return old if old is not None else YamlMapping((), namespace.location)


def affixed(one: Resource, prefix: str, suffix: str) -> Resource:
    """``namePrefix`` and ``nameSuffix``; the name keeps the place where it is written."""
    if one.id.kind in merge_table()["unprefixed"]:
        return one
    changed = _edit(one, ("metadata", "name"), None, lambda old: renamed(old, f"{prefix}{text(old) or ''}{suffix}"))
    return replace(changed, affixes=(*one.affixes, (prefix, suffix)))


def renamed(old: Node | None, name: str) -> Node:
    return replace(old, text=name) if isinstance(old, Scalar) else YamlMapping((), Location("", 1, 1, 1, 1))


def scaled(one: Resource, replicas: Replicas) -> Resource:
    """``replicas``: by the name that the object has or had."""
    if one.id.kind in merge_table()["replicated"] and any(each.name == replicas.name for each in one.ids):
        return _edit(one, ("spec", "replicas"), replicas.count.location, lambda _: replicas.count)
    return one


def with_images(one: Resource, overrides: Iterable[ImageOverride]) -> Resource:
    """``images``, in the containers of every kind of object, wherever they stand."""
    for override in overrides:
        root = _with_image(one.root, override)
        one = replace(one, root=root) if isinstance(root, YamlMapping) else one
    return one


def _with_image(node: Node, override: ImageOverride) -> Node:
    """``node`` itself where nothing in it changes: most of an object is no container, and is not copied."""
    if isinstance(node, YamlSequence):
        items = tuple(_with_image(item, override) for item in node.items)
        return node if all(map(is_, items, node.items)) else YamlSequence(items, node.location)
    if not isinstance(node, YamlMapping):
        return node
    entries = tuple(_image_entry(entry, override) for entry in node.entries)
    return node if all(map(is_, entries, node.entries)) else YamlMapping(entries, node.location)


def _image_entry(entry: Entry, override: ImageOverride) -> Entry:
    value = entry.value
    if entry.key.text in ("containers", "initContainers") and isinstance(value, YamlSequence):
        change = _image_of(override)
        return replace(entry, value=edited(value, ("image",), None, change) or value)
    if isinstance(value, Scalar):
        return entry
    changed = _with_image(value, override)
    return entry if changed is value else Entry(entry.key, changed)


def _image_of(override: ImageOverride) -> Callable[[Node | None], Node]:
    fits = re.compile(re.escape(override.name) + r"(?::[\w.{}-]*)?(?:@sha256:[\w.{}-]*)?")

    def change(old: Node | None) -> Node:
        if not isinstance(old, Scalar) or fits.fullmatch(old.text) is None:
            return old if old is not None else YamlMapping((), override.location)
        rest = old.text[len(override.name) :]
        tag, _, digest = rest.removeprefix(":").partition("@") if not rest.startswith("@") else ("", "", rest[1:])
        if override.new_tag is not None or override.digest is not None:
            tag, digest = override.new_tag or "", override.digest or ""
        elif override.suffix is not None:
            tag, digest = tag + override.suffix, ""
        whole = (override.new_name or override.name) + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
        return scalar(whole, override.set_by)

    return change
