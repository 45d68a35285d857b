"""The functions of Helm charts that make mappings and lists, or take them apart."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as ReadOnly

from k8slint.models.template_choices import Function, default
from k8slint.models.template_numbers import Arguments, FunctionError, LimitError, number, same, word
from k8slint.models.template_text import Text, plain
from k8slint.models.template_values import (
    NIL,
    Mapping,
    Missing,
    Unknown,
    Value,
    copied,
    has_hole,
    settled,
    truth,
    unknown,
    unset,
)
from k8slint.models.template_writing import as_yaml

_MOST = 2_000
_ORDER = list(Missing)
# What ``helm create`` lets people rename a release's objects with: they are the same objects under any name.
_OVERRIDES = ("nameOverride", "fullnameOverride")


def field(value: Value, name: str, written: str) -> Value:
    """``value.name``: what may be set when the chart is installed is unknown where the values leave it out."""
    data = value.data
    if isinstance(data, Unknown):
        return Value(Unknown(written, field(settled(value), name, written), data.missing))
    if not isinstance(data, Mapping):
        return unset(written) if data is None else NIL
    found = data.entries.get(name)
    if found is not None:
        return found
    return NIL if data.missing is Missing.NOTHING or name in _OVERRIDES else unset(written, data.missing)


def _dict(given: Arguments, written: str) -> Value:
    pairs = zip(given[::2], given[1::2], strict=False)
    return Value(Mapping({word(key): value for key, value in pairs}))


def _mapping(value: Value) -> Mapping:
    if not isinstance(value.data, Mapping):
        raise FunctionError("it is no mapping")
    return value.data


def _list(value: Value) -> list[Value]:
    if isinstance(value.data, list):
        return value.data
    if value.data is None:
        return []
    raise FunctionError("it is no list")


def _has_key(given: Arguments, written: str) -> Value:
    mapping, key = _mapping(given[0]), word(given[1])
    if key in mapping.entries:
        return Value(True, mapping.entries[key].place)
    return unknown(written, Value(False)) if mapping.missing is Missing.ELSEWHERE else Value(False)


def _set(given: Arguments, written: str) -> Value:
    mapping = _mapping(given[0])
    waiting = [given[2]]
    for _ in range(_MOST):
        if not waiting:
            mapping.entries[word(given[1])] = given[2]
            return given[0]
        data = waiting.pop().data
        if data is mapping:
            break
        held = data.entries.values() if isinstance(data, Mapping) else data if isinstance(data, list) else ()
        waiting.extend(held)
    raise LimitError("a mapping would hold itself, or too much")


def _unset(given: Arguments, written: str) -> Value:
    _mapping(given[0]).entries.pop(word(given[1]), None)
    return given[0]


def _merge(overwrites: bool) -> Function:
    def merge(given: Arguments, written: str) -> Value:
        if any(isinstance(one.data, Unknown) and not one.data.is_unset for one in given):
            return unknown(written, given[0])
        result = Value(Mapping({}))
        parts = [one.data for one in given if isinstance(one.data, (Mapping, Unknown))]
        missing = max((one.missing for one in parts), key=_ORDER.index, default=Missing.NOTHING)
        for one in given:
            if isinstance(one.data, Mapping):
                result = _filled(copied(one), result) if overwrites else _filled(result, copied(one))
        data = _mapping(result)
        if isinstance(given[0].data, Mapping):
            given[0].data.entries.clear()
            given[0].data.entries.update(data.entries)
        return Value(Mapping(data.entries, missing), given[0].place, given[0].key)

    return merge


def _filled(first: Value, second: Value) -> Value:
    """``first`` with what it leaves out or empty taken from ``second``: https://github.com/darccio/mergo"""
    if not isinstance(first.data, Mapping) or not isinstance(second.data, Mapping):
        return first if truth(first)[0] else second
    entries = dict(second.data.entries)
    for key, one in first.data.entries.items():
        entries[key] = _filled(one, entries[key]) if key in entries else one
    return Value(Mapping(entries, first.data.missing), first.place, first.key)


def _chosen(keeps: bool) -> Function:
    def choose(given: Arguments, written: str) -> Value:
        mapping = _mapping(given[0])
        names = [word(one) for part in given[1:] for one in (part.data if isinstance(part.data, list) else [part])]
        found = {key: one for key, one in mapping.entries.items() if (key in names) is keeps}
        return Value(Mapping(found, mapping.missing), given[0].place, given[0].key)

    return choose


