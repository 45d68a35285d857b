"""What the traps of a shell script do with the signal that stops it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from msgspec.structs import replace

from k8slint.location import Location
from k8slint.models import shell
from k8slint.regex import regex
from k8slint.workload.process import Word
from k8slint.workload.shell_state import State

Functions: TypeAlias = Mapping[str, shell.Function]

# What a trap may do without a signal to anybody, and what signals in vain.
_IN_THE_SHELL = regex(r"(exit|echo|printf|true|:|return|wait|sleep|date|set|trap|logger|\[|\[\[|test)?(\s|$)")
_INTERRUPTS = regex(r"kill\s+-(s\s+)?(2|INT|SIGINT)\b")


def trapped(words: tuple[Word, ...], functions: Functions, state: State) -> State:
    """``state`` after a ``trap``: whether it acts when the shell is stopped or ends, and whether it signals a child."""
    signals = {(word.text or "").upper().removeprefix("SIG") for word in words[2:]}
    if not signals & {"TERM", "15", "EXIT", "0"}:
        return replace(state, traps=True)
    action = words[1].text if words[1].text is not None else words[1].written.strip('"')
    commands = _commands_of(action, words[1].location, functions) if action not in ("", "-") else []
    outside = [one for one in commands if not _IN_THE_SHELL.match(one)]
    # A background job starts with SIGINT ignored, so passing SIGINT on does nothing.
    forwards = any(not _INTERRUPTS.match(one) for one in outside)
    return replace(state, traps=True, term_trap=state.term_trap or forwards)


def _commands_of(text: str, at: Location, functions: Functions) -> list[str]:
    """The simple commands of a trap's action; where it calls a function, those of the function."""
    found: list[str] = []
    for command in shell.parse_shell_text(text, at).commands():
        function = functions.get(command.words[0].literal or "") if command.words else None
        inside = shell.walk(function.body) if function is not None else (command,)
        found.extend(
            " ".join(word.template for word in one.words) for one in inside if isinstance(one, shell.SimpleCommand)
        )
    return found
