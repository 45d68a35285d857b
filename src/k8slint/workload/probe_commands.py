"""What the exec probes of a container start, through shells and scripts to the program that does the work."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.fact import Fact
from k8slint.models.manifest import Container
from k8slint.models.shell import (
    AndOr,
    If,
    Negated,
    Pipeline,
    Sequence,
    SimpleCommand,
    Statement,
    Subshell,
    parse_shell_text,
)
from k8slint.models.yaml import Scalar, YamlSequence, has_expression
from k8slint.workload.launch import Launch
from k8slint.workload.process import Process, StepKind, Word
from k8slint.workload.program import Program
from k8slint.workload.shell_words import Variables, expand
from k8slint.workload.surroundings import Surroundings
from k8slint.workload.unwrap import processes
from k8slint.workload.wrappers import program_name

PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_SHELLS = ("sh", "bash", "dash", "ash")
_MOST_COMMANDS = 20


class ProbeCommand(Struct, frozen=True):
    """One program that a probe starts; a shell of a probe may start several, one after the other."""

    probe: str
    process: Process
    program: Fact[Program]


def probe_commands(
    container: Container | None, variables: Variables, cwd: str, around: Surroundings
) -> Iterator[tuple[str, Process]]:
    """The processes that each exec probe starts whatever happens; those behind a condition are left out.

    A command that can be one of several, or that is filled in later, yields nothing.
    """
    for kind in PROBES if container is not None else ():
        seen = set()
        for command in _commands(_words(container, kind), variables, around):
            found = processes(Launch(command, (), ()), variables, cwd, around) if command else None
            for process in found.value if found is not None and found.is_known and len(found.value) == 1 else ():
                for one in (process, *_within(process, variables, cwd, around)):
                    texts = tuple(word.text or word.written for word in one.entry.words)
                    if texts not in seen:
                        seen.add(texts)
                        yield kind, one


def _words(container: Container | None, kind: str) -> tuple[Word, ...]:
    node = container.get(kind, "exec", "command") if container is not None else None
    items = node.items if isinstance(node, YamlSequence) else ()
    if not all(isinstance(item, Scalar) and not has_expression(item.text) for item in items):
        return ()
    return tuple(Word(item.text, item.location, item.text) for item in items if isinstance(item, Scalar))


def _commands(words: tuple[Word, ...], variables: Variables, around: Surroundings) -> Iterator[tuple[Word, ...]]:
    """The command itself; of a shell's text, the commands in it."""
    flags = {word.text for word in words[1:-1]}
    if not words or program_name(words[0]) not in _SHELLS or not flags or not _is_text(flags):
        yield words
        return
    text = words[-1]
    script = parse_shell_text(text.written, text.location, around.lines.get(text.location, ()))
    for at, command in enumerate(_always(script.body)):
        if at < _MOST_COMMANDS:
            yield tuple(part for word in command.words for part in expand(word, variables))


def _is_text(flags: set[str | None]) -> bool:
    """Whether the options of a shell, all of them short, say that the last word is what it runs."""
    return all(flag and flag.startswith("-") and flag[1:].isalpha() for flag in flags) and any(
        "c" in flag for flag in flags if flag
    )


def _always(root: Statement) -> Iterator[SimpleCommand]:
    """The commands of a shell that run unless an earlier one fails: none in a branch or behind ``||``."""
    pending: list[Statement] = [root]
    while pending:
        statement = pending.pop()
        if isinstance(statement, SimpleCommand):
            yield statement
        elif isinstance(statement, Sequence):
            pending.extend(reversed(statement.statements))
        elif isinstance(statement, Pipeline):
            pending.extend(reversed(statement.commands))
        elif isinstance(statement, AndOr):
            pending.extend((statement.right, statement.left) if statement.operator == "&&" else (statement.left,))
        elif isinstance(statement, Negated):
            pending.append(statement.command)
        elif isinstance(statement, Subshell):
            pending.append(statement.body)
        elif isinstance(statement, If):
            pending.append(statement.branches[0][0])


def _within(process: Process, variables: Variables, cwd: str, around: Surroundings) -> Iterator[Process]:
    """What the scripts of a probe run before the command they end in."""
    scripts = [step for step in process.steps if step.kind is StepKind.SCRIPT]
    for texts, location in [command for step in scripts for command in step.commands][:_MOST_COMMANDS]:
        words = tuple(Word(text, location, text) for text in texts)
        found = processes(Launch(words, (), ()), variables, cwd, around) if words else None
        if found is not None and found.is_known and len(found.value) == 1:
            yield found.value[0]
