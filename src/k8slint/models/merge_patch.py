"""Strategic merge patches, as kustomize applies them, on YAML nodes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, TypeAlias

from msgspec.structs import replace

from k8slint.models.yaml_edit import with_entry, without
from k8slint.models.yaml_nodes import Node, Scalar, YamlMapping, YamlSequence, is_null, text

Fields: TypeAlias = Mapping[str, Any]
_DATA = os.path.join(os.path.dirname(os.path.dirname(__file__)), "data", "kustomize.json")
_DIRECTIVE = "$patch"


@cache
def merge_table() -> Mapping[str, Any]:
    with open(_DATA, encoding="utf-8") as file:
        found: Mapping[str, Any] = json.load(file)
    return found


def fields_of(group: str, kind: str) -> Fields:
    """How lists of a kind's fields merge; empty for kinds whose schema kustomize does not know: lists are replaced."""
    table = merge_table()
    if group and group not in table["groups"] and not group.endswith(".k8s.io"):
        return {}
    found: Fields = table["types"].get(kind) or table["types"]["Object"]
    return found


def merged(target: Node | None, patch: Node, fields: Fields) -> Node | None:
    """``target`` with ``patch`` laid over it; None where the patch deletes it.

    What the patch leaves alone keeps its place, what it sets has the patch's. New items of a list that merges by key
    stand before the others, as kustomize puts them.
    """
    if not isinstance(patch, YamlMapping):
        return None if is_null(patch) else patch
    directive = text(patch.get(_DIRECTIVE)) if patch.entry(_DIRECTIVE) is not None else None
    if directive == "delete":
        return None
    patch = without(patch, _DIRECTIVE)
    result = target if isinstance(target, YamlMapping) and directive != "replace" else YamlMapping((), patch.location)
    for entry in patch.entries:
        old = result.entry(entry.key.text)
        value = _value(old.value if old is not None else None, entry.value, fields.get(entry.key.text, {}))
        result = without(result, entry.key.text) if value is None else with_entry(result, entry.key, value)
    return result


def _value(old: Node | None, new: Node, field: Mapping[str, Any]) -> Node | None:
    inner: Fields = merge_table()["types"].get(field.get("type", ""), {})
    if isinstance(new, YamlSequence):
        return _list(old if isinstance(old, YamlSequence) else None, new, field, inner)
    return merged(old, new, inner)


def _list(old: YamlSequence | None, new: YamlSequence, field: Mapping[str, Any], inner: Fields) -> Node:
    directives = [found for item in new.items if (found := _directive(item)) is not None]
    items = tuple(item for item in new.items if _directive(item) is None)
    if "delete" in directives:
        return replace(new, items=())
    keys = tuple(field.get("keys", ()))
    if "replace" in directives or not keys:
        if field.get("set") and old is not None:
            known = {text(item) for item in old.items}
            return replace(old, items=(*old.items, *(item for item in items if text(item) not in known)))
        return replace(new, items=items)
    before = old.items if old is not None else ()
    used = tuple(key for key in keys if any(_has(item, key) for item in (*items, *before))) or keys
    by_key = {_key(item, used): item for item in before}
    first: dict[tuple[str | None, ...], Node | None] = {}
    for item in items:
        key = _key(item, used)
        same = next((one for one in by_key if one != key and None in key and _agree(key, one)), None)
        if same is not None:
            first[same] = by_key[same]  # A port without a protocol changes nothing at one that has one.
        else:
            held = first.get(key) or by_key.get(key)
            first[key] = merged(held, _besides(item, used) if held is not None else item, inner)
    rest = [item for item in before if _key(item, used) not in first]
    kept = [item for item in first.values() if item is not None]
    return replace(old if old is not None else new, items=(*kept, *rest))


def _directive(item: Node) -> str | None:
    """What an item that is nothing but a directive for its whole list says."""
    alone = isinstance(item, YamlMapping) and [entry.key.text for entry in item.entries] == [_DIRECTIVE]
    return text(item.get(_DIRECTIVE)) if isinstance(item, YamlMapping) and alone else None


def _agree(part: tuple[str | None, ...], whole: tuple[str | None, ...]) -> bool:
    return all(one in (None, other) for one, other in zip(part, whole, strict=True)) and part[0] is not None


def _besides(item: Node, keys: Iterable[str]) -> Node:
    """What an item says besides whom it means, which keeps the place it has in the list that is patched."""
    is_replaced = isinstance(item, YamlMapping) and text(item.get(_DIRECTIVE)) == "replace"
    return without(item, *keys) if isinstance(item, YamlMapping) and not is_replaced else item


def _has(item: Node, key: str) -> bool:
    return isinstance(item, YamlMapping) and item.entry(key) is not None


def _key(item: Node, keys: Iterable[str]) -> tuple[str | None, ...]:
    if not isinstance(item, YamlMapping):
        return (text(item) if isinstance(item, Scalar) else None,)
    return tuple(text(item.get(key)) for key in keys)
