"""Edits of shell texts that stand in a list: ``["sh", "-c", "..."]``."""

from __future__ import annotations

import re

from k8slint.fix.refusal import Refused
from k8slint.models.shell import parse_shell_text
from k8slint.models.source import Source
from k8slint.regex import regex
from k8slint.repair import Edit, ExecForm

# The last command: plain words behind the beginning, "&&", ";" or a line end, up to the end of its text.
_LAST = regex(r"(?:^|&&|;|\n)(?:[ \t]|\\\r?\n)*(?P<command>(?![\w]+=)[\w./$\-][\w./${}:=@,+\-'\" ]*)\s*$")
_NO_PROGRAM = frozenset(
    ["exec", "fi", "done", "esac", "then", "do", "else", "wait", "exit", "set", "export", "cd", "true", "sleep", "echo"]
)
_NEEDS_SHELL = regex(r"\btrap\b|\{\{|(?:^|\s)#")
_ARRAY = regex(r"(?:(?:CMD|ENTRYPOINT)\s+)?\[", re.IGNORECASE)
_BLOCK = regex(r"([|>])[-+\d]*[ \t]*\r?\n")


def exec_in_text_edit(source: Source, change: ExecForm) -> Edit:
    """``exec`` in front of the last command of the shell's text at a place. Raises ``Refused``.

    The text is the last string of a JSON array, a scalar of YAML in quotes or without, or one line of a block.
    """
    place = change.location
    start, text = _text(source.written(place))
    last = _LAST.search(text)
    if last is None or _NEEDS_SHELL.search(text) or last["command"].split()[0] in _NO_PROGRAM:
        raise Refused("the shell's text does not end with one simple command")
    if any(last["command"].count(quote) % 2 for quote in "\"'"):
        raise Refused("the shell's text does not end with one simple command")
    at = last.start("command")
    after = f"{text[:at]}exec {text[at:]}".replace("\\\n", " ")
    if parse_shell_text(after, place).notices:
        raise Refused("the shell's text cannot be read")
    offset = source.offset(place.line, place.column) + start + at
    return Edit(source.span(offset, offset), "exec ")


def _text(written: str) -> tuple[int, str]:
    """The text for the shell, and where it begins in what is written."""
    block = _BLOCK.match(written)
    if block is not None and block[1] == ">":
        raise Refused("the shell's text is folded")
    if block is not None:
        return block.end(), written[block.end() :]
    if _ARRAY.match(written):
        end = len(written.rstrip().rstrip("]").rstrip()) - 1
        start = written.rfind('"', 0, end) + 1
        if written[end] != '"' or '\\"' in written:
            raise Refused("the shell's text is not found")
        return start, written[start:end]
    quote = written[:1]
    if quote in ("'", '"'):
        text = written[1:-1]
        if len(written) < 2 or written[-1] != quote or quote in text:
            raise Refused("the shell's text is not found")
        return 1, text
    return 0, written
