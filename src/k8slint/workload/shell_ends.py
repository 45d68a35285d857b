"""What the commands of a shell script that are not followed into leave behind, each with the end it may be."""

from __future__ import annotations

from msgspec.structs import replace

from k8slint.models import shell
from k8slint.workload.process import Word
from k8slint.workload.recognise import recognise
from k8slint.workload.shell_loops import goes_on, looped
from k8slint.workload.shell_state import End, Ran, State, exported_by
from k8slint.workload.shell_words import expand_all
from k8slint.workload.wrappers import program_name


def foreground(words: tuple[Word, ...], state: State, command: shell.SimpleCommand, is_last: bool) -> State:
    """After a command that the shell waits for, which may be the one that the script is about."""
    position = "" if not is_last or state.traps else ("last-redirected" if command.redirected else "last")
    end = replace(end_of(words, "foreground", command, state), position=position)
    finite = recognise(words).finite
    idles = program_name(words[0]) in ("tail", "sleep") and finite is False
    if idles and state.background is not None:
        return replace(state, done=replace(state.background, forwards=False))
    if finite is False:
        return replace(state, done=end)
    trivial = words[0].text in ("echo", "printf", "true", ":", "date")
    if trivial and state.last is not None:
        return replace(state, last=replace(state.last, position=""))
    return replace(state, last=end)


def end_of(words: tuple[Word, ...], how: str, command: shell.SimpleCommand, state: State) -> End:
    """The end of a path in a command, with what is exported to it."""
    return End(words, how, command.location, False, "", exported_by(state), state.cwd)


def pipeline(statement: shell.Pipeline, state: State) -> State:
    """After a pipeline: the shell stays in front of the first of its commands that may not end soon."""
    state = replace(state, ran=state.ran + inside(statement))
    for part in statement.commands:
        if not isinstance(part, shell.SimpleCommand):
            continue
        words = expand_all(part.words, state.variables)
        if words and words[0].text == "exec":
            words = exec_words(words[1:])
        if words and (recognise(words).finite is not True):
            end = end_of(words, "pipeline", part, state)
            if recognise(words).finite is False:
                return replace(state, done=end)
            return replace(state, last=end)
    return state


def background(statement: shell.Background, state: State) -> State:
    """After ``command &``."""
    command = statement.command
    state = replace(state, ran=state.ran + inside(statement))
    if not isinstance(command, shell.SimpleCommand):
        return state
    words = expand_all(command.words, state.variables)
    if not words:
        return state
    return replace(state, background=end_of(words, "background", command, state))


def loop(statement: shell.Loop, state: State) -> State:
    """After a loop, which may be what the script ends in."""
    asked = inside(statement.condition) if statement.condition is not None else ()
    state = replace(state, ran=state.ran + inside(statement), surely=state.surely + asked)
    if not goes_on(statement, state.variables):
        return state
    words = () if state.traps else looped(statement, state.variables)  # A trap may pass the signal on.
    return replace(state, done=End(words, "loop", statement.location, False, "", exported_by(state), state.cwd))


def written(command: shell.SimpleCommand) -> Ran:
    """The words of a command as they are written, assignments first, and its place."""
    assignments = (f"{name}={value.template}" for name, value in command.assignments)
    return (*assignments, *(word.template for word in command.words)), command.location


def inside(statement: shell.Statement) -> tuple[Ran, ...]:
    """The commands of a statement that is not followed, such as the body of a loop."""
    return tuple(written(part) for part in shell.walk(statement) if isinstance(part, shell.SimpleCommand))


def exec_words(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The command behind ``exec`` and its options."""
    while words and words[0].text in ("-a", "-c", "-l", "--"):
        words = words[2:] if words[0].text == "-a" else words[1:]
    return words
