"""Which lines of a Dockerfile belong together, and the same text in a form that dockerfile-parse reads correctly.

The rules are those of BuildKit's parser: a blank line or a comment does not end a continued instruction, the end of
the file does; an escape character that follows another one continues nothing; heredoc bodies are no instructions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from k8slint.location import Notice, NoticeLevel
from k8slint.models.source import Source
from k8slint.regex import regex

END_MARK = "\0"
"""Ends, after a space, every instruction of the normal text: none can seem to go on, none is without a value."""

_SEPARATORS = str.maketrans(dict.fromkeys("\v\f\r\x1c\x1d\x1e\x85\u2028\u2029", " "))
_DIRECTIVE = regex(r"\s*#\s*(syntax|escape|check)\s*=\s*(\S.*?)\s*$", re.IGNORECASE)
_SHELL_WORD = regex(
    r"""(?:<<[ \t]*|\$?\(\(.{0,200}?\)\)|\\.|"(?:[^"\\]|\\.)*(?:"|\\?$)|'[^']*(?:'|$)|[^\s"'\\])+""", re.DOTALL
)
_HEREDOC = regex(r"\d*<<(-?)\s*([^<]+)")
_QUOTING = regex(r"\\(.)|[\"']", re.DOTALL)


class Piece(Struct, frozen=True):
    """The part of an instruction that stands on one line, without line end and continuation character."""

    offset: int
    text: str


class Extent(Struct, frozen=True):
    """One instruction: its pieces, the index after its last character, the bodies of its heredocs."""

    pieces: tuple[Piece, ...]
    end: int
    heredocs: tuple[str, ...]


class Layout(Struct, frozen=True):
    """``normal`` has as many lines as the source: every instruction stands whole on its first line, with no heredoc.

    ``extents`` are found by that line, counted from 1.
    """

    normal: str
    escape: str
    extents: Mapping[int, Extent]
    comments: tuple[tuple[int, str], ...]
    notices: tuple[Notice, ...]


def lay_out(source: Source) -> Layout:
    """Find the instructions, comments and heredocs of a Dockerfile."""
    text = source.text.translate(_SEPARATORS)
    if text.startswith("\ufeff"):
        text = " " + text[1:]
    lines = text.split("\n")
    reading = _Reading(source, lines, _escape_character(lines))
    reading.run()
    return Layout(
        "\n".join(reading.normal), reading.escape, reading.extents, tuple(reading.comments), tuple(reading.notices)
    )


def shell_words(text: str) -> Iterator[str]:
    """The words of a shell command as they are written; ``<<`` and the blanks behind it belong to the next word."""
    return (match.group() for match in _SHELL_WORD.finditer(text))


def _escape_character(lines: list[str]) -> str:
    """Directives stand at the very top, in any order, and end at the first line that is none."""
    for line in lines:
        match = _DIRECTIVE.match(line)
        if match is None:
            break
        if match.group(1).lower() == "escape":
            return "`" if match.group(2) == "`" else "\\"
    return "\\"


class _Reading(Struct):
    source: Source
    lines: list[str]
    escape: str
    at: int = 0
    normal: list[str] = field(default_factory=list)
    extents: dict[int, Extent] = field(default_factory=dict)
    comments: list[tuple[int, str]] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    _ends: dict[bool, dict[str, list[int]]] = field(default_factory=dict)

    def run(self) -> None:
        while self.at < len(self.lines):
            if not self._skipped(""):
                self._instruction()

    def _skipped(self, blank: str) -> bool:
        """Pass over a comment or a blank line, which becomes ``blank``."""
        line = self.lines[self.at].strip()
        if line and not line.startswith("#"):
            return False
        if line:
            self.comments.append((self.at + 1, line))
        self.normal.append("#" if line else blank)
        self.at += 1
        return True

    def _instruction(self) -> None:
        pieces: list[Piece] = []
        first = last = self.at
        goes_on = True
        while goes_on and self.at < len(self.lines):
            if self._skipped("#"):
                continue
            text, goes_on = self._cut(self.lines[self.at])
            if pieces or text.strip():
                first = first if pieces else self.at
                last = self.at
                pieces.append(Piece(self.source.offset(self.at + 1, 1), text))
            self.normal.append("#")
            self.at += 1
        if not pieces:
            return
        logical = "".join(piece.text for piece in pieces)
        self.normal[first] = f"{logical} {END_MARK}"
        bodies = tuple(self._heredocs(logical)) if "<<" in logical else ()
        last = self.at - 1 if bodies else last
        end = self.source.offset(last + 1, 1) + len(self.lines[last].rstrip())
        self.extents[first + 1] = Extent(tuple(pieces), end, bodies)

    def _cut(self, line: str) -> tuple[str, bool]:
        """A line without its continuation character, and whether it had one."""
        content = line.rstrip(" \t")
        if content.endswith(self.escape) and not content.endswith(self.escape * 2):
            return content[:-1], True
        return line, False

    def _heredocs(self, logical: str) -> Iterator[str]:
        words = logical.split(None, 2)
        keyword = (words[1] if words[0].upper() == "ONBUILD" and len(words) > 1 else words[0]).upper()
        if keyword not in ("RUN", "COPY", "ADD"):
            return
        first = self.at
        for word in shell_words(logical):
            match = _HEREDOC.fullmatch(word)
            name = _QUOTING.sub(lambda quoting: quoting.group(1) or "", match.group(2)) if match is not None else ""
            if match is None or not name or name.isdigit() or "(" in name or ")" in name:
                continue  # Nothing, or the shift operator in an arithmetic expression.
            has_tabs = match.group(1) == "-"
            end = self._end_of(name, has_tabs)
            if end is None:
                message = f"no line ends the heredoc {name}, so the lines after it are read as instructions"
                self.notices.append(Notice(self.source.line_span(first), message, NoticeLevel.NOTE))
                return
            body = [self.source.line(number + 1) for number in range(self.at, end)]
            self.normal.extend(["#"] * (end + 1 - self.at))
            self.at = end + 1
            yield "".join((line.lstrip("\t") if has_tabs else line) + "\n" for line in body)

    def _end_of(self, name: str, has_tabs: bool) -> int | None:
        """The index of the first line from here on that ends a heredoc."""
        ends = self._ends.get(has_tabs)
        if ends is None:
            ends = self._ends[has_tabs] = {}
            for index in range(len(self.lines) - 1, -1, -1):
                line = self.source.line(index + 1)
                ends.setdefault(line.lstrip("\t") if has_tabs else line, []).append(index)
        # The indexes fall towards the end of each list: what lies behind us is never asked for again.
        indexes = ends.get(name, [])
        while indexes and indexes[-1] < self.at:
            indexes.pop()
        return indexes[-1] if indexes else None
