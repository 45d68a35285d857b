"""Places in the linted tree."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct


class Location(Struct, frozen=True, order=True, array_like=True):
    """A range of text in one file.

    ``path`` is relative to the project's root, with forward slashes. Lines and columns count from 1, columns in
    characters; ``end_column`` is the column after the last character. Only ``k8slint.models`` makes locations.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


class NoticeLevel(Enum):
    """Whether a notice means that k8slint could not do its job."""

    NOTE = "note"
    """Something was left out on purpose, such as a template; the run is complete without it."""
    ERROR = "error"
    """Something that should have been linted was not; the exit code is 2."""


class Notice(Struct, frozen=True, array_like=True):
    """What k8slint did not read or could not do, where, and why."""

    location: Location
    message: str
    level: NoticeLevel


def whole_file(path: str) -> Location:
    """The place to name when no single line of ``path`` is meant."""
    return Location(path, 1, 1, 1, 1)
