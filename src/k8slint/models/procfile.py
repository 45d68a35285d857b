"""Procfiles: the command line of each kind of process."""

from __future__ import annotations

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.source import Source
from k8slint.regex import regex

_LINE = regex(r"^([A-Za-z0-9_-]+):\s*(\S.*?)\s*$")


class ProcessType(Struct, frozen=True):
    """One line ``name: command``."""

    name: str
    command: str
    location: Location


def parse_procfile(source: Source) -> tuple[ProcessType, ...]:
    """The lines of a Procfile that start something, in their order."""
    found = []
    for number in range(1, source.line_count + 1):
        line = _LINE.match(source.line(number))
        if line is not None:
            found.append(ProcessType(line[1], line[2], source.line_span(number)))
    return tuple(found)
