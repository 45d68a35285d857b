"""Facts with three values: known, known to be absent, unknown."""

from __future__ import annotations

from enum import Enum
from typing import Generic, TypeVar

from msgspec import Struct

from k8slint.location import Location

T = TypeVar("T")


class State(Enum):
    KNOWN = "known"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Place(Struct, frozen=True):
    """Where a fact comes from, with a short note for the reader ("USER in the final stage")."""

    location: Location
    note: str


class Fact(Struct, Generic[T], frozen=True):
    """A value that is known, known to be absent, or unknown, with the places that say so.

    ``reason`` says in a few words why an unknown fact is unknown. A rule fires on known and absent facts only.
    """

    state: State
    _value: T | None = None
    places: tuple[Place, ...] = ()
    reason: str = ""

    @property
    def is_known(self) -> bool:
        return self.state is State.KNOWN

    @property
    def is_absent(self) -> bool:
        return self.state is State.ABSENT

    @property
    def is_unknown(self) -> bool:
        return self.state is State.UNKNOWN

    @property
    def value(self) -> T:
        """The value of a known fact; asking an absent or unknown fact is a mistake of the caller."""
        if self.state is not State.KNOWN:
            raise ValueError(f"the fact is {self.state.value}, it has no value")
        return self._value  # type: ignore[return-value]  # None is a legal T

    def or_else(self, default: T) -> T:
        """The value where it is known, else ``default``."""
        return self.value if self.is_known else default


def known(value: T, *places: Place) -> Fact[T]:
    return Fact(State.KNOWN, value, places)


def absent(*places: Place) -> Fact[T]:
    return Fact(State.ABSENT, None, places)


def unknown(reason: str, *places: Place) -> Fact[T]:
    return Fact(State.UNKNOWN, None, places, reason)
