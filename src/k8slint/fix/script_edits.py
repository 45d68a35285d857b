"""Edits of shell scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from k8slint.fix.refusal import Refused
from k8slint.location import Location
from k8slint.models.shell import parse_shell
from k8slint.models.shell_syntax import Case, If, Sequence, SimpleCommand, Statement
from k8slint.models.source import Source
from k8slint.regex import regex
from k8slint.repair import Edit, ExecInFront

_TRAP = regex(r"^\s*trap\b", re.MULTILINE)
# A second command, a pipe, a job or a group; ">&" and "2>&1" are none of these.
_MORE = regex(r"[;|`\n]|(?<!>)&|<<|[({]\s|[)}]\s*$")
_CONTINUED = regex(r"\\\r?\n")
_VARIABLE = regex(r"\"?\$\{?(\w+)\}?\"?")


def exec_in_front_edit(source: Source, change: ExecInFront) -> Edit:
    """``exec`` in front of the last command of a script, or of one way through it. Raises ``Refused``."""
    if _TRAP.search(source.text):
        raise Refused("the script has a trap, which the shell runs when the command has ended")
    if not source.path.endswith((".sh", ".bash")) and not source.line(1).startswith("#!"):
        raise Refused("the script is written by another file")
    place = change.location
    script = parse_shell(source)
    if script.notices:
        raise Refused("the script cannot be read")
    command = _last_command(script.body, place)
    written = _CONTINUED.sub(" ", source.written(command.location))
    rest = source.line(command.location.end_line)[command.location.end_column - 1 :].strip()
    is_single = not rest or rest.startswith(("#", ";;")) or command.redirected
    if command.assignments or not is_single or _MORE.search(written) or _MORE.search(rest.removeprefix(";;")):
        raise Refused("the command is more than one simple command")
    return Edit(Location(place.path, place.line, place.column, place.line, place.column), "exec ")


def _last_command(body: Sequence, place: Location) -> SimpleCommand:
    """The command at ``place``, after which the script does nothing whichever of its conditions hold."""
    while True:
        at = next((at for at, one in enumerate(body.statements) if _holds(one.location, place)), None)
        if at is None:
            raise Refused("the command is not found")
        one, after = body.statements[at], body.statements[at + 1 :]
        within = next((part for part in _ways(one) if _holds(part.location, place)), None)
        if not all(within is not None and _is_other_way(one, within, other) for other in after):
            raise Refused("commands follow after it")
        if isinstance(one, SimpleCommand):
            return one
        if within is None:
            raise Refused("the command stands in a loop, a function, a condition or a pipe")
        body = within


def _ways(one: Statement) -> Iterator[Sequence]:
    if isinstance(one, If):
        yield from (body for _, body in one.branches)
        if one.otherwise is not None:
            yield one.otherwise
    elif isinstance(one, Case):
        yield from (arm.body for arm in one.arms)


def _is_other_way(one: Statement, body: Sequence, other: Statement) -> bool:
    """Whether ``other`` does nothing where ``body`` of ``one`` has run: both ask a variable for different values."""
    if not isinstance(one, If) or not isinstance(other, If) or other.otherwise is not None:
        return False
    asked = _asked(one.branches[0][0]) if body is one.branches[0][1] else None
    others = [_asked(condition) for condition, _ in other.branches]
    return asked is not None and all(it is not None and it[0] == asked[0] and it[1] != asked[1] for it in others)


def _asked(condition: Statement) -> tuple[str, str] | None:
    """The variable and the value of ``[ "$X" = value ]``."""
    if isinstance(condition, Sequence) and len(condition.statements) == 1:
        condition = condition.statements[0]
    if not isinstance(condition, SimpleCommand) or len(condition.words) != 5:
        return None
    opening, variable, sign, value, _ = condition.words
    name = _VARIABLE.fullmatch(variable.text)
    if name is None or value.literal is None or opening.text not in ("[", "[[") or sign.text not in ("=", "=="):
        return None
    return name[1], value.literal


def _holds(location: Location, place: Location) -> bool:
    start, end = (location.line, location.column), (location.end_line, location.end_column)
    return start <= (place.line, place.column) < end
