"""References by name to objects that a kustomization renames or moves to another namespace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from k8slint.models.merge_patch import merge_table
from k8slint.models.resource import Resource
from k8slint.models.transformers import edited
from k8slint.models.yaml_edit import scalar, with_entry
from k8slint.models.yaml_nodes import Node, Scalar, YamlMapping, text


def with_new_names(resources: Sequence[Resource]) -> tuple[Resource, ...]:
    """``resources`` with references to those that were renamed led to their new names."""
    renamed: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for one in resources:
        if one.former:
            for name in {each.name for each in one.ids}:
                renamed[(one.id.kind, name)].append(one)
    kinds = {kind for kind, _ in renamed}
    return tuple(_redirected(one, renamed, kinds) for one in resources) if renamed else tuple(resources)


def _redirected(one: Resource, renamed: Mapping[tuple[str, str], list[Resource]], kinds: set[str]) -> Resource:
    root: Node = one.root
    for kind, path, is_mapping in _rows(one):
        if kind not in kinds:
            continue

        def follow(old: Node | None, kind: str = kind, is_mapping: bool = is_mapping) -> Node:
            if old is None:
                return one.root
            return _mapping(old, one, kind, renamed) if is_mapping else _name(old, one, kind, renamed)

        root = edited(root, path, None, follow) or root
    return one.with_root(root) if isinstance(root, YamlMapping) else one


def _rows(one: Resource) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    """The kinds that the object may refer to, and the fields it does so in."""
    table, known = merge_table(), one.id
    for kind, rows in table["references"].items():
        for row in rows:
            path = _path(row, known.kind, known.group, table["pods"])
            if path:
                yield kind, tuple(path.split("/")), row.get("mapping", False)


def _path(row: Mapping[str, Any], kind: str, group: str, pods: Mapping[str, str]) -> str:
    if "pod" in row:
        return f"{pods[kind]}/{row['pod']}" if kind in pods else ""
    fits = row.get("kind", kind) == kind and row.get("group", group) == group
    return row["path"] if fits else ""


def _name(old: Node, one: Resource, kind: str, renamed: Mapping[tuple[str, str], list[Resource]]) -> Node:
    meant = _meant(text(old), one, kind, renamed, tuple(each.namespace for each in one.ids))
    return scalar(meant.id.name, old.location) if meant is not None else old


def _mapping(old: Node, one: Resource, kind: str, renamed: Mapping[tuple[str, str], list[Resource]]) -> Node:
    """A reference of name and namespace; a subject says of which kind it is."""
    if not isinstance(old, YamlMapping) or text(old.get("kind")) not in (None, kind):
        return old
    written = text(old.get("namespace"))
    spaces = tuple(each.namespace for each in one.ids) if written is None else (written,)
    meant = _meant(text(old.get("name")), one, kind, renamed, spaces)
    if meant is None:
        return old
    name = old.get("name")
    place = name.location if isinstance(name, Scalar) else old.location
    old = with_entry(old, scalar("name", place, "plain"), scalar(meant.id.name, place))
    if meant.id.namespace:
        return with_entry(old, scalar("namespace", place, "plain"), scalar(meant.id.namespace, place))
    return old


def _meant(
    name: str | None,
    one: Resource,
    kind: str,
    renamed: Mapping[tuple[str, str], list[Resource]],
    namespaces: Sequence[str],
) -> Resource | None:
    """The object that a reference means; None where it is none of those that were renamed, or one of several."""
    found = renamed.get((kind, name or ""), [])
    if kind not in merge_table()["cluster_scoped"] and one.id.kind not in merge_table()["cluster_scoped"]:
        found = [each for each in found if any(former.namespace in namespaces for former in each.ids)]
    if len(found) > 1:
        found = [each for each in found if _belong_together(each, one)]
    return found[0] if len(found) == 1 else None


def _belong_together(one: Resource, other: Resource) -> bool:
    shorter, longer = sorted((one.affixes, other.affixes), key=len)
    return not shorter or longer[-len(shorter) :] == shorter
