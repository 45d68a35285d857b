"""Where strings and comments begin and end in Python text, found without parsing it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from k8slint.regex import regex

STRING = "string"
COMMENT = "comment"
WORD = "word"

_STARTS = regex(r"#|\"\"\"|'''|\"|'|import\b|from\b")
_ONE_LINE = {
    '"': regex(r'(?:[^"\\\n\r]+|\\(?:\r\n|[\s\S]))*"?'),
    "'": regex(r"(?:[^'\\\n\r]+|\\(?:\r\n|[\s\S]))*'?"),
}
_LINE = regex(r"[^\n\r]*")


def lexed(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield (kind, start, end) of every string, comment, and word ``import`` or ``from`` outside them.

    An f-string with the same quotes inside (Python 3.12) comes out as several strings. A triple quote that is never
    closed is passed over, so that what follows it is still seen.
    """
    at = 0
    while match := _STARTS.search(text, at):
        start, at = match.span()
        opening = match.group()
        if opening == "#":
            at = _end(_LINE, text, at)
            yield COMMENT, start, at
        elif len(opening) == 1:
            at = _end(_ONE_LINE[opening], text, at)
            yield STRING, start, at
        elif opening[0] in "\"'":
            end = _closing(text, opening, at)
            if end is not None:
                at = end
                yield STRING, start, at
        elif not (start and (text[start - 1].isalnum() or text[start - 1] == "_")):
            yield WORD, start, at


def comments(text: str, holding: str) -> Iterator[tuple[int, str]]:
    """Yield (offset, text) of the comments in which ``holding`` is written."""
    for kind, start, end in lexed(text):
        if kind == COMMENT and text.find(holding, start, end) >= 0:
            yield start, text[start:end]


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _closing(text: str, quotes: str, start: int) -> int | None:
    """The offset after the closing triple quote of a string whose content begins at ``start``."""
    at = text.find(quotes, start)
    while at >= 0:
        before = at
        while before > start and text[before - 1] == "\\":
            before -= 1
        if (at - before) % 2 == 0:
            return at + len(quotes)
        at = text.find(quotes, at + 1)
    return None
