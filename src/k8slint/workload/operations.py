"""Python's operators and conversions on values that are known before the program runs."""

from __future__ import annotations

import math
from collections.abc import Callable

from k8slint.regex import regex

_INTEGER = regex(r"\s*[+-]?\d{1,15}\s*")
_NUMBER = regex(r"\s*[+-]?\d{1,15}(\.\d{1,15})?\s*")
_MOST = 10**15
_LONGEST = 10_000
# What decouple, environs and django-environ take for true (their sources).
_TRUE = ("true", "on", "ok", "y", "yes", "1", "t")
_ROUNDING: dict[str, Callable[[float], float]] = {"round": round, "math.ceil": math.ceil, "math.floor": math.floor}
ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "//": lambda left, right: left // right,
}


def as_integer(value: object) -> int | None:
    """``int(value)`` of a number, or of a text of digits; None for anything else, and what nobody counts up to."""
    if isinstance(value, str):
        return int(value) if _INTEGER.fullmatch(value) else None
    one = _plain(value)
    return None if one is None else int(one)


def as_number(value: object) -> float | None:
    """A number, or a text that writes one without an exponent; None for anything else."""
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else None
    return _plain(value)


def rounded(name: str, value: object) -> float | None:
    """``round``, ``math.ceil`` or ``math.floor`` of a number."""
    one = _plain(value)
    return None if one is None else _ROUNDING[name](one)


def cast_of_setting(cast: str, value: object) -> object:
    """What libraries for settings make of a text with ``cast=int`` or ``cast=bool``; None for another cast."""
    if cast == "bool":
        return value.strip().lower() in _TRUE if isinstance(value, str) else bool(value)
    return as_integer(value) if cast == "int" else as_number(value) if cast == "float" else None


def combined(operator: str, left: object, right: object) -> object:
    """The result of an operator, None where it is not computed here."""
    if operator in ("==", "is"):
        return left == right
    if operator in ("!=", "is not"):
        return left != right
    if operator in ("in", "not in"):
        return _contains(operator, left, right)
    if operator == "+" and isinstance(left, str) and isinstance(right, str):
        return left + right if len(left) + len(right) <= _LONGEST else None
    one, other = _plain(left), _plain(right)
    if operator not in ARITHMETIC or one is None or other is None or (other == 0 and operator in ("/", "//")):
        return None
    return _plain(ARITHMETIC[operator](one, other))


def _contains(operator: str, left: object, right: object) -> bool | None:
    if isinstance(right, list):
        return (left in right) is (operator == "in")
    if isinstance(right, str) and isinstance(left, str):
        return (left in right) is (operator == "in")
    return None


def _plain(value: object) -> float | None:
    """A number that can be counted with: finite, and of a size that a setting may have."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_MOST <= value <= _MOST:
        return None
    return value
