"""The stages of a Dockerfile that a build goes through, and the commands that each of them runs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.dockerfile import Dockerfile, Instruction, Stage
from k8slint.models.shell import AndOr, Pipeline, Sequence, SimpleCommand, Statement, Subshell, parse_shell
from k8slint.models.source import Source
from k8slint.regex import regex

_FROM = regex(r"(?:^|,)from=([^,\s]+)")
_LAUNCHERS = ("sudo", "exec", "time", "env", "command", "nice")


class BuildCommand(Struct, frozen=True):
    """One command of a RUN, which runs whenever the stage is built.

    ``words`` have no quotes; what is put in by the shell stands as written. ``folder`` is the working directory, None
    where it is not known. ``binds`` are the files of the build context that are mounted for the command, by where they
    are mounted. ``assignments`` are the variables that stand before it.
    """

    words: tuple[str, ...]
    location: Location
    folder: str | None
    stage: Stage
    run: Instruction
    binds: Mapping[str, str]
    assignments: tuple[tuple[str, str], ...] = ()


def needed_stages(dockerfile: Dockerfile, targets: Iterable[Stage]) -> tuple[Stage, ...]:
    """The stages that a build of ``targets`` goes through, in the order of the file."""
    found: dict[int, Stage] = {}
    waiting = list(targets)
    while waiting:
        stage = waiting.pop()
        if stage.index in found:
            continue
        found[stage.index] = stage
        mounted = (value for run in stage.runs for name, value in run.flags if name == "mount")
        names = [copy.from_stage for copy in stage.copies if copy.from_stage is not None]
        names.extend(match.group(1) for value in mounted for match in _FROM.finditer(value))
        waiting.extend(other for name in names if (other := dockerfile.stage(name)) is not None)
        if stage.parent is not None:
            waiting.append(stage.parent)
    return tuple(found[index] for index in sorted(found))


def build_commands(stage: Stage, interesting: re.Pattern[str]) -> Iterator[BuildCommand]:
    """The commands of the stage's own RUN instructions whose text matches ``interesting``, in order.

    Commands under a condition, in loops and in functions are left out: whether they run is not known.
    """
    folder = stage.parent.workdir.or_else("/") if stage.parent is not None else "/"
    places = [one for one in stage.instructions if one.keyword == "WORKDIR"]
    for instruction in stage.instructions:
        if instruction.keyword == "WORKDIR":
            is_last = instruction is places[-1]
            written = stage.workdir.or_else("$") if is_last else instruction.value.strip()
            folder = "$" if "$" in folder + written else posixpath.normpath(posixpath.join(folder, written))
        elif instruction.keyword == "RUN" and interesting.search(" ".join((instruction.value, *instruction.heredocs))):
            yield from _of_run(instruction, stage, None if "$" in folder else folder)


def _of_run(run: Instruction, stage: Stage, folder: str | None) -> Iterator[BuildCommand]:
    binds = _binds(run, folder)
    if run.argv is not None:
        yield BuildCommand(run.argv, run.location, folder, stage, run, binds)
        return
    values: dict[str, str] = {}
    for text in (run.value, *run.heredocs):
        is_value = text is run.value
        source = Source(run.location.path, text)
        for command in _certain(parse_shell(source).body):
            written = (word.literal if word.literal is not None else word.template for word in command.words)
            words = tuple(part for word in written for part in _filled_in(word, values))
            if not words:
                values.update((name, word.literal) for name, word in command.assignments if word.literal is not None)
            while words and (words[0] in _LAUNCHERS or re.match(r"\w+=", words[0])):
                words = words[1:]
            if words[:1] == ("cd",) and folder is not None:
                target = words[1] if len(words) == 2 else "$"
                folder = None if "$" in target else posixpath.normpath(posixpath.join(folder, target))
            if not words:
                continue
            at = command.location
            place = run.part(source.offset(at.line, at.column), source.offset(at.end_line, at.end_column))
            assigned = tuple((name, word.literal or word.template) for name, word in command.assignments)
            yield BuildCommand(words, place if is_value else run.location, folder, stage, run, binds, assigned)


def _filled_in(word: str, values: Mapping[str, str]) -> tuple[str, ...]:
    """The words of a variable that the same RUN sets: ``PACKAGES="gcc git" && apt-get install $PACKAGES``."""
    match = re.fullmatch(r"\$\{?(\w+)\}?", word)
    return tuple(values[match.group(1)].split()) if match is not None and match.group(1) in values else (word,)


def _binds(run: Instruction, folder: str | None) -> dict[str, str]:
    """``--mount=type=bind,source=a,target=b`` from the build context."""
    found = {}
    for name, value in run.flags:
        options = dict(part.partition("=")[::2] for part in value.split(","))
        target = options.get("target") or options.get("dst") or options.get("destination")
        if name == "mount" and options.get("type", "bind") == "bind" and "from" not in options and target:
            source = options.get("source") or options.get("src") or "."
            found[posixpath.normpath(posixpath.join(folder or "/", target))] = source
    return found


def _certain(statement: Statement) -> Iterator[SimpleCommand]:
    """The commands that run whenever the text does, unless one before them fails."""
    waiting: list[Statement] = [statement]
    while waiting:
        one = waiting.pop()
        if isinstance(one, SimpleCommand):
            yield one
        elif isinstance(one, Sequence):
            waiting.extend(reversed(one.statements))
        elif isinstance(one, Subshell):
            waiting.append(one.body)
        elif isinstance(one, Pipeline):
            waiting.extend(reversed(one.commands))
        elif isinstance(one, AndOr):
            waiting.extend((one.right, one.left) if one.operator == "&&" else (one.left,))