def _index(given: Arguments, written: str) -> Value:
    found = given[0]
    for step in given[1:]:
        if isinstance(found.data, list):
            at = number(step)
            found = found.data[at] if 0 <= at < len(found.data) else NIL
        else:
            found = field(found, word(step), written)
    return found


def _dig(given: Arguments, written: str) -> Value:
    *steps, wanted, found = given
    for step in steps:
        found = field(found, word(step), written)
    return default([wanted, found], written) if isinstance(found.data, Unknown) or found.data is None else found


def _has(given: Arguments, written: str) -> Value:
    items = _list(given[1])
    if any(has_hole(one) for one in (given[0], *items)):
        return unknown(written, Value(False))
    return Value(any(same(given[0], one) for one in items), given[1].place, given[1].key)


def _until(given: Arguments, written: str) -> Value:
    start, stop, step = 0, number(given[0]), 1
    if len(given) == 3:
        start, stop, step = number(given[0]), number(given[1]), number(given[2])
    if step == 0 or abs(stop - start) > _MOST * abs(step):
        raise FunctionError("the list is too long")
    return Value([Value(one) for one in range(start, stop, step)])


def _unique(items: list[Value]) -> Iterator[Value]:
    kept: list[Value] = []
    for one in items[:_MOST]:
        if not any(same(one, other) for other in kept):
            kept.append(one)
            yield one


def _texts(items: list[Value]) -> list[Value]:
    if any(has_hole(one) for one in items):
        raise FunctionError("an item is not known")
    return sorted(items, key=word)


def _sliced(given: Arguments, written: str) -> Value:
    bounds = [number(one) for one in given[1:]]
    if isinstance(given[0].data, Text):
        end = bounds[1] if len(bounds) > 1 else len(given[0].data.text)
        return Value(given[0].data.slice(bounds[0], end))
    return Value(_list(given[0])[slice(*bounds) if len(bounds) > 1 else slice(bounds[0], None)])


def _keys(given: Arguments, written: str) -> Value:
    entries = (entry for mapping in given for entry in _mapping(mapping).entries.items())
    return Value([Value(plain(key, one.edited_at)) for key, one in entries])


def _shown(given: Arguments, written: str) -> Value:
    data = given[0].data
    if isinstance(data, Unknown):
        # The other ways of printing what is not set wait for a text; a mapping that is not set may be meant.
        return Value(plain("null")) if data.missing is Missing.UNSET else given[0]
    return Value(as_yaml(given[0]), given[0].place, given[0].key)


COLLECTIONS: ReadOnly[str, Function] = {
    "toYaml": _shown,
    "toYamlPretty": _shown,
    "list": lambda given, _: Value(list(given)),
    "tuple": lambda given, _: Value(list(given)),
    "dict": _dict,
    "get": lambda given, written: field(given[0], word(given[1]), written),
    "hasKey": _has_key,
    "set": _set,
    "unset": _unset,
    "merge": _merge(False),
    "mergeOverwrite": _merge(True),
    "deepCopy": lambda given, _: copied(given[0]),
    "pick": _chosen(True),
    "omit": _chosen(False),
    "keys": _keys,
    "values": lambda given, _: Value(list(_mapping(given[0]).entries.values())),
    "index": _index,
    "dig": _dig,
    "has": _has,
    "until": _until,
    "untilStep": _until,
    "first": lambda given, _: _list(given[0])[0] if _list(given[0]) else NIL,
    "last": lambda given, _: _list(given[0])[-1] if _list(given[0]) else NIL,
    "rest": lambda given, _: Value(_list(given[0])[1:]),
    "initial": lambda given, _: Value(_list(given[0])[:-1]),
    "append": lambda given, _: Value([*_list(given[0]), given[1]]),
    "prepend": lambda given, _: Value([given[1], *_list(given[0])]),
    "concat": lambda given, _: Value([one for part in given for one in _list(part)]),
    "uniq": lambda given, _: Value(list(_unique(_list(given[0])))),
    "reverse": lambda given, _: Value(_list(given[0])[::-1]),
    "compact": lambda given, _: Value([one for one in _list(given[0]) if truth(one)[0]]),
    "without": lambda given, _: Value([one for one in _list(given[0]) if not any(same(one, no) for no in given[1:])]),
    "sortAlpha": lambda given, _: Value(_texts(_list(given[0]))),
    "slice": _sliced,
}
