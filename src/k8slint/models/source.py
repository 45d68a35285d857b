"""The text of one file and the positions in it."""

from __future__ import annotations

from bisect import bisect_right

from msgspec import Struct
from msgspec.structs import force_setattr

from k8slint.location import Location


class Source(Struct, frozen=True):
    """A decoded file. Lines end at ``\\n`` only (``\\r\\n`` keeps its ``\\r`` as the last character of the line)."""

    path: str
    text: str
    _starts: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        starts = [0]
        at = self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        force_setattr(self, "_starts", tuple(starts))

    def __hash__(self) -> int:
        return hash(self.path)

    @property
    def line_count(self) -> int:
        return len(self._starts)

    def line(self, number: int) -> str:
        """The text of line ``number`` (from 1) without its line end."""
        start = self._starts[number - 1]
        end = self._starts[number] - 1 if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r")

    def line_end(self, number: int) -> str:
        """What ends line ``number``; of the last line, which nothing ends, what ends the first."""
        ends = self._starts[number] if number < len(self._starts) else self._starts[min(1, len(self._starts) - 1)]
        return "\r\n" if self.text[ends - 2 : ends] == "\r\n" else "\n"

    def offset(self, line: int, column: int) -> int:
        """The index into ``text`` of a position counted from 1."""
        return self._starts[line - 1] + column - 1

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1, of an index into ``text``."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def span(self, start: int, end: int) -> Location:
        """The location of ``text[start:end]``."""
        line, column = self.position(start)
        if start <= end < (self._starts[line] if line < len(self._starts) else len(self.text) + 1):
            return Location(self.path, line, column, line, column + end - start)
        end_line, end_column = self.position(end)
        return Location(self.path, line, column, end_line, end_column)

    def written(self, place: Location) -> str:
        """The text at a location of this file."""
        return self.text[self.offset(place.line, place.column) : self.offset(place.end_line, place.end_column)]

    def block_start(self, header: int, value: str) -> tuple[int, int]:
        """Line and column at which ``value``, a YAML block scalar whose ``|`` is at an index, begins in the file."""
        line = self.position(header)[0] + 1
        for at, content in enumerate(value.split("\n")):
            if content.strip() and line + at <= self.line_count:
                written = self.line(line + at)
                return line, max(1, len(written) - len(written.lstrip()) - (len(content) - len(content.lstrip())) + 1)
        return line, 1

    def line_span(self, number: int) -> Location:
        """The location of line ``number`` without its indentation."""
        content = self.line(number)
        indent = len(content) - len(content.lstrip())
        return Location(self.path, number, indent + 1, number, max(indent, len(content.rstrip())) + 1)


def decode(path: str, data: bytes) -> Source:
    """Decode as UTF-8 (or UTF-16 with a byte order mark); undecodable bytes become U+FFFD, one per byte."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", errors="replace")
    else:
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="replace")
    return Source(path, text)
