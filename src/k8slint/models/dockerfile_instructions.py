"""The instructions of a Dockerfile with their flags, JSON form, heredocs and exact positions."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from io import BytesIO

from msgspec import Struct

from k8slint.location import Location, Notice, NoticeLevel
from k8slint.models.dockerfile_text import END_MARK, Extent, Layout, lay_out
from k8slint.models.source import Source
from k8slint.regex import regex

KEYWORDS = (
    *("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK"),
    *("LABEL", "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
)

_WITH_FLAGS = ("FROM", "RUN", "COPY", "ADD", "HEALTHCHECK")
_WITH_JSON = ("CMD", "ENTRYPOINT", "RUN", "SHELL", "COPY", "ADD")
_FLAG = regex(
    r"""\s*--((?:[^\s"'\\]|\\(?:.|$)|"(?:[^"\\]|\\.)*(?:"|\\?$)|'(?:[^'\\]|\\.)*(?:'|\\?$))*)\s*""", re.DOTALL
)
_QUOTING = regex(r"\\(.)|[\"']", re.DOTALL)
_HEALTH_COMMAND = regex(r"cmd\s+", re.IGNORECASE)
_KEYWORD = regex(r"\s*(\S+)\s*")


class Instruction(Struct, frozen=True):
    """One instruction.

    ``keyword`` is in upper case. ``value`` is the logical text after the keyword and the flags: continued lines are
    joined as they stand, comments between them are gone. ``argv`` is the JSON form, None where Docker takes the text
    as a shell command or as words. ``heredocs`` are the bodies of ``<<EOF``; they are not part of ``value``, but
    ``location``, from the keyword to the last character, includes them. ``value_location`` starts behind the flags.
    """

    keyword: str
    value: str
    flags: tuple[tuple[str, str], ...]
    location: Location
    value_location: Location
    argv: tuple[str, ...] | None
    heredocs: tuple[str, ...]
    _starts: tuple[tuple[int, int, int], ...] = ()
    """Where ``value`` goes on, on which line and in which column, for each of its lines."""

    def flag(self, name: str) -> str | None:
        """The value of the first flag ``--name``, "" where it has none; None without the flag."""
        return next((value for key, value in self.flags if key == name), None)

    def part(self, start: int, end: int) -> Location:
        """The location of ``value[start:end]``."""
        line, column = self._position(start)
        end_line, end_column = self._position(max(start, end - 1))
        return Location(self.location.path, line, column, end_line, end_column + (1 if end > start else 0))

    def _position(self, index: int) -> tuple[int, int]:
        if not self._starts:
            return self.value_location.line, self.value_location.column
        found = max(bisect_right(self._starts, index, key=lambda start: start[0]) - 1, 0)
        at, line, column = self._starts[found]
        return line, column + index - at


class Reading(Struct, frozen=True):
    """The instructions of a file in their order, its comment lines, its escape character, and what was left out."""

    instructions: tuple[Instruction, ...]
    comments: tuple[tuple[int, str], ...]
    escape: str
    notices: tuple[Notice, ...]


def read_instructions(source: Source) -> Reading:
    """Read a Dockerfile. Lines that are no instruction of Docker are left out, with one notice for all of them."""
    layout = lay_out(source)
    found: list[Instruction] = []
    strange: list[tuple[str, Extent]] = []
    for keyword, text, extent in _structure(layout):
        if keyword in KEYWORDS:
            found.append(_instruction(source, keyword, text, extent))
        else:
            strange.append((keyword, extent))
    notices = layout.notices
    if strange:
        first = _instruction(source, strange[0][0], "", strange[0][1]).location
        more = f", nor are {len(strange) - 1} further lines" if len(strange) > 1 else ""
        message = f"{strange[0][0][:40]} is not a Dockerfile instruction{more}; left out"
        notices = (*notices, Notice(first, message, NoticeLevel.NOTE))
    return Reading(tuple(found), layout.comments, layout.escape, notices)


def _structure(layout: Layout) -> Iterator[tuple[str, str, Extent]]:
    """Keyword and logical text of every instruction, as dockerfile-parse reads them, and where it stands."""
    from dockerfile_parse import DockerfileParser
    from dockerfile_parse.constants import COMMENT_INSTRUCTION

    file = BytesIO(layout.normal.encode("utf-8", errors="replace"))
    parser = DockerfileParser(fileobj=file, cache_content=True, env_replace=False)
    for entry in parser.structure:
        if entry["instruction"] != COMMENT_INSTRUCTION:
            text = entry["value"].removesuffix(END_MARK).rstrip()
            yield entry["instruction"], text, layout.extents[entry["startline"] + 1]


def _instruction(source: Source, keyword: str, text: str, extent: Extent) -> Instruction:
    flags, skipped = _flags(text) if keyword in _WITH_FLAGS else ((), 0)
    value = text[skipped:]
    match = _KEYWORD.match("".join(piece.text for piece in extent.pieces))
    begin, skipped = (match.start(1), match.end() + skipped) if match is not None else (0, skipped)
    location = source.span(extent.pieces[0].offset + begin, extent.end)
    starts = tuple(_starts(source, extent, skipped)) if value else ()
    line, column = starts[0][1:] if starts else (location.end_line, location.end_column)
    return Instruction(
        keyword,
        value,
        flags,
        location,
        Location(source.path, line, column, location.end_line, location.end_column),
        _argv(keyword, value),
        extent.heredocs,
        starts,
    )


def _starts(source: Source, extent: Extent, skipped: int) -> Iterator[tuple[int, int, int]]:
    """Where each line of the value starts, which is the logical text without its first ``skipped`` characters."""
    length = 0
    for piece in extent.pieces:
        inside = max(skipped - length, 0)
        if inside < len(piece.text):
            yield (length + inside - skipped, *source.position(piece.offset + inside))
        length += len(piece.text)


def _flags(text: str) -> tuple[tuple[tuple[str, str], ...], int]:
    """The flags in front of a value, and where the value begins."""
    flags = []
    at = 0
    while match := _FLAG.match(text, at):
        at = match.end()
        if not match.group(1):
            break
        name, _, value = _QUOTING.sub(lambda quoting: quoting.group(1) or "", match.group(1)).partition("=")
        flags.append((name, value))
    return tuple(flags), at


def _argv(keyword: str, value: str) -> tuple[str, ...] | None:
    if keyword == "HEALTHCHECK":
        match = _HEALTH_COMMAND.match(value)
        return json_words(value[match.end() :]) if match is not None else None
    return json_words(value) if keyword in _WITH_JSON else None


def json_words(text: str) -> tuple[str, ...] | None:
    """The strings of a JSON array, None where ``text`` is anything else: Docker then does not read it as JSON."""
    if not text.startswith("["):
        return None
    try:
        words = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        return None
    return tuple(word.encode("utf-8", errors="replace").decode("utf-8") for word in words)
