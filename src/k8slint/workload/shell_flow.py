"""Which commands a shell script can end up running, and how it runs them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TypeAlias, TypeVar

from k8slint.location import Location
from k8slint.models import shell
from k8slint.workload.process import Word
from k8slint.workload.recognise import recognise
from k8slint.workload.shell_conditions import always, breaks, fits, gives_up, is_test, verdict
from k8slint.workload.shell_words import (
    Variables,
    assign_defaults,
    assigned_value,
    expand_all,
    expand_text,
)
from k8slint.workload.wrappers import program_name

T = TypeVar("T", "_State", "End")
Ran: TypeAlias = tuple[tuple[str, ...], Location]

# What a trap may do without a signal to anybody, and what signals in vain.
_IN_THE_SHELL = re.compile(r"(exit|echo|printf|true|:|return|wait|sleep|date|set|trap|logger|\[|\[\[|test)?(\s|$)")
_INTERRUPTS = re.compile(r"kill\s+-(s\s+)?(2|INT|SIGINT)\b")

_MOST_PATHS = 32
_DEEPEST = 24
_MOST_STEPS = 10_000


@dataclass(frozen=True, slots=True)
class End:
    """A command that one path through a script ends in.

    ``how`` is "exec", "foreground", "pipeline" (the shell must stay), "background" (``cmd &``, then ``wait``) or
    "loop" (the script itself goes round for ever). ``forwards`` tells that a TERM trap passes the signal to the
    background command. ``position`` is "last" for a plain last command of the text, "last-redirected" for one with
    redirections, "last-nested" for one in an ``if``, a ``case`` or braces, else "". ``words`` are empty where nothing
    is known of the command. ``exports`` are the variables that the script changes for it, None where the value, or
    whether it gets to see the variable, is not known; the name "" stands for any variable.
    """

    words: tuple[Word, ...]
    how: str
    location: Location
    forwards: bool
    position: str
    exports: tuple[tuple[str, str | None], ...]
    cwd: str
    ran: tuple[Ran, ...] = field(default=(), compare=False)
    """Every simple command on the way: its words as written, assignments first, and its place."""


@dataclass(frozen=True, slots=True)
class _State:
    variables: Variables
    cwd: str
    outside: Variables
    """The environment that the script was started with."""
    exported: frozenset[str] = frozenset()
    exports_all: bool = False
    returned: bool = False
    term_trap: bool = False
    traps: bool = False
    background: End | None = None
    last: End | None = None
    done: End | None = None
    ran: tuple[Ran, ...] = field(default=(), compare=False)

    @property
    def is_over(self) -> bool:
        return self.done is not None or self.returned


@dataclass(frozen=True, slots=True)
class Flow:
    """Follows one script. ``sourced`` finds the script that ``. file`` names, whose functions join ``functions``."""

    functions: dict[str, shell.Function]
    sourced: Callable[[str, str], shell.ShellScript | None]
    steps: Iterator[int] = field(default_factory=count)
    """Counts what was followed: a few functions that call each other often are more than can be walked."""

    def ends(self, body: shell.Sequence, variables: Variables, cwd: str) -> tuple[End, ...] | None:
        """All commands that the script may end in, None where there are too many paths or steps to tell."""
        states = self._sequence(body, [_State(variables, cwd, variables)], top=True, depth=0)
        if states is None:
            return None
        ends = [replace(end, ran=state.ran) for state in states if (end := state.done or state.last) is not None]
        return tuple(_distinct(ends))

    def _sequence(self, body: shell.Sequence, states: list[_State], top: bool, depth: int) -> list[_State] | None:
        for index, statement in enumerate(body.statements):
            is_last = top and index == len(body.statements) - 1
            after: list[_State] = []
            for state in states:
                if state.is_over:
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
        if depth > _DEEPEST or next(self.steps) > _MOST_STEPS or len(state.ran) > _MOST_STEPS:
            return None
        if isinstance(statement, shell.SimpleCommand):
            return self._simple(statement, state, is_last, depth)
        if isinstance(statement, shell.AndOr):
            return self._and_or(statement, state, is_last, depth)
        if isinstance(statement, shell.If):
            return _nested(self._if(statement, state, is_last, depth))
        if isinstance(statement, shell.Case):
            return _nested(self._case(statement, state, is_last, depth))
        if isinstance(statement, shell.Sequence):
            return _nested(self._sequence(statement, [state], is_last, depth))
        if isinstance(statement, shell.Subshell):
            return self._subshell(statement, state, depth)
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
        words = expand_all(command.words, state.variables)
        state = replace(state, ran=(*state.ran, _written(command)))
        for word in command.words:
            state = replace(state, variables=assign_defaults(word, state.variables))
        own = state.variables
        for name, value in command.assignments:
            own = own.having(name, assigned_value(value, own))
        names = frozenset(name for name, _ in command.assignments)
        if not words:
            exported = state.exported | names if state.exports_all else state.exported
            return [replace(state, variables=own, exported=exported)]
        if program_name(words[0]) in ("export", "declare", "readonly", "local", "typeset"):
            texts = frozenset(word.text for word in words if word.text is not None)
            exports = state.exports_all or "export" in texts or "-x" in texts
            exported = state.exported | names | texts if exports else state.exported
            if any(word.text is None for word in words):
                return [replace(_all_unknown(state), exported=exported)]  # export $(cat .env)
            return [replace(state, variables=own, exported=exported)]
        reached = self._run(
            words, replace(state, variables=own, exported=state.exported | names), command, is_last, depth
        )
        return reached if reached is None or not names else [_restored(one, state, names) for one in reached]

    def _run(
        self, words: tuple[Word, ...], state: _State, command: shell.SimpleCommand, is_last: bool, depth: int
    ) -> list[_State] | None:
        name = words[0].text
        if name == "eval" and len(words) > 1:
            return self._eval(words[1:], state, command, depth)
        if name == "command" and len(words) > 1 and words[1].text in ("-v", "-V"):
            return [state]
        if name in ("command", "builtin", "time") and len(words) > 1:
            stays_last = is_last and name != "time"
            return self._run(words[1:], state, command, stays_last, depth + 1) if depth < _DEEPEST else None
        if name == "exec":
            rest = _exec_words(words[1:])
            return [replace(state, done=self._end(rest, "exec", command, state))] if rest else [state]
        if name == "set":
            return [_set(words, state)]
        if name == "shift":
            return [_shift(words, state)]
        if name == "trap":
            return [self._trap(words, state)]
        if name == "cd" and len(words) > 1:
            return [replace(state, cwd=_joined(state.cwd, words[1].text))]
        if name in ("unset", "read"):
            variables = state.variables
            for word in words[1:]:
                variables = variables.having(word.text, None) if word.text is not None else variables
            return [replace(state, variables=variables)]
        if name in (".", "source") and len(words) > 1:
            return self._source(words, state, depth)
        if name == "wait" and state.background is not None:
            return [replace(state, done=replace(state.background, forwards=state.term_trap))]
        if name == "return":
            return [replace(state, returned=True)]
        if name == "exit":
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
        return End(words, how, command.location, False, "", _exports(state), state.cwd)

    def _and_or(self, statement: shell.AndOr, state: _State, is_last: bool, depth: int) -> list[_State] | None:
        if statement.operator == "&&":
            holds = verdict(statement.left, state.variables)
            if holds is False:
                return [state]
            left = self._statement(statement.left, state, False, depth)
            if left is None:
                return None
            after = []
            for reached in left:
                right = [reached] if reached.is_over else self._statement(statement.right, reached, is_last, depth)
                if right is None:
                    return None
                after.extend(right)
            if holds is None and is_test(statement.left):
                after.append(state)
            return after
        holds = verdict(statement.left, state.variables)
        left = self._statement(statement.left, state, False, depth)
        if left is None or holds is True:
            return left
        right = self._statement(statement.right, state, is_last, depth)
        if right is None:
            return None
        if holds is False:
            return right
        # Where the right side only reports or gives up, the left side is what the script is about.
        return left if gives_up(statement.right) else [*left, *right]

    def _if(self, statement: shell.If, state: _State, is_last: bool, depth: int) -> list[_State] | None:
        after: list[_State] = []
        for condition, body in statement.branches:
            holds = verdict(condition, state.variables)
            if holds is False:
                continue
            reached = self._sequence(body, [state], is_last, depth)
            if reached is None:
                return None
            after.extend(reached)
            if holds is True:
                return after
        otherwise = [state]
        if statement.otherwise is not None:
            reached = self._sequence(statement.otherwise, [state], is_last, depth)
            if reached is None:
                return None
            otherwise = reached
        return after + otherwise

    def _case(self, statement: shell.Case, state: _State, is_last: bool, depth: int) -> list[_State] | None:
        subject = expand_text(statement.subject.template, state.variables)
        if statement.subject.literal is not None:
            subject = statement.subject.literal
        after: list[_State] = []
        for arm in statement.arms:
            holds = fits(subject, arm.patterns)
            if holds is False:
                continue
            reached = self._sequence(arm.body, [state], is_last, depth)
            if reached is None:
                return None
            after.extend(reached)
            if holds is True:
                return after
        return [*after, state]

    def _subshell(self, statement: shell.Subshell, state: _State, depth: int) -> list[_State] | None:
        """A shell of its own: what it sets is gone with it, and its exec and exit end only it."""
        reached = self._sequence(statement.body, [state], False, depth)
        return None if reached is None else [_after_subshell(one, state) for one in reached]

    def _pipeline(self, statement: shell.Pipeline, state: _State) -> list[_State]:
        state = replace(state, ran=state.ran + _inside(statement))
        for part in statement.commands:
            if not isinstance(part, shell.SimpleCommand):
                continue
            words = expand_all(part.words, state.variables)
            if words and words[0].text == "exec":
                words = _exec_words(words[1:])
            if words and (recognise(words).finite is not True):
                end = self._end(words, "pipeline", part, state)
                if recognise(words).finite is False:
                    return [replace(state, done=end)]
                return [replace(state, last=end)]
        return [state]

    def _background(self, statement: shell.Background, state: _State) -> list[_State]:
        command = statement.command
        state = replace(state, ran=state.ran + _inside(statement))
        if not isinstance(command, shell.SimpleCommand):
            return [state]
        words = expand_all(command.words, state.variables)
        if not words:
            return [state]
        return [replace(state, background=self._end(words, "background", command, state))]

    def _loop(self, statement: shell.Loop, state: _State, depth: int) -> list[_State] | None:
        state = replace(state, ran=state.ran + _inside(statement))
        if statement.keyword != "while" or not always(statement.condition) or breaks(statement.body):
            return [state]
        return [replace(state, done=End((), "loop", statement.location, False, "", _exports(state), state.cwd))]

    def _function(
        self, function: shell.Function, words: tuple[Word, ...], state: _State, depth: int
    ) -> list[_State] | None:
        inside = replace(state, variables=replace(state.variables, parameters=words[1:]))
        reached = self._sequence(function.body, [inside], False, depth + 1)
        if reached is None:
            return None
        back = state.variables.parameters
        return [replace(one, returned=False, variables=replace(one.variables, parameters=back)) for one in reached]

    def _source(self, words: tuple[Word, ...], state: _State, depth: int) -> list[_State] | None:
        script = self.sourced(words[1].text, state.cwd) if words[1].text else None
        if script is None:
            # An activated virtual environment sets nothing but its own paths.
            return [state if program_name(words[1]) == "activate" else _all_unknown(state)]
        return self._inline(script, state, depth)

    def _eval(
        self, words: tuple[Word, ...], state: _State, command: shell.SimpleCommand, depth: int
    ) -> list[_State] | None:
        texts = [word.text for word in words if word.text is not None]
        if len(texts) < len(words):
            return self._run(words, _all_unknown(state), command, False, depth + 1) if depth < _DEEPEST else None
        return self._inline(shell.parse_shell_text(" ".join(texts), command.location), state, depth)

    def _inline(self, script: shell.ShellScript, state: _State, depth: int) -> list[_State] | None:
        """Statements from elsewhere that run in this shell."""
        self.functions.update(script.functions)
        reached = self._sequence(script.body, [state], False, depth + 1)
        return None if reached is None else [replace(one, returned=False) for one in reached]

    def _trap(self, words: tuple[Word, ...], state: _State) -> _State:
        signals = {(word.text or "").upper().removeprefix("SIG") for word in words[2:]}
        if not signals & {"TERM", "15", "EXIT", "0"}:
            return replace(state, traps=True)
        action = words[1].text if words[1].text is not None else words[1].written.strip('"')
        commands = self._commands_of(action, words[1].location) if action not in ("", "-") else []
        outside = [one for one in commands if not _IN_THE_SHELL.match(one)]
        # A background job starts with SIGINT ignored, so passing SIGINT on does nothing.
        forwards = any(not _INTERRUPTS.match(one) for one in outside)
        return replace(state, traps=True, term_trap=state.term_trap or forwards)

    def _commands_of(self, text: str, at: Location) -> list[str]:
        """The simple commands of a trap's action; where it calls a function, those of the function."""
        found: list[str] = []
        for command in shell.parse_shell_text(text, at).commands():
            function = self.functions.get(command.words[0].literal or "") if command.words else None
            inside = shell.walk(function.body) if function is not None else (command,)
            found.extend(
                " ".join(word.template for word in one.words) for one in inside if isinstance(one, shell.SimpleCommand)
            )
        return found


