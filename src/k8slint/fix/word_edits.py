"""Edits of single words, in whatever kind of file they stand."""

from __future__ import annotations

import re

from k8slint.fix.refusal import Refused
from k8slint.models.dockerfile_instructions import json_words
from k8slint.models.source import Source
from k8slint.regex import regex
from k8slint.repair import Edit, Options, Words

_ITEM = regex(r"\s*- ")
_ARRAY = regex(r"(?:(?:CMD|ENTRYPOINT)\s+)?\[", re.IGNORECASE)
_LIST_GOES_ON = regex(r"\s*[\],]")


def words_edit(source: Source, change: Words) -> Edit:
    """A word replaced where it stands once. Raises ``Refused``."""
    written = source.written(change.location)
    if written.count(change.old) != 1 or "{{" in written:
        raise Refused(f"{change.old} does not stand there once")
    start = source.offset(change.location.line, change.location.column) + written.index(change.old)
    return Edit(source.span(start, start + len(change.old)), change.new)


def options_edit(source: Source, change: Options) -> Edit:
    """Words behind the last one of a command: of a list in brackets, of a YAML list, or of a shell's line.

    Raises ``Refused``.
    """
    place = change.location
    if place.line != place.end_line:
        raise Refused("the command ends in a text of several lines")
    written = source.written(place)
    if _ARRAY.match(written):
        return _in_array(source, change, written)
    if written.strip("\"'") != change.last:
        raise Refused("the command's last word is not found")
    start, end = (source.offset(place.line, column) for column in (place.column, place.end_column))
    line = source.line(place.line)
    rest = line[place.end_column - 1 :]
    at = source.span(end, end)
    if source.text[start] == '"' and _LIST_GOES_ON.match(rest):
        return Edit(at, "".join(f', "{word}"' for word in change.words))
    item = _ITEM.match(line)
    if item is not None and item.end() == place.column - 1:
        end_of_line = source.offset(place.line, 1) + len(line)
        line_end = source.line_end(place.line)
        lines = "".join(f'{line_end}{item[0]}"{word}"' for word in change.words)
        return Edit(source.span(end_of_line, end_of_line), lines)
    if rest.strip() or source.text[start] in "\"'":
        raise Refused("the command does not end where its line ends")
    return Edit(at, "".join(f" {word}" for word in change.words))


def _in_array(source: Source, change: Options, written: str) -> Edit:
    words = json_words(written[written.index("[") :].strip())
    if not words or words[-1] != change.last:
        raise Refused("the command's last word is not found")
    start = source.offset(change.location.line, change.location.column) + written.rindex('"') + 1
    return Edit(source.span(start, start), "".join(f', "{word}"' for word in change.words))
