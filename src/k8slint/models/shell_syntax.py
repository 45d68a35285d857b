"""The parts of a shell script: words, simple commands and what joins them."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location


class Word(Struct, frozen=True):
    """One word of a command.

    ``text`` is the word as written. ``literal`` is its value after quote removal, None where the shell would put
    something in (a parameter, a command's output, braces, a leading tilde) or where a template placeholder stands;
    pathname patterns are left alone. ``template`` is the value after quote removal with every expansion kept as
    written (``"app:$PORT"`` gives ``app:$PORT``); look at ``literal`` first, since a quoted dollar sign looks the same
    there. ``substitutions`` are the texts of the commands in ``$( )`` or backticks. ``quoted`` is true where all of
    the word stands in quotes, so that the shell does not split it.
    """

    text: str
    literal: str | None
    location: Location
    template: str
    substitutions: tuple[str, ...]
    quoted: bool


class SimpleCommand(Struct, frozen=True):
    """A program or builtin with its arguments, or assignments alone.

    ``assignments`` are those before the program, those that stand alone and those of ``export``, ``readonly``,
    ``declare``, ``local`` and ``typeset``, which are then not repeated in ``words``. ``A+=b`` is an assignment of
    ``${A}b``. Tests are commands too: ``[ -f x ]`` has the words ``[``, ``-f``, ``x``, ``]``; ``((i++))`` has ``((``,
    ``i++``, ``))``. A command may have neither words nor assignments (``> file``).
    """

    words: tuple[Word, ...]
    assignments: tuple[tuple[str, Word], ...]
    redirected: bool
    location: Location


class Pipeline(Struct, frozen=True):
    """``a | b``: two or more commands."""

    commands: tuple[Statement, ...]
    location: Location


class AndOr(Struct, frozen=True):
    """``left && right`` or ``left || right``."""

    left: Statement
    operator: str
    right: Statement
    location: Location


class Background(Struct, frozen=True):
    """``command &``."""

    command: Statement
    location: Location


class Negated(Struct, frozen=True):
    """``! command``."""

    command: Statement
    location: Location


class Sequence(Struct, frozen=True):
    """Statements one after the other: a list, or a ``{ }`` group."""

    statements: tuple[Statement, ...]
    location: Location


class Subshell(Struct, frozen=True):
    """``( body )``."""

    body: Sequence
    location: Location


class If(Struct, frozen=True):
    """``branches`` are the condition and body of ``if`` and of each ``elif``."""

    branches: tuple[tuple[Statement, Sequence], ...]
    otherwise: Sequence | None
    location: Location


class CaseArm(Struct, frozen=True):
    """``patterns`` are without quotes: ``web|"my api")`` gives ``web`` and ``my api``."""

    patterns: tuple[str, ...]
    body: Sequence


class Case(Struct, frozen=True):
    subject: Word
    arms: tuple[CaseArm, ...]
    location: Location


class Loop(Struct, frozen=True):
    """``keyword`` is for, while, until or select; only while and until have a condition."""

    keyword: str
    condition: Statement | None
    body: Sequence
    location: Location


class Function(Struct, frozen=True):
    name: str
    body: Sequence
    location: Location


Statement = SimpleCommand | Pipeline | AndOr | Background | Negated | Sequence | Subshell | If | Case | Loop | Function


def walk(statement: Statement) -> Iterator[Statement]:
    """``statement`` and all statements in it, in the order of the text."""
    stack: list[Statement] = [statement]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(_parts(current)))


def _parts(statement: Statement) -> tuple[Statement, ...]:
    if isinstance(statement, Sequence):
        return statement.statements
    if isinstance(statement, Pipeline):
        return statement.commands
    if isinstance(statement, AndOr):
        return (statement.left, statement.right)
    if isinstance(statement, (Background, Negated)):
        return (statement.command,)
    if isinstance(statement, (Subshell, Function)):
        return (statement.body,)
    if isinstance(statement, If):
        branches = tuple(part for branch in statement.branches for part in branch)
        return branches if statement.otherwise is None else (*branches, statement.otherwise)
    if isinstance(statement, Case):
        return tuple(arm.body for arm in statement.arms)
    if isinstance(statement, Loop):
        return (statement.body,) if statement.condition is None else (statement.condition, statement.body)
    return ()
