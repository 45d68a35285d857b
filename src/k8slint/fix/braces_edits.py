"""Edits of mappings that are written in braces."""

from __future__ import annotations

import re

from k8slint.fix.refusal import Refused
from k8slint.location import Location
from k8slint.models.source import Source
from k8slint.models.yaml import YamlMapping
from k8slint.regex import regex
from k8slint.repair import Edit

_STEP = 2
_KEY = regex(r"(\s*(?:- )*)\S.*:\s*")


def is_in_braces(source: Source, place: Location) -> bool:
    return source.text[source.offset(place.line, place.column)] in "{["


def opened(source: Source, place: Location, lines: list[str]) -> Edit:
    """The empty braces at ``place`` become a block of lines. Raises ``Refused``."""
    if place.line != place.end_line or re.fullmatch(r"\{\s*\}", source.written(place)) is None:
        raise Refused("it is written in braces")
    line, end = source.line(place.line), source.line_end(place.line)
    before, rest = line[: place.column - 1], line[place.end_column - 1 :].rstrip()
    if rest and not rest.lstrip().startswith("#"):
        raise Refused("it is written in braces on one line")
    start = source.offset(place.line, 1)
    if not before.strip() and not rest:
        return Edit(place, end.join([lines[0], *(f"{before}{one}" for one in lines[1:])]))
    key = _KEY.fullmatch(before)
    if key is None:
        raise Refused("it is written in braces on one line")
    indent = " " * (len(key[1]) + _STEP)
    here = source.span(start + len(before.rstrip()), start + len(line.rstrip("\r")))
    return Edit(here, f"{rest}{''.join(f'{end}{indent}{one}' for one in lines)}")


def added(source: Source, node: YamlMapping, route: tuple[str, ...], value: str) -> Edit:
    """A field added to a mapping in braces that has some. Raises ``Refused``."""
    place = node.location
    if place.line != place.end_line or "\n" in value or "#" in value or not source.written(place).endswith("}"):
        raise Refused("it is written in braces on one line")
    written = f"{''.join(f'{key}: {{' for key in route[:-1])}{route[-1]}: {value}{'}' * (len(route) - 1)}"
    last = node.entries[-1].value.location
    at = source.offset(last.end_line, last.end_column)
    return Edit(source.span(at, at), f", {written}")