def _written(command: shell.SimpleCommand) -> Ran:
    assignments = (f"{name}={value.template}" for name, value in command.assignments)
    return (*assignments, *(word.template for word in command.words)), command.location


def _inside(statement: shell.Statement) -> tuple[Ran, ...]:
    """The commands of a statement that is not followed, such as the body of a loop."""
    return tuple(_written(part) for part in shell.walk(statement) if isinstance(part, shell.SimpleCommand))


def _distinct(found: list[T]) -> list[T]:
    """``found`` without repetitions; one that differs only in the commands on its way gives them to the one that stays.

    What is known of variables cannot be hashed, and the lists are short.
    """
    seen: list[T] = []
    for one in found:
        if one not in seen:
            seen.append(one)
            continue
        at = seen.index(one)
        seen[at] = replace(seen[at], ran=tuple(dict.fromkeys(seen[at].ran + one.ran)))
    return seen


def _exec_words(words: tuple[Word, ...]) -> tuple[Word, ...]:
    while words and words[0].text in ("-a", "-c", "-l", "--"):
        words = words[2:] if words[0].text == "-a" else words[1:]
    return words


def _set(words: tuple[Word, ...], state: _State) -> _State:
    """``set -e``, ``set -o name``, ``set -- words`` and ``set words``."""
    index = 1
    while index < len(words) and (text := words[index].text) is not None and text.startswith(("-", "+")):
        index += 1
        if text == "--":
            return replace(state, variables=replace(state.variables, parameters=words[index:]))
        named = index < len(words) and text.endswith("o")
        if text.startswith("-") and ("a" in text or (named and words[index].text == "allexport")):
            state = replace(state, exports_all=True)
        index += 1 if named else 0
    if index == len(words):
        return state
    return replace(state, variables=replace(state.variables, parameters=words[index:]))


