"""The command that a loop of a shell script starts again and again."""

from __future__ import annotations

from collections.abc import Iterator

from k8slint.models import shell
from k8slint.workload.process import Word
from k8slint.workload.recognise import recognise
from k8slint.workload.shell_conditions import always, breaks
from k8slint.workload.shell_words import Variables, expand_all


def goes_on(loop: shell.Loop, variables: Variables) -> bool:
    """Whether a loop is what the script is for: ``while true``, or ``until`` a server that stays up has ended well."""
    if breaks(loop.body):
        return False
    if loop.keyword == "until":
        started = _commands(loop.condition, variables) if loop.condition is not None else ()
        return any(recognise(words).finite is False for words in started)
    return loop.keyword == "while" and always(loop.condition)


def looped(loop: shell.Loop, variables: Variables) -> tuple[Word, ...]:
    """The only command of a loop that may be a program of the project; none where there are several."""
    parts = [loop.body] if loop.keyword == "while" or loop.condition is None else [loop.condition, loop.body]
    found = [words for part in parts for words in _commands(part, variables)]
    programs = [words for words in found if words and recognise(words).finite is not True]
    return programs[0] if len(programs) == 1 else ()


def _commands(statement: shell.Statement, variables: Variables) -> Iterator[tuple[Word, ...]]:
    for part in shell.walk(statement):
        if isinstance(part, shell.SimpleCommand):
            yield expand_all(part.words, variables)
