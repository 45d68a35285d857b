"""The functions of Helm charts that count and compare."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from collections.abc import Mapping as ReadOnly
from typing import TypeAlias

from k8slint.models.template_text import Text, plain
from k8slint.models.template_values import Mapping, Value, settled, truth
from k8slint.models.template_writing import printed
from k8slint.regex import regex

Arguments: TypeAlias = "list[Value]"
_LARGEST = 2**63
_VERSION = regex(r"v?(\d+)(?:\.(\d+|x|\*))?(?:\.(\d+|x|\*))?(?:-([\w.-]+))?(?:\+[\w.-]+)?")


class FunctionError(Exception):
    """A call that Helm would refuse, or that cannot be followed."""


class LimitError(Exception):
    """A template that takes more steps, or gives more, than any honest one."""


def text_of(value: Value) -> Text:
    return printed(value)


def word(value: Value) -> str:
    """An argument that must be a known text. Raises ``FunctionError``."""
    text = printed(settled(value))
    if text.has_hole:
        raise FunctionError("it is not known")
    return text.text


def number(value: Value) -> int:
    """An argument as a whole number, as Helm's functions take it: what is none counts as 0."""
    data = settled(value).data
    if isinstance(data, Text):
        found = re.match(r"\s*([-+]?\d+)(\.\d*)?\s*$", data.text)
        return int(found[1]) if found is not None and len(found[1]) < 20 else 0
    return int(data) if isinstance(data, (bool, int, float)) and math.isfinite(data) else 0


def real(value: Value) -> float:
    data = settled(value).data
    if isinstance(data, Text):
        try:
            return float(data.text)
        except ValueError:
            return 0.0
    return float(data) if isinstance(data, (bool, int, float)) else 0.0


def same(one: Value, other: Value) -> bool:
    """Whether two values are equal, mappings and lists by what they hold."""
    left, right = one.data, other.data
    if isinstance(left, Text) and isinstance(right, Text):
        return left.text == right.text
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.entries.keys() == right.entries.keys() and all(
            same(value, right.entries[key]) for key, value in left.entries.items()
        )
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(same(*pair) for pair in zip(left, right, strict=True))
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def kind_of(value: Value) -> str:
    """What ``kindOf`` says."""
    kinds = {bool: "bool", int: "int64", float: "float64", Text: "string", Mapping: "map", list: "slice"}
    return kinds.get(type(value.data), "invalid")


def _type_of(value: Value) -> str:
    kinds = {"map": "map[string]interface {}", "slice": "[]interface {}", "invalid": "<nil>"}
    return kinds.get(kind_of(value), kind_of(value))


def _compared(holds: Callable[[float | str, float | str], bool]) -> Callable[[Arguments], Value]:
    def compare(given: Arguments) -> Value:
        left, right = given[0].data, given[1].data
        if isinstance(left, Text) and isinstance(right, Text):
            return _truth(holds(left.text, right.text), given)
        return _truth(holds(real(given[0]), real(given[1])), given)

    return compare


def _truth(found: bool, given: Arguments) -> Value:
    """A truth, with the place of the value that it was told of."""
    told = next((one for one in given if one.edited_at is not None), None)
    return Value(found, told.place if told else None, told.key if told else None)


def _semver(given: Arguments) -> Value:
    return _truth(_satisfies(word(given[0]), word(given[1])), given)


def _satisfies(wanted: str, version: str) -> bool:
    for either in wanted.split("||"):
        parts = re.findall(r"([<>=!~^]*)\s*(v?[\d.x*]+(?:-[\w.-]+)?)", either)
        if parts and all(_fits(sign, bound, version) for sign, bound in parts):
            return True
    return False


