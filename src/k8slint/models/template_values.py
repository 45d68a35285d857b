"""The values that a template computes with, each with the place in a values file that it comes from."""

from __future__ import annotations

from enum import Enum, auto
from typing import TypeAlias, Union

from msgspec import Struct
from msgspec.structs import replace

from k8slint.location import Location
from k8slint.models.template_text import Piece, Text
from k8slint.models.yaml_nodes import Node, Scalar, YamlMapping, YamlSequence, as_bool, as_int, is_null
from k8slint.regex import regex

_FLOAT = regex(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
DEEPEST = 60
"""No value is nested more deeply than this."""


class Missing(Enum):
    """What it means that a mapping has no such key."""

    NOTHING = auto()
    """It is nil: nobody else can set it."""
    UNSET = auto()
    """The values of an installation leave it out: conditions take it for nil, what prints it waits for a value."""
    ELSEWHERE = auto()
    """It is known where the chart is installed, such as what all charts of a release share."""


class Unknown(Struct, frozen=True):
    """What cannot be known before the chart is installed.

    ``written`` is the expression, ``otherwise`` what it comes to where an installation sets nothing. ``missing`` tells
    why there is no value where the values leave it out.
    """

    written: str
    otherwise: Value
    missing: Missing = Missing.NOTHING

    @property
    def is_unset(self) -> bool:
        """Whether the values leave it out."""
        return self.missing is not Missing.NOTHING


class Mapping(Struct, frozen=True):
    """A mapping, which functions such as ``set`` change, and what keys are that it does not have."""

    entries: dict[str, Value]
    missing: Missing = Missing.NOTHING


Data: TypeAlias = Union[bool, int, float, Text, Mapping, "list[Value]", Unknown, None]  # recursive


class Value(Struct, frozen=True, eq=False):
    """``place`` is where a values file writes the value, ``key`` where it writes its key."""

    data: Data
    place: Location | None = None
    key: Location | None = None

    @property
    def edited_at(self) -> Location | None:
        """The place in a values file where a person would change it."""
        return self.key or self.place


NIL = Value(None)


def unset(written: str, missing: Missing = Missing.UNSET) -> Value:
    return Value(Unknown(written, NIL, missing))


def unknown(written: str, otherwise: Value = NIL) -> Value:
    return Value(Unknown(written, settled(otherwise)))


def settled(value: Value) -> Value:
    """What a value comes to where an installation sets nothing."""
    while isinstance(value.data, Unknown):
        value = value.data.otherwise
    return value


def truth(value: Value) -> tuple[bool, bool]:
    """Whether a condition holds where an installation sets nothing, and whether that is certain."""
    data = value.data
    if isinstance(data, Unknown):
        return truth(settled(value))[0], data.missing is Missing.UNSET
    if isinstance(data, Text):
        return bool(data.proper.text), not data.proper.is_all_hole
    if isinstance(data, Mapping):
        return bool(data.entries), True
    return bool(data), True


def has_hole(value: Value) -> bool:
    """Whether a value, or a part of it, is unknown."""
    waiting = [value]
    while waiting:
        data = waiting.pop().data
        if isinstance(data, Unknown) or (isinstance(data, Text) and data.has_hole):
            return True
        if isinstance(data, Mapping):
            waiting.extend(data.entries.values())
        elif isinstance(data, list):
            waiting.extend(data)
    return False


def from_node(node: Node | None, key: Location | None = None, depth: int = 0) -> Value:
    """The value that a node of a values file is."""
    if node is None or depth > DEEPEST:
        return Value(None, node.location if node is not None else None, key)
    if isinstance(node, YamlMapping):
        entries = {one.key.text: from_node(one.value, one.key.location, depth + 1) for one in node.entries}
        return Value(Mapping(entries, Missing.UNSET), node.location, key)
    if isinstance(node, YamlSequence):
        return Value([from_node(item, None, depth + 1) for item in node.items], node.location, key)
    return Value(_scalar(node), node.location, key)


def _scalar(node: Scalar) -> Data:
    if is_null(node):
        return None
    if (flag := as_bool(node)) is not None:
        return flag
    if (number := as_int(node)) is not None:
        return number
    if node.style == "plain" and not node.tag and _FLOAT.fullmatch(node.text):
        return float(node.text)
    lines = node.text.splitlines(keepends=True)
    return Text(Piece(line, place, 0, "value") for line, place in zip(lines, node.line_locations(), strict=False))


def merged(base: Value, over: Value) -> Value:
    """A values file laid over another: mappings merged key by key, null taking a key away."""
    if not isinstance(base.data, Mapping) or not isinstance(over.data, Mapping):
        return over
    entries = dict(base.data.entries)
    for key, value in over.data.entries.items():
        if value.data is None and key in entries:
            del entries[key]
        else:
            entries[key] = merged(entries[key], value) if key in entries else value
    return Value(Mapping(entries, base.data.missing), over.place, over.key)


def copied(value: Value) -> Value:
    """The value with mappings and lists of its own, for functions that change theirs."""
    if isinstance(value.data, Mapping):
        entries = {key: copied(one) for key, one in value.data.entries.items()}
        return replace(value, data=Mapping(entries, value.data.missing))
    if isinstance(value.data, list):
        return replace(value, data=[copied(one) for one in value.data])
    return value
