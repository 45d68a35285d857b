"""Regular expressions that are compiled when they are first used."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import AnyStr, cast

_METHODS = ("match", "search", "fullmatch", "finditer", "findall", "split", "sub", "subn")


def regex(written: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As ``re.compile``, later: a run uses few of the hundreds of patterns there are, and compiling one takes long.

    A mistake in ``written`` raises ``re.error`` at the first use.
    """
    return cast("re.Pattern[AnyStr]", _Pattern(written, flags))


@lru_cache(maxsize=1 << 16)
def holds(pattern: re.Pattern[str], text: str) -> bool:
    """Whether ``pattern`` is found in ``text``, remembered: each program that shares a module asks the same of it."""
    return pattern.search(text) is not None


class _Pattern:
    __slots__ = ("_flags", "_written", *_METHODS)

    def __init__(self, written: str | bytes, flags: int) -> None:
        self._written = written
        self._flags = flags

    def __getattr__(self, name: str) -> object:
        # Only asked while the slot is empty: from the first use on, a method costs what it does on a compiled pattern.
        compiled = re.compile(self._written, self._flags)
        for method in _METHODS:
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)