def _fits(sign: str, bound: str, version: str) -> bool:
    left, right = _VERSION.match(version), _VERSION.match(bound)
    if left is None or right is None:
        raise FunctionError("no version")
    got = tuple(int(part) if part and part.isdigit() else 0 for part in left.groups()[:3])
    low = tuple(int(part) if part and part.isdigit() else 0 for part in right.groups()[:3])
    given = sum(1 for part in right.groups()[:3] if part and part.isdigit())
    if sign in ("", "="):
        return got[:given] == low[:given]
    if sign in ("~", "^"):
        fixed = 1 if sign == "^" else max(1, min(given, 2))
        return got >= low and got[:fixed] == low[:fixed]
    return {">": got > low, ">=": got >= low, "<": got < low, "<=": got <= low, "!=": got != low}.get(sign, False)


def _plus(first: int, step: Callable[[int, int], int]) -> Callable[[Arguments], Value]:
    def total(given: Arguments) -> Value:
        result = number(given[0]) if given else first
        for one in given[1:]:
            result = step(result, number(one))
            if abs(result) > _LARGEST:
                raise FunctionError("the number is too large")
        return Value(result, given[0].place if given else None)

    return total


def _divided(given: Arguments, remainder: bool = False) -> Value:
    if number(given[1]) == 0:
        raise FunctionError("division by zero")
    whole = math.trunc(number(given[0]) / number(given[1]))
    return Value(number(given[0]) - whole * number(given[1]) if remainder else whole, given[0].place)


def _length(value: Value) -> int:
    data = value.data
    if isinstance(data, Text):
        return len(data.text.encode())
    if isinstance(data, Mapping):
        return len(data.entries)
    if isinstance(data, list):
        return len(data)
    raise FunctionError("it has no length")


NUMBERS: ReadOnly[str, Callable[[Arguments], Value]] = {
    "hasPrefix": lambda given: _truth(word(given[1]).startswith(word(given[0])), given),
    "hasSuffix": lambda given: _truth(word(given[1]).endswith(word(given[0])), given),
    "contains": lambda given: _truth(word(given[0]) in word(given[1]), given),
    "semverCompare": _semver,
    "kindOf": lambda given: Value(plain(kind_of(given[0]))),
    "kindIs": lambda given: _truth(kind_of(given[1]) == word(given[0]), given[1:]),
    "typeOf": lambda given: Value(plain(_type_of(given[0]))),
    "typeIs": lambda given: _truth(_type_of(given[1]) == word(given[0]), given[1:]),
    "not": lambda given: _truth(not truth(given[0])[0], given),
    "empty": lambda given: _truth(not truth(given[0])[0], given),
    "eq": lambda given: _truth(any(same(given[0], one) for one in given[1:]), given),
    "ne": lambda given: _truth(not same(given[0], given[1]), given),
    "lt": _compared(lambda left, right: left < right),  # type: ignore[operator]  # both are texts or both numbers
    "le": _compared(lambda left, right: left <= right),  # type: ignore[operator]
    "gt": _compared(lambda left, right: left > right),  # type: ignore[operator]
    "ge": _compared(lambda left, right: left >= right),  # type: ignore[operator]
    "int": lambda given: Value(number(given[0]), given[0].place, given[0].key),
    "int64": lambda given: Value(number(given[0]), given[0].place, given[0].key),
    "float64": lambda given: Value(real(given[0]), given[0].place, given[0].key),
    "atoi": lambda given: Value(number(given[0]), given[0].place, given[0].key),
    "add": _plus(0, lambda one, other: one + other),
    "add1": lambda given: Value(number(given[0]) + 1, given[0].place),
    "sub": _plus(0, lambda one, other: one - other),
    "mul": _plus(1, lambda one, other: one * other),
    "div": _divided,
    "mod": lambda given: _divided(given, remainder=True),
    "max": _plus(0, max),
    "min": _plus(0, min),
    "len": lambda given: Value(_length(given[0]), given[0].place),
}
# These ask for the kind only, which a text that is known in part has.
ASK_KIND = frozenset(("kindOf", "kindIs", "typeOf", "typeIs"))
