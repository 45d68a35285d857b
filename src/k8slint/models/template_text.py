"""Text that remembers, piece by piece, where it was written."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.source import Source


class Piece(Struct, frozen=True):
    """A run of text: copied from ``place`` at index ``at`` where that is a file, else as a whole from a location.

    ``kind`` is "text", or "value" for what a values file writes. A "hole" stands for what nobody can know before the
    chart is installed, and holds the expression as it is written. A "remark" says that a key is left out because of
    what stands at its place; it is no part of the text proper.
    """

    text: str
    place: Source | Location | None = None
    at: int = 0
    kind: str = "text"

    @property
    def is_hole(self) -> bool:
        return self.kind == "hole"

    def part(self, start: int, end: int) -> Piece:
        """``text[start:end]``; a hole is never cut."""
        if self.is_hole or (start <= 0 and end >= len(self.text)):
            return self
        start = max(start, 0)
        return Piece(self.text[start:end], self.place, self.at + start, self.kind)


class Text:
    """An immutable text made of pieces. Its methods give new texts, in which every character keeps its place."""

    __slots__ = ("pieces", "text")

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self.pieces = tuple(piece for piece in pieces if piece.text)
        self.text = "".join(piece.text for piece in self.pieces)

    def __str__(self) -> str:
        return self.text

    @property
    def has_hole(self) -> bool:
        return any(piece.is_hole for piece in self.pieces)

    @property
    def is_all_hole(self) -> bool:
        """Whether nothing of the text is known but blanks."""
        return self.has_hole and all(piece.is_hole or not piece.text.strip() for piece in self.pieces)

    @property
    def place(self) -> Location | None:
        """Where a values file writes the first piece that comes from one."""
        values = (piece.place for piece in self.pieces if piece.kind == "value")
        return next((place for place in values if isinstance(place, Location)), None)

    @property
    def proper(self) -> Text:
        """The text without remarks."""
        if all(piece.kind != "remark" for piece in self.pieces):
            return self
        return Text(piece for piece in self.pieces if piece.kind != "remark")

    def slice(self, start: int, end: int) -> Text:
        """``text[start:end]``."""
        found = []
        at = 0
        for piece in self.pieces:
            after = at + len(piece.text)
            if at < end and after > start:
                found.append(piece.part(start - at, end - at))
            at = after
        return Text(found)

    def mapped(self, change: Callable[[str], str]) -> Text:
        """The text with every piece but the holes changed; what is changed keeps only the place where it began."""
        return Text(
            piece if piece.is_hole or (new := change(piece.text)) == piece.text else _changed(piece, new)
            for piece in self.pieces
        )

    def stripped(self, left: str | None = "", right: str | None = "") -> Text:
        """Without the characters ``left`` at the front and ``right`` at the end; None means blanks."""
        start = 0 if left == "" else len(self.text) - len(self.text.lstrip(left))
        end = len(self.text) if right == "" else len(self.text.rstrip(right))
        return self.slice(start, end)

    def lines(self) -> Iterator[Text]:
        """The lines without their ends."""
        start = 0
        for line in self.text.split("\n"):
            yield self.slice(start, start + len(line))
            start += len(line) + 1

    def indented(self, count: int) -> Text:
        """Every line, empty ones too, with ``count`` blanks in front."""
        blanks = " " * count
        found = [Piece(blanks)]
        for piece in self.pieces:
            start = 0
            while not piece.is_hole and (end := piece.text.find("\n", start)) >= 0:
                found += (piece.part(start, end + 1), Piece(blanks))
                start = end + 1
            if start < len(piece.text):
                found.append(piece.part(start, len(piece.text)))
        return Text(found)

    def placed(self, place: Location) -> Text:
        """The text as if it were written at ``place``, except for what comes from a values file."""
        return Text(
            piece if piece.kind in ("value", "remark") else Piece(piece.text, place, 0, piece.kind)
            for piece in self.pieces
        )


def _changed(piece: Piece, text: str) -> Piece:
    place = piece.place
    if isinstance(place, Source):
        place = place.span(piece.at, piece.at + len(piece.text))
    return Piece(text, place, 0, piece.kind)


def joined(texts: Iterable[Text]) -> Text:
    """The texts one after the other."""
    return Text(piece for text in texts for piece in text.pieces)


def plain(text: str, place: Location | None = None) -> Text:
    """A text that a values file writes at ``place``, or that comes from no file."""
    return Text((Piece(text, place, 0, "text" if place is None else "value"),))


def hole(written: str) -> Text:
    """What stands for the value of the expression ``written`` where that is not known."""
    return Text(
        (Piece("{{ " + " ".join(written.replace("{{", "").replace("}}", "").split()) + " }}", None, 0, "hole"),)
    )


class Rendered(Source, frozen=True):
    """What a template renders to, as a file to be parsed, with the places of its pieces in the files they came from."""

    pieces: tuple[Piece, ...] = ()
    starts: tuple[int, ...] = ()
    placed: tuple[int | None, ...] = ()
    """For each piece the one that its place is taken from: itself, else the next with a place, else the last before."""

    @staticmethod
    def of(path: str, text: Text) -> Rendered:
        """``text`` as the rendering of the template at ``path``."""
        starts = []
        at = 0
        for piece in text.pieces:
            starts.append(at)
            at += len(piece.text)
        with_place = [index for index, piece in enumerate(text.pieces) if piece.place is not None]
        nearest: int | None = with_place[-1] if with_place else None
        placed: list[int | None] = []
        for index in range(len(text.pieces) - 1, -1, -1):
            nearest = index if text.pieces[index].place is not None else nearest
            placed.append(nearest)
        return Rendered(path, text.text, pieces=text.pieces, starts=tuple(starts), placed=tuple(reversed(placed)))

    def span(self, start: int, end: int) -> Location:
        """Where ``text[start:end]`` was written: from where it begins, to its end if that is in the same file."""
        first = self._place(start)
        last = self._place(max(start, end - 1))
        if first.path == last.path and (last.line, last.column) >= (first.line, first.column):
            return Location(first.path, first.line, first.column, last.end_line, last.end_column)
        return first

    def line_span(self, number: int) -> Location:
        content = self.line(number)
        start = self.offset(number, 1) + len(content) - len(content.lstrip())
        return self.span(start, start + len(content.strip()))

    def written(self, place: Location) -> str:
        return ""

    def block_start(self, header: int, value: str) -> tuple[int, int]:
        """Where the first line of a block scalar, whose ``|`` is at index ``header``, was written."""
        at = self.text.find("\n", header) + 1
        while at and self.text[at : at + 1].isspace() and at < len(self.text):
            at += 1
        place = self._place(at)
        return place.line, place.column

    def _place(self, offset: int) -> Location:
        index = max(0, bisect_right(self.starts, offset) - 1)
        at = self.placed[index] if self.placed else None
        if at is None:
            return Location(self.path, 1, 1, 1, 1)
        piece = self.pieces[at]
        if isinstance(piece.place, Source):
            inside = piece.at + min(max(0, offset - self.starts[at]), max(0, len(piece.text) - 1))
            return piece.place.span(inside, inside + 1)
        return piece.place or Location(self.path, 1, 1, 1, 1)
