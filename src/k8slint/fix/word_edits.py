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
# More words of one command, and nothing that a shell would do with its output.
_MORE_WORDS = regex(r"""(?:\s+[\w$"'{}:./=@,+-]+)*\s*""")
_NEXT_COMMAND = regex(r"&&|;")
_PLAIN = regex(r"-{0,2}[A-Za-z][\w./-]*")


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
    if "{{" in written:
        raise Refused("the command is filled in by a template")
    if _ARRAY.match(written):
        return _in_array(source, change, written)
    if _bare(written) == _bare(change.last):
        return _behind_word(source, change, written)
    return _in_text(source, change, written)


def _behind_word(source: Source, change: Options, written: str) -> Edit:
    place = change.location
    line = source.line(place.line)
    rest = line[place.end_column - 1 :]
    quote = written[0] if written[0] in "\"'" else ""
    is_yaml = source.path.endswith((".yaml", ".yml", ".json"))
    end = source.offset(place.line, place.end_column)
    if is_yaml and _LIST_GOES_ON.match(rest):
        return Edit(source.span(end, end), "".join(f", {_quoted(word, quote)}" for word in change.words))
    item = _ITEM.match(line)
    if is_yaml and item is not None and item.end() == place.column - 1:
        end_of_line = source.offset(place.line, 1) + len(line)
        line_end = source.line_end(place.line)
        lines = "".join(f"{line_end}{item[0]}{_quoted(word, quote)}" for word in change.words)
        return Edit(source.span(end_of_line, end_of_line), lines)
    if is_yaml and (quote or rest.strip()):
        raise Refused("the command does not end where its line ends")
    return _at_end(source, change, place.line, end, rest)


def _in_array(source: Source, change: Options, written: str) -> Edit:
    words = json_words(written[written.index("[") :].strip())
    start = source.offset(change.location.line, change.location.column) + written.rindex('"')
    if words and words[-1] == change.last:
        return Edit(source.span(start + 1, start + 1), "".join(f', "{word}"' for word in change.words))
    text = words[-1] if words else ""
    if not written[: written.rindex('"')].endswith(text) or '"' in text:
        raise Refused("the command's last word is not found")
    return _at_end(source, change, change.location.line, start - len(text), text)


def _in_text(source: Source, change: Options, written: str) -> Edit:
    """In a text that a shell reads: a whole instruction, a scalar of YAML, or one line of one."""
    quote = written[0] if written[0] in "\"'" and written[-1] == written[0] and len(written) > 1 else ""
    text = written[len(quote) : len(written) - len(quote)]
    if quote and quote in text:
        raise Refused("the command's last word is not found")
    start = source.offset(change.location.line, change.location.column) + len(quote)
    return _at_end(source, change, change.location.line, start, text)


def _at_end(source: Source, change: Options, number: int, start: int, text: str) -> Edit:
    """Words at the end of ``text``, which begins at ``start``, if the command it ends with is the one that is meant."""
    before = source.text[source.offset(number, 1) : start]
    command = _NEXT_COMMAND.split(before + text)[-1]
    if not _MORE_WORDS.fullmatch(f" {_NEXT_COMMAND.split(text)[-1]}") or text.count('"') % 2 or text.count("'") % 2:
        raise Refused("the command does not end where its line ends")
    if _bare(change.last) not in [_bare(word) for word in command.split()]:
        raise Refused("the command's last word is not found")
    at = start + len(text.rstrip())
    return Edit(source.span(at, at), "".join(f" {word}" for word in change.words))


def _bare(word: str) -> str:
    return word.strip("\"'")


def _quoted(word: str, quote: str) -> str:
    """A word of a YAML list, written as the one before it where that can be."""
    return word if not quote and _PLAIN.fullmatch(word) else f"{quote or chr(34)}{word}{quote or chr(34)}"
