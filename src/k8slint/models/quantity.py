"""Kubernetes quantities: 100m, 0.5, 1e3, 128Mi."""

from __future__ import annotations

import math

from msgspec import Struct

from k8slint.location import Location
from k8slint.regex import regex

# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
_QUANTITY = regex(
    r"(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:[eE](?P<exponent>[+-]?[0-9]+)|(?P<suffix>[KMGTPE]i|[numkMGTPE])?)"
)
_DIVISORS = {"n": 10**9, "u": 10**6, "m": 10**3}
_FACTORS = {letter: 1000**power for power, letter in enumerate("kMGTPE", 1)} | {
    f"{letter}i": 1024**power for power, letter in enumerate("KMGTPE", 1)
}
_LONGEST = 64


class Quantity(Struct, frozen=True):
    """An amount of a resource: ``value`` in CPUs or bytes, ``text`` as written."""

    value: float
    text: str
    location: Location


def parse_quantity(text: str) -> float | None:
    """The number that a quantity stands for; None where Kubernetes would not take it."""
    found = _QUANTITY.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        return None
    suffix = found["suffix"] or ""
    value = float(f"{found['number']}e{found['exponent'] or 0}")
    value = value / _DIVISORS[suffix] if suffix in _DIVISORS else value * _FACTORS.get(suffix, 1)
    return value if math.isfinite(value) else None
