"""Quote removal: from a word as written to the value that a program gets."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from msgspec import Struct

from k8slint.regex import regex

_PIECE = regex(
    r"""
      (?P<ansi>\$'(?:[^'\\]|\\.)*')
    | (?P<single>'[^']*')
    | (?P<double>\$?"(?:[^"\\]|\\.)*")
    | (?P<escape>\\.)
    | (?P<bare>[^'"\\$]+|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPED_IN_DOUBLE = regex(r'\\([$`"\\])|\\\n')
_DOLLAR = regex(r"\$[\w@*#?!$\-{(\[]|`")
_BRACES = regex(r"\{[^{}\s]*(?:,|\.\.)[^{}\s]*\}")
_ANSI = regex(r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|c(.)|(.))", re.DOTALL)
_ANSI_LETTERS = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_HOLE = "\0"

_PLAIN_LINE = regex(
    r"""
    (?: [ \t]
      | [^\s'"\\$`|&;<>(){}*?~\#]
      | (?<=\S)[~\#]
      | \\[^\n]
      | '[^']*'
      | "(?:[^"\\$`]|\\[^\n$`])*"
    )*
    """,
    re.VERBOSE,
)
_ASSIGNMENT = regex(r"[A-Za-z_]\w*\+?=")
_RESERVED = frozenset(
    {"!", "[[", "case", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if", "select", "then", "time"}
    | {"until", "while"}
)


class Unquoted(Struct, frozen=True):
    """A word without its quotes; expansions stand in ``value`` as written, and ``expands`` tells that there are any."""

    value: str
    expands: bool
    quoted: bool


def unquote(text: str, expansions: Sequence[tuple[int, int]] = ()) -> Unquoted:
    """Remove the quotes of one word, whose ``expansions`` (start, end), in order, are to be kept as written."""
    holed = _with_holes(text, expansions)
    value: list[str] = []
    bare: list[str] = []
    quoted = True
    expands = bool(expansions)
    for match in _PIECE.finditer(holed):
        piece, kind = match.group(), match.lastgroup
        if kind == "single":
            value.append(piece[1:-1])
        elif kind == "ansi":
            value.append(_ANSI.sub(_ansi, piece[2:-1]))
        elif kind == "double":
            inner = piece[piece.index('"') + 1 : -1]
            expands = expands or _DOLLAR.search(_ESCAPED_IN_DOUBLE.sub("", inner)) is not None
            value.append(_ESCAPED_IN_DOUBLE.sub(r"\1", inner))
        elif kind == "escape":
            quoted = False
            value.append(piece[1].strip("\n"))
        else:
            quoted = False
            value.append(piece)
        bare.append(piece if kind == "bare" else "_")
    unquoted_text = "".join(bare)
    expands = expands or _DOLLAR.search(unquoted_text) is not None or _BRACES.search(unquoted_text) is not None
    expands = expands or unquoted_text.startswith("~")
    written = [text[start:end] for start, end in expansions]
    return Unquoted(_filled("".join(value), written), expands, quoted and bool(text))


def split_words(text: str) -> tuple[str, ...] | None:
    """The words of a plain command line as a shell would split them, None where it has any syntax beyond quotes.

    Expansions, operators, patterns, comments, assignments before the program, reserved words and several lines are
    such syntax; ``[::]:80`` is a plain word.
    """
    line = text.strip()
    if not _PLAIN_LINE.fullmatch(line):
        return None
    words = tuple(shlex.split(line))
    if words and (words[0] in _RESERVED or _ASSIGNMENT.match(words[0])):
        return None
    return words


def _with_holes(text: str, expansions: Sequence[tuple[int, int]]) -> str:
    parts, done = [], 0
    for start, end in expansions:
        parts.append(text[done:start].replace(_HOLE, " "))
        done = end
    parts.append(text[done:].replace(_HOLE, " "))
    return _HOLE.join(parts)


def _filled(value: str, written: list[str]) -> str:
    parts = value.split(_HOLE)
    filled = [parts[0]]
    for text, part in zip(written, parts[1:], strict=False):
        filled += (text, part)
    return "".join(filled)


def _ansi(match: re.Match[str]) -> str:
    """One escape of ``$'...'``, as the manual of bash lists them (section ANSI-C Quoting)."""
    hexadecimal = match.group(1) or match.group(2) or match.group(3)
    if hexadecimal:
        return _character(int(hexadecimal, 16))
    if match.group(4):
        return _character(int(match.group(4), 8) & 0xFF)
    if match.group(5):
        return chr(ord(match.group(5)) & 0x1F)
    letter: str = match.group(6)
    return _ANSI_LETTERS.get(letter, letter if letter in "\\'\"?" else "\\" + letter)


def _character(code: int) -> str:
    if code == 0:
        return ""
    return "\ufffd" if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF else chr(code)
