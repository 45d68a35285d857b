"""Which commands a shell script can end up running, and how it runs them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TypeVar

from k8slint.location import Location
from k8slint.models import shell
from k8slint.workload.process import Word
from k8slint.workload.recognise import recognise
from k8slint.workload.shell_words import Variables, expand, expand_text, test
from k8slint.workload.wrappers import program_name

T = TypeVar("T")

_MOST_PATHS = 32
_DEEPEST = 24


@dataclass(frozen=True, slots=True)
class End:
    """A command that one path through a script ends in.

    ``how`` is "exec", "foreground", "pipeline" (the shell must stay), "background" (``cmd &``, then ``wait``) or
    "loop" (the script itself goes round for ever). ``forwards`` tells that a TERM trap passes the signal to the
    background command. ``position`` is "last" for a plain last command of the text, "last-redirected" for one with
    redirections, else "". ``words`` are empty where nothing is known of the command.
    """

    words: tuple[Word, ...]
    how: str
    location: Location
    forwards: bool
    position: str
    variables: Variables
    cwd: str


@dataclass(frozen=True, slots=True)
class _State:
    variables: Variables
    cwd: str
    term_trap: bool = False
    traps: bool = False
    background: End | None = None
    last: End | None = None
    done: End | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """Follows one script. ``sourced`` finds the script that ``. file`` names, whose functions join ``functions``."""

    functions: dict[str, shell.Function]
    sourced: Callable[[str, str], shell.ShellScript | None]

    def ends(self, body: shell.Sequence, variables: Variables, cwd: str) -> tuple[End, ...] | None:
        """All commands that the script may end in, None where there are too many paths to tell."""
        states = self._sequence(body, [_State(variables, cwd)], top=True, depth=0)
        if states is None:
            return None
        return tuple(_distinct([end for state in states if (end := state.done or state.last) is not None]))

    def _sequence(self, body: shell.Sequence, states: list[_State], top: bool, depth: int) -> list[_State] | None:
        for index, statement in enumerate(body.statements):
            is_last = top and index == len(body.statements) - 1
            after: list[_State] = []
            for state in states:
                if state.done is not None:
                    after.append(state)
                    continue
                reached = self._statement(statement, state, is_last, depth + 1)
                if reached is None:
                    return None
                after.extend(reached)
            states = _distinct(after)
            if len(states) > _MOST_PATHS:
                return None
        return states

    def _statement(self, statement: shell.Statement, state: _State, is_last: bool, depth: int) -> list[_State] | None:
        if depth > _DEEPEST:
            return None
        if isinstance(statement, shell.SimpleCommand):
            return self._simple(statement, state, is_last, depth)
        if isinstance(statement, shell.AndOr):
            return self._and_or(statement, state, is_last, depth)
        if isinstance(statement, shell.If):
            return self._if(statement, state, depth)
        if isinstance(statement, shell.Case):
            return self._case(statement, state, depth)
        if isinstance(statement, shell.Sequence):
            return self._sequence(statement, [state], False, depth)
        if isinstance(statement, shell.Subshell):
            return self._sequence(statement.body, [state], False, depth)
        if isinstance(statement, shell.Pipeline):
            return self._pipeline(statement, state)
        if isinstance(statement, shell.Background):
            return self._background(statement, state)
        if isinstance(statement, shell.Loop):
            return self._loop(statement, state, depth)
        if isinstance(statement, shell.Negated):
            return self._statement(statement.command, state, False, depth)
        return [state]

    def _simple(self, command: shell.SimpleCommand, state: _State, is_last: bool, depth: int) -> list[_State] | None:
        variables = state.variables
        own = variables
        for name, value in command.assignments:
            expanded = "".join(word.text for word in expand(value, variables) if word.text is not None)
            known = all(word.text is not None for word in expand(value, variables))
            own = own.having(name, expanded if known else None)
        words = tuple(part for word in command.words for part in expand(word, variables))
        if not words or program_name(words[0]) in ("export", "declare", "readonly", "local", "typeset"):
            return [replace(state, variables=own)]
        return self._run(words, replace(state, variables=own), command, is_last, depth)

    def _run(
        self, words: tuple[Word, ...], state: _State, command: shell.SimpleCommand, is_last: bool, depth: int
    ) -> list[_State] | None:
        name = words[0].text
        if name in ("eval", "command", "builtin", "time") and len(words) > 1:
            return self._run(words[1:], state, command, is_last, depth + 1) if depth < _DEEPEST else None
        if name == "exec":
            rest = _exec_words(words[1:])
            return [replace(state, done=self._end(rest, "exec", command, state))] if rest else [state]
        if name == "set":
            return [_set(words, state)]
        if name == "shift":
            return [_shift(words, state)]
        if name == "trap":
            return [_trap(words, state)]
        if name == "cd" and len(words) > 1:
            return [replace(state, cwd=_joined(state.cwd, words[1].text))]
        if name == "unset":
            variables = state.variables
            for word in words[1:]:
                variables = variables.having(word.text or "", None)
            return [replace(state, variables=variables)]
        if name in (".", "source") and len(words) > 1:
            return self._source(words, state, depth)
        if name == "wait" and state.background is not None:
            return [replace(state, done=replace(state.background, forwards=state.term_trap))]
        if name in ("exit", "return"):
            return [replace(state, done=state.last or self._end((), "foreground", command, state))]
        if name in self.functions and depth < _DEEPEST:
            return self._function(self.functions[name], words, state, depth)
        return [self._foreground(words, state, command, is_last)]

    def _foreground(
        self, words: tuple[Word, ...], state: _State, command: shell.SimpleCommand, is_last: bool
    ) -> _State:
        position = "" if not is_last or state.traps else ("last-redirected" if command.redirected else "last")
        end = replace(self._end(words, "foreground", command, state), position=position)
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

    def _end(self, words: tuple[Word, ...], how: str, command: shell.SimpleCommand, state: _State) -> End:
        return End(words, how, command.location, False, "", state.variables, state.cwd)

    def _and_or(self, statement: shell.AndOr, state: _State, is_last: bool, depth: int) -> list[_State] | None:
        if statement.operator == "&&":
            verdict = _verdict(statement.left, state)
            if verdict is False:
                return [state]
            left = self._statement(statement.left, state, False, depth)
            if left is None:
                return None
            after = []
            for reached in left:
                right = (
                    [reached] if reached.done is not None else self._statement(statement.right, reached, is_last, depth)
                )
                if right is None:
                    return None
                after.extend(right)
            if verdict is None and _is_test(statement.left):
                after.append(state)
            return after
        verdict = _verdict(statement.left, state)
        left = self._statement(statement.left, state, False, depth)
        if left is None or verdict is True:
            return left
        right = self._statement(statement.right, state, False, depth)
        if right is None:
            return None
        if verdict is False:
            return right
        # Where the right side only reports or gives up, the left side is what the script is about.
        return left if _gives_up(statement.right) else [*left, *right]

    def _if(self, statement: shell.If, state: _State, depth: int) -> list[_State] | None:
        after: list[_State] = []
        for condition, body in statement.branches:
            verdict = _verdict(condition, state)
            if verdict is False:
                continue
            reached = self._sequence(body, [state], False, depth)
            if reached is None:
                return None
            after.extend(reached)
            if verdict is True:
                return after
        otherwise = [state]
        if statement.otherwise is not None:
            reached = self._sequence(statement.otherwise, [state], False, depth)
            if reached is None:
                return None
            otherwise = reached
        return after + otherwise

    def _case(self, statement: shell.Case, state: _State, depth: int) -> list[_State] | None:
        subject = expand_text(statement.subject.template, state.variables)
        if statement.subject.literal is not None:
            subject = statement.subject.literal
        after: list[_State] = []
        for arm in statement.arms:
            if subject is not None and not any(fnmatchcase(subject, pattern) for pattern in arm.patterns):
                continue
            reached = self._sequence(arm.body, [state], False, depth)
            if reached is None:
                return None
            after.extend(reached)
            if subject is not None:
                return after
        falls_through = subject is not None or not any("*" in arm.patterns for arm in statement.arms)
        return [*after, state] if falls_through else after

    def _pipeline(self, statement: shell.Pipeline, state: _State) -> list[_State]:
        for part in statement.commands:
            if not isinstance(part, shell.SimpleCommand):
                continue
            words = tuple(one for word in part.words for one in expand(word, state.variables))
            if words and (recognise(words).finite is not True):
                end = self._end(words, "pipeline", part, state)
                if recognise(words).finite is False:
                    return [replace(state, done=end)]
                return [replace(state, last=end)]
        return [state]

    def _background(self, statement: shell.Background, state: _State) -> list[_State]:
        command = statement.command
        if not isinstance(command, shell.SimpleCommand):
            return [state]
        words = tuple(one for word in command.words for one in expand(word, state.variables))
        if not words:
            return [state]
        return [replace(state, background=self._end(words, "background", command, state))]

    def _loop(self, statement: shell.Loop, state: _State, depth: int) -> list[_State] | None:
        if statement.keyword != "while" or not _always(statement.condition) or _breaks(statement.body):
            return [state]
        return [replace(state, done=End((), "loop", statement.location, False, "", state.variables, state.cwd))]

    def _function(
        self, function: shell.Function, words: tuple[Word, ...], state: _State, depth: int
    ) -> list[_State] | None:
        inside = replace(state, variables=replace(state.variables, parameters=words[1:]))
        reached = self._sequence(function.body, [inside], False, depth + 1)
        if reached is None:
            return None
        back = state.variables.parameters
        return [replace(one, variables=replace(one.variables, parameters=back)) for one in reached]

    def _source(self, words: tuple[Word, ...], state: _State, depth: int) -> list[_State] | None:
        script = self.sourced(words[1].text, state.cwd) if words[1].text else None
        if script is None:
            return [state]
        self.functions.update(script.functions)
        return self._sequence(script.body, [state], False, depth + 1)


def _distinct(found: list[T]) -> list[T]:
    """``found`` without repetitions; what is known of variables cannot be hashed, and the lists are short."""
    seen: list[T] = []
    for one in found:
        if one not in seen:
            seen.append(one)
    return seen


def _exec_words(words: tuple[Word, ...]) -> tuple[Word, ...]:
    while words and words[0].text in ("-a", "-c", "-l", "--"):
        words = words[2:] if words[0].text == "-a" else words[1:]
    return words


def _set(words: tuple[Word, ...], state: _State) -> _State:
    at = next((index for index, word in enumerate(words) if word.text == "--"), None)
    if at is None:
        return state
    return replace(state, variables=replace(state.variables, parameters=words[at + 1 :]))


def _shift(words: tuple[Word, ...], state: _State) -> _State:
    parameters = state.variables.parameters
    count = int(words[1].text) if len(words) > 1 and (words[1].text or "").isdigit() else 1  # type: ignore[arg-type]
    if parameters is None:
        return state
    return replace(state, variables=replace(state.variables, parameters=parameters[count:]))


def _trap(words: tuple[Word, ...], state: _State) -> _State:
    signals = {(word.text or "").upper().removeprefix("SIG") for word in words[2:]}
    action = (words[1].text if len(words) > 1 and words[1].text is not None else words[1].written) if words[1:] else ""
    catches = bool(signals & {"TERM", "15", "EXIT", "0"})
    # A background job starts with SIGINT ignored, so passing SIGINT on does nothing.
    sends_interrupt = re.search(r"kill\s+-(s\s+)?(2|INT|SIGINT)\b", action) is not None
    forwards = catches and not sends_interrupt and action not in ("", "-", ":")
    return replace(state, traps=True, term_trap=state.term_trap or forwards)


def _joined(cwd: str, folder: str | None) -> str:
    if folder is None or not cwd:
        return ""
    return folder if folder.startswith("/") else f"{cwd.rstrip('/')}/{folder}"


def _verdict(statement: shell.Statement, state: _State) -> bool | None:
    """Whether a condition holds, None where that is not known."""
    if isinstance(statement, shell.Negated):
        inner = _verdict(statement.command, state)
        return None if inner is None else not inner
    if isinstance(statement, shell.AndOr):
        left, right = _verdict(statement.left, state), _verdict(statement.right, state)
        if statement.operator == "&&":
            return False if left is False or right is False else (True if left and right else None)
        return True if left is True or right is True else (False if left is False and right is False else None)
    if isinstance(statement, shell.Sequence) and len(statement.statements) == 1:
        return _verdict(statement.statements[0], state)
    if not _is_test(statement) or not isinstance(statement, shell.SimpleCommand):
        return None
    words: list[Word] = []
    for word in statement.words:
        expanded = expand(word, state.variables)
        # In a test an empty word still counts: "$X" and, inside [[ ]], $X too.
        words.extend(expanded or (Word("", word.location, word.text),))
    return test(tuple(words))


def _is_test(statement: shell.Statement) -> bool:
    if not isinstance(statement, shell.SimpleCommand) or not statement.words:
        return False
    return statement.words[0].literal in ("[", "[[", "test")


def _gives_up(statement: shell.Statement) -> bool:
    if isinstance(statement, shell.SimpleCommand):
        first = statement.words[0].literal if statement.words else None
        return first in ("exit", "return", "true", ":", "echo", "printf", "false", "continue", "break", "kill")
    if isinstance(statement, shell.Sequence):
        return bool(statement.statements) and _gives_up(statement.statements[-1])
    if isinstance(statement, shell.Subshell):
        return _gives_up(statement.body)
    return isinstance(statement, shell.AndOr) and _gives_up(statement.right)


def _always(condition: shell.Statement | None) -> bool:
    if isinstance(condition, shell.Sequence) and len(condition.statements) == 1:
        condition = condition.statements[0]
    if not isinstance(condition, shell.SimpleCommand) or not condition.words:
        return False
    return [word.literal for word in condition.words] in (["true"], [":"], ["[", "1", "]"])


def _breaks(body: shell.Statement) -> bool:
    if isinstance(body, shell.SimpleCommand):
        return bool(body.words) and body.words[0].literal in ("break", "exit", "return", "exec")
    if isinstance(body, shell.Sequence):
        return any(_breaks(statement) for statement in body.statements)
    if isinstance(body, shell.AndOr):
        return _breaks(body.left) or _breaks(body.right)
    if isinstance(body, shell.If):
        return any(_breaks(branch) for _, branch in body.branches) or (
            body.otherwise is not None and _breaks(body.otherwise)
        )
    if isinstance(body, shell.Case):
        return any(_breaks(arm.body) for arm in body.arms)
    return isinstance(body, shell.Subshell) and _breaks(body.body)
