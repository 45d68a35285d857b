"""Which commands a shell script can end up running, and how it runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

from msgspec import Struct, field
from msgspec.structs import replace

from k8slint.models import shell
from k8slint.workload.process import Word
from k8slint.workload.shell_builtins import after_builtin
from k8slint.workload.shell_conditions import fits, gives_up, is_test, verdict
from k8slint.workload.shell_ends import background, end_of, exec_words, foreground, loop, pipeline, written
from k8slint.workload.shell_state import (
    End,
    State,
    after_subshell,
    all_unknown,
    distinct,
    nested,
    restored,
)
from k8slint.workload.shell_words import (
    Variables,
    assign_defaults,
    assigned_value,
    expand_all,
    expand_text,
)
from k8slint.workload.wrappers import program_name

_MOST_PATHS = 32
_DEEPEST = 24
_MOST_STEPS = 10_000


class Flow(Struct, frozen=True):
    """Follows one script. ``sourced`` finds the script that ``. file`` names, whose functions join ``functions``."""

    functions: dict[str, shell.Function]
    sourced: Callable[[str, str], shell.ShellScript | None]
    steps: Iterator[int] = field(default_factory=count)
    """Counts what was followed: a few functions that call each other often are more than can be walked."""

    def ends(self, body: shell.Sequence, variables: Variables, cwd: str) -> tuple[End, ...] | None:
        """All commands that the script may end in, None where there are too many paths or steps to tell."""
        states = self._sequence(body, [State(variables, cwd, variables)], top=True, depth=0)
        if states is None:
            return None
        ends = [
            replace(end, ran=state.ran, surely=state.surely)
            for state in states
            if (end := state.done or state.last) is not None
        ]
        return tuple(distinct(ends))

    def _sequence(self, body: shell.Sequence, states: list[State], top: bool, depth: int) -> list[State] | None:
        for index, statement in enumerate(body.statements):
            is_last = top and index == len(body.statements) - 1
            after: list[State] = []
            for state in states:
                if state.is_over:
                    after.append(state)
                    continue
                reached = self._statement(statement, state, is_last, depth + 1)
                if reached is None:
                    return None
                after.extend(reached)
            states = distinct(after)
            if len(states) > _MOST_PATHS:
                return None
        return states

    def _statement(self, statement: shell.Statement, state: State, is_last: bool, depth: int) -> list[State] | None:
        if depth > _DEEPEST or next(self.steps) > _MOST_STEPS or len(state.ran) > _MOST_STEPS:
            return None
        if isinstance(statement, shell.SimpleCommand):
            return self._simple(statement, state, is_last, depth)
        if isinstance(statement, shell.AndOr):
            return self._and_or(statement, state, is_last, depth)
        if isinstance(statement, shell.If):
            return nested(self._if(statement, state, is_last, depth))
        if isinstance(statement, shell.Case):
            return nested(self._case(statement, state, is_last, depth))
        if isinstance(statement, shell.Sequence):
            return nested(self._sequence(statement, [state], is_last, depth))
        if isinstance(statement, shell.Subshell):
            return self._subshell(statement, state, depth)
        if isinstance(statement, shell.Pipeline):
            return [pipeline(statement, state)]
        if isinstance(statement, shell.Background):
            return [background(statement, state)]
        if isinstance(statement, shell.Loop):
            return [loop(statement, state)]
        if isinstance(statement, shell.Negated):
            return self._statement(statement.command, state, False, depth)
        return [state]

    def _simple(self, command: shell.SimpleCommand, state: State, is_last: bool, depth: int) -> list[State] | None:
        words = expand_all(command.words, state.variables)
        ran = written(command)
        state = replace(state, ran=(*state.ran, ran), surely=(*state.surely, ran))
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
                return [replace(all_unknown(state), exported=exported)]  # export $(cat .env)
            return [replace(state, variables=own, exported=exported)]
        reached = self._run(
            words, replace(state, variables=own, exported=state.exported | names), command, is_last, depth
        )
        return reached if reached is None or not names else [restored(one, state, names) for one in reached]

    def _run(
        self, words: tuple[Word, ...], state: State, command: shell.SimpleCommand, is_last: bool, depth: int
    ) -> list[State] | None:
        name = words[0].text
        if name == "eval" and len(words) > 1:
            return self._eval(words[1:], state, command, depth)
        if name == "command" and len(words) > 1 and words[1].text in ("-v", "-V"):
            return [state]
        if name in ("command", "builtin", "time") and len(words) > 1:
            stays_last = is_last and name != "time"
            return self._run(words[1:], state, command, stays_last, depth + 1) if depth < _DEEPEST else None
        if name == "exec":
            rest = exec_words(words[1:])
            return [replace(state, done=end_of(rest, "exec", command, state))] if rest else [state]
        if name in (".", "source") and len(words) > 1:
            return self._source(words, state, depth)
        after = after_builtin(words, state, command, self.functions)
        if after is not None:
            return [after]
        if name in self.functions and depth < _DEEPEST:
            return self._function(self.functions[name], words, state, depth)
        return [foreground(words, state, command, is_last)]

    def _and_or(self, statement: shell.AndOr, state: State, is_last: bool, depth: int) -> list[State] | None:
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

    def _if(self, statement: shell.If, state: State, is_last: bool, depth: int) -> list[State] | None:
        after: list[State] = []
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

    def _case(self, statement: shell.Case, state: State, is_last: bool, depth: int) -> list[State] | None:
        subject = expand_text(statement.subject.template, state.variables)
        if statement.subject.literal is not None:
            subject = statement.subject.literal
        after: list[State] = []
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

    def _subshell(self, statement: shell.Subshell, state: State, depth: int) -> list[State] | None:
        """A shell of its own: what it sets is gone with it, and its exec and exit end only it."""
        reached = self._sequence(statement.body, [state], False, depth)
        return None if reached is None else [after_subshell(one, state) for one in reached]

    def _function(
        self, function: shell.Function, words: tuple[Word, ...], state: State, depth: int
    ) -> list[State] | None:
        inside = replace(state, variables=replace(state.variables, parameters=words[1:]))
        reached = self._sequence(function.body, [inside], False, depth + 1)
        if reached is None:
            return None
        back = state.variables.parameters
        return [replace(one, returned=False, variables=replace(one.variables, parameters=back)) for one in reached]

    def _source(self, words: tuple[Word, ...], state: State, depth: int) -> list[State] | None:
        script = self.sourced(words[1].text, state.cwd) if words[1].text else None
        if script is None:
            # An activated virtual environment sets nothing but its own paths.
            return [state if program_name(words[1]) == "activate" else all_unknown(state)]
        return self._inline(script, state, depth)

    def _eval(
        self, words: tuple[Word, ...], state: State, command: shell.SimpleCommand, depth: int
    ) -> list[State] | None:
        texts = [word.text for word in words if word.text is not None]
        if len(texts) < len(words):
            return self._run(words, all_unknown(state), command, False, depth + 1) if depth < _DEEPEST else None
        return self._inline(shell.parse_shell_text(" ".join(texts), command.location), state, depth)

    def _inline(self, script: shell.ShellScript, state: State, depth: int) -> list[State] | None:
        """Statements from elsewhere that run in this shell."""
        self.functions.update(script.functions)
        reached = self._sequence(script.body, [state], False, depth + 1)
        return None if reached is None else [replace(one, returned=False) for one in reached]
