"""Edits of shell scripts."""

from __future__ import annotations

import re

from k8slint.fix.refusal import Refused
from k8slint.location import Location
from k8slint.models.source import Source
from k8slint.regex import regex
from k8slint.repair import Edit, ExecInFront

_TRAP = regex(r"^\s*trap\b", re.MULTILINE)
# A second command, a pipe, a job or a group; ">&" and "2>&1" are none of these.
_MORE = regex(r"[;|`\n]|(?<!>)&|<<|[({]\s|[)}]\s*$")
_CONTINUED = regex(r"\\\r?\n")


def exec_in_front_edit(source: Source, change: ExecInFront) -> Edit:
    """``exec`` in front of the last command of a script. Raises ``Refused``."""
    place = change.location
    if _TRAP.search(source.text):
        raise Refused("the script has a trap, which the shell runs when the command has ended")
    start = source.offset(place.line, place.column)
    if place.column != 1:
        raise Refused("the command does not stand at the beginning of a line")
    rest = _CONTINUED.sub(" ", source.text[start:])
    command, _, after = rest.partition("\n")
    if any(line.strip() and not line.lstrip().startswith("#") for line in after.splitlines()):
        raise Refused("commands follow after it")
    if _MORE.search(command.rstrip("\r")) or re.match(r"\w+=", command):
        raise Refused("the command is more than one simple command")
    return Edit(Location(place.path, place.line, 1, place.line, 1), "exec ")
