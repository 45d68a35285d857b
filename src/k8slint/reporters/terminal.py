"""Text of an untrusted tree made fit for a terminal."""

from __future__ import annotations

import unicodedata

_TAB = "    "
_UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"


def visible(text: str) -> str:
    """``text`` on one line, without anything that moves the cursor, changes colours or reverses direction."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def width(text: str) -> int:
    """How many columns of a terminal visible ``text`` takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _shown(character: str) -> str:
    if character == "\t":
        return _TAB
    if character in "\r\n\N{NO-BREAK SPACE}":
        return " "
    return character if character.isprintable() else _UNPRINTABLE


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
