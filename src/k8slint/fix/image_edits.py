"""Edits of Dockerfiles that keep comments, continued lines and line ends."""

from __future__ import annotations

import json
import re
import shlex

from k8slint.fix.refusal import Refused
from k8slint.fix.text_edits import exec_in_text_edit
from k8slint.location import Location
from k8slint.models.dockerfile_instructions import Instruction, read_instructions
from k8slint.models.source import Source
from k8slint.regex import regex
from k8slint.repair import Edit, ExecForm, ImageInit, ImageUser, ImageVariable

_SHELL_SYNTAX = regex(r"""[$`|;&<>(){}*?\[\]~#!\\\n"']|^\w+=""")
_SEVERAL_COMMANDS = regex(r"[`|;&<>(){}#\n]|^\w+=|^exec\b")
_INSTALL = {
    "apk": "apk add --no-cache tini",
    "apt-get": "apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*",
}
_ROOTS_OWN = regex(r"\b(?:useradd|adduser|sshd?|openssh-server|gosu|su-exec|sudo|cron|supervisor|nginx)\b")
_PAIR = regex(r"\w+=")


def exec_form_edit(source: Source, change: ExecForm) -> Edit:
    """A CMD without shell syntax becomes a JSON array; other single commands get ``exec``. Raises ``Refused``.

    An ENTRYPOINT stays as it is: as a JSON array it would get the words of CMD and ``args``, which a shell drops.
    """
    found = _instructions(source)
    one = next((one for one in found if one.keyword in ("CMD", "ENTRYPOINT") and _within(one, change.location)), None)
    if one is None:
        raise Refused("the command does not stand in a CMD or ENTRYPOINT in shell form")
    if one.argv is not None:
        return exec_in_text_edit(source, change)
    if one.heredocs or one.location.line != one.location.end_line:
        raise Refused("the command goes over several lines")
    written = source.written(one.value_location)
    if written.strip() != one.value or not written:
        raise Refused("the command goes over several lines")
    if any(other.keyword == "SHELL" for other in found):
        raise Refused("the file sets a shell of its own")
    if one.keyword == "CMD" and _SHELL_SYNTAX.search(one.value) is None:
        words = json.dumps(shlex.split(one.value), ensure_ascii=False)
        return Edit(one.value_location, words)
    if _SEVERAL_COMMANDS.search(one.value):
        return exec_in_text_edit(source, ExecForm(one.value_location))
    start = one.value_location
    return Edit(Location(start.path, start.line, start.column, start.line, start.column), "exec ")


def variable_edit(source: Source, change: ImageVariable) -> Edit:
    """A variable joins the first ENV of its stage, or gets one below FROM. Raises ``Refused``."""
    stage = _stage(source, change.location)
    if any(one.keyword == "ENV" and re.search(rf"(?<!\w){change.name}\b", one.value) for one in stage):
        raise Refused(f"the stage already sets {change.name}")
    pair = f"{change.name}={change.value}"
    block = next((one for one in stage if one.keyword == "ENV" and _PAIR.match(one.value)), None)
    if block is None:
        end = source.offset(stage[0].location.end_line, stage[0].location.end_column)
        rest = source.text[
            end : source.offset(stage[0].location.end_line, 1) + len(source.line(stage[0].location.end_line))
        ]
        if rest.strip():
            raise Refused("something stands behind FROM")
        at = source.span(end + len(rest), end + len(rest))
        return Edit(at, f"{source.line_end(1)}ENV {pair}")
    end = source.offset(block.location.end_line, block.location.end_column)
    at = source.span(end, end)
    if block.location.line == block.location.end_line:
        return Edit(at, f" {pair}")
    last = source.line(block.location.end_line)
    indent = last[: len(last) - len(last.lstrip())] or "    "
    return Edit(at, f" \\{source.line_end(1)}{indent}{pair}")


def user_edit(source: Source, change: ImageUser) -> Edit:
    """A user is created and named in front of the command that the stage ends with. Raises ``Refused``."""
    stage = _stage(source, change.location)
    if any(one.keyword in ("USER", "SHELL", "ONBUILD") for one in stage):
        raise Refused("the stage names users itself")
    last = next((one for one in stage if one.keyword in ("CMD", "ENTRYPOINT")), None)
    if last is None:
        raise Refused("the stage starts nothing")
    end = source.line_end(1)
    texts = [text for one in stage for text in (one.value, *one.heredocs)]
    if any("/root" in text or "--user" in text for text in texts):
        raise Refused("the stage keeps files in root's folder")
    if any(_ROOTS_OWN.search(text) for text in texts):
        raise Refused("the stage creates users itself, or holds what is started as root")
    number = change.number
    return Edit(_above(source, last), f"RUN useradd --uid {number} --create-home app{end}USER {number}{end}")


def init_edit(source: Source, change: ImageInit) -> Edit:
    """tini is installed, and named in front of the CMD that its stage ends with. Raises ``Refused``."""
    stage = _stage(source, change.location)
    keywords = {one.keyword for one in stage}
    if keywords & {"ENTRYPOINT", "SHELL", "ONBUILD", "USER"}:
        raise Refused("the stage sets an ENTRYPOINT, a SHELL or a USER, or holds ONBUILD")
    commands = [one for one in stage if one.keyword == "CMD"]
    if len(commands) != 1:
        raise Refused("the stage does not have one CMD")
    if any(re.search(r"\btini\b", one.value) for one in stage):
        raise Refused("the stage already knows tini")
    end = source.line_end(1)
    return Edit(_above(source, commands[0]), f'RUN {_INSTALL[change.tool]}{end}ENTRYPOINT ["tini", "--"]{end}')


def _above(source: Source, one: Instruction) -> Location:
    """The place above an instruction and its comments."""
    line = one.location.line
    while line > 1 and source.line(line - 1).lstrip().startswith("#"):
        line -= 1
    start = source.offset(line, 1)
    return source.span(start, start)


def _stage(source: Source, place: Location) -> list[Instruction]:
    """The instructions of the stage whose FROM is at ``place``."""
    stage = [one for one in _instructions(source) if one.location.line >= place.line]
    if not stage or stage[0].keyword != "FROM" or stage[0].location != place:
        raise Refused("the stage is not found")
    following = next((at for at, one in enumerate(stage[1:], 1) if one.keyword == "FROM"), len(stage))
    return stage[:following]


def _instructions(source: Source) -> tuple[Instruction, ...]:
    reading = read_instructions(source)
    if reading.escape != "\\":
        raise Refused("the file has an escape character of its own")
    return reading.instructions


def _within(one: Instruction, place: Location) -> bool:
    return one.location.line <= place.line <= one.location.end_line
