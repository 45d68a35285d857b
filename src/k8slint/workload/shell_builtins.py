"""What the shell's own commands change for those after them."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from k8slint.models import shell
from k8slint.workload.process import Word
from k8slint.workload.shell_ends import end_of
from k8slint.workload.shell_state import State, joined, shifted, with_set
from k8slint.workload.shell_traps import trapped


def after_builtin(
    words: tuple[Word, ...], state: State, command: shell.SimpleCommand, functions: Mapping[str, shell.Function]
) -> State | None:
    """The state after one of them, None for any other command, and for those that run further commands."""
    name = words[0].text
    if name == "set":
        return with_set(words, state)
    if name == "shift":
        return shifted(words, state)
    if name == "trap":
        return trapped(words, functions, state)
    if name == "cd" and len(words) > 1:
        return replace(state, cwd=joined(state.cwd, words[1].text))
    if name in ("unset", "read"):
        variables = state.variables
        for word in words[1:]:
            variables = variables.having(word.text, None) if word.text is not None else variables
        return replace(state, variables=variables)
    if name == "wait" and state.background is not None:
        return replace(state, done=replace(state.background, forwards=state.term_trap))
    if name == "return":
        return replace(state, returned=True)
    if name == "exit":
        return replace(state, done=state.last or end_of((), "foreground", command, state))
    return None