def _shift(words: tuple[Word, ...], state: _State) -> _State:
    parameters = state.variables.parameters
    count = int(words[1].text) if len(words) > 1 and (words[1].text or "").isdigit() else 1  # type: ignore[arg-type]
    if parameters is None:
        return state
    return replace(state, variables=replace(state.variables, parameters=parameters[count:]))


def _restored(one: _State, before: _State, names: frozenset[str]) -> _State:
    """``one`` without the variables that were set for a single command."""
    values = {name: value for name, value in one.variables.values.items() if name not in names}
    values |= {name: before.variables.values[name] for name in names if name in before.variables.values}
    exported = one.exported - (names - before.exported)
    return replace(one, variables=replace(one.variables, values=values), exported=exported)


def _all_unknown(state: _State) -> _State:
    values = dict.fromkeys(state.variables.values)
    return replace(state, variables=Variables(values, False, state.variables.parameters))


def _exports(state: _State) -> tuple[tuple[str, str | None], ...]:
    outside = state.outside
    found: list[tuple[str, str | None]] = []
    if outside.closed and not state.variables.closed:
        found.append(("", None))
    for name, value in state.variables.values.items():
        if name in outside.values:
            if outside.values[name] != value or value is None:
                found.append((name, value))
        elif name in state.exported:
            found.append((name, value))
        elif not outside.closed:
            found.append((name, None))  # A variable that came from outside stays exported.
    return tuple(found)


def _nested(states: list[_State] | None) -> list[_State] | None:
    if states is None:
        return None
    return [replace(one, last=_placed(one.last), done=_placed(one.done)) for one in states]


def _placed(end: End | None) -> End | None:
    return replace(end, position="last-nested") if end is not None and end.position else end


def _after_subshell(inside: _State, state: _State) -> _State:
    end = inside.done or inside.last
    if end is None or end == state.last or not (end.words or end.how == "loop"):
        return state
    end = replace(end, how="foreground") if end.how == "exec" else end
    stays = end.how in ("loop", "background") or recognise(end.words).finite is False
    return replace(state, last=end, done=end if stays else None)


def _joined(cwd: str, folder: str | None) -> str:
    if folder is None or not cwd:
        return ""
    return folder if folder.startswith("/") else f"{cwd.rstrip('/')}/{folder}"
