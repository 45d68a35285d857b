"""What is known at one point of a path through a shell script: variables, folder, what runs already."""

from __future__ import annotations

from typing import TypeAlias, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from k8slint.location import Location
from k8slint.regex import regex
from k8slint.workload.process import Word
from k8slint.workload.recognise import recognise
from k8slint.workload.shell_words import Variables

T = TypeVar("T", "State", "End")
Ran: TypeAlias = tuple[tuple[str, ...], Location]
_COUNT = regex(r"[0-9]{1,6}")


class End(Struct, frozen=True, eq=False):
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
    ran: tuple[Ran, ...] = ()
    """Every simple command on the way: its words as written, assignments first, and its place."""
    surely: tuple[Ran, ...] = ()
    """Those of them that run on every way that leads here."""


class State(Struct, frozen=True, eq=False):
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
    ran: tuple[Ran, ...] = ()
    surely: tuple[Ran, ...] = ()

    @property
    def is_over(self) -> bool:
        return self.done is not None or self.returned


def distinct(found: list[T]) -> list[T]:
    """``found`` without repetitions; one that differs only in the commands on its way gives them to the one that stays.

    What is known of variables cannot be hashed, and the lists are short.
    """
    seen: list[T] = []
    told: list[tuple[object, ...]] = []
    for one in found:
        if (key := _told(one)) not in told:
            seen.append(one)
            told.append(key)
            continue
        at = told.index(key)
        both = tuple(ran for ran in seen[at].surely if ran in one.surely)
        seen[at] = replace(seen[at], ran=tuple(dict.fromkeys(seen[at].ran + one.ran)), surely=both)
    return seen


def _told(one: End | State) -> tuple[object, ...]:
    """All of ``one`` but the commands on its way."""
    values = (getattr(one, name) for name in one.__struct_fields__ if name not in ("ran", "surely"))
    return tuple(_told(value) if isinstance(value, End) else value for value in values)


def with_set(words: tuple[Word, ...], state: State) -> State:
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


def shifted(words: tuple[Word, ...], state: State) -> State:
    parameters = state.variables.parameters
    count = int(words[1].text) if len(words) > 1 and _COUNT.fullmatch(words[1].text or "") else 1  # type: ignore[arg-type]
    if parameters is None:
        return state
    return replace(state, variables=replace(state.variables, parameters=parameters[count:]))


def restored(one: State, before: State, names: frozenset[str]) -> State:
    """``one`` without the variables that were set for a single command."""
    values = {name: value for name, value in one.variables.values.items() if name not in names}
    values |= {name: before.variables.values[name] for name in names if name in before.variables.values}
    exported = one.exported - (names - before.exported)
    return replace(one, variables=replace(one.variables, values=values), exported=exported)


def all_unknown(state: State) -> State:
    values = dict.fromkeys(state.variables.values)
    return replace(state, variables=Variables(values, False, state.variables.parameters))


def exported_by(state: State) -> tuple[tuple[str, str | None], ...]:
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


def nested(states: list[State] | None) -> list[State] | None:
    if states is None:
        return None
    return [replace(one, last=_placed(one.last), done=_placed(one.done)) for one in states]


def _placed(end: End | None) -> End | None:
    return replace(end, position="last-nested") if end is not None and end.position else end


def after_subshell(inside: State, state: State) -> State:
    end = inside.done or inside.last
    if end is None or end == state.last or not (end.words or end.how == "loop"):
        return state
    end = replace(end, how="foreground") if end.how == "exec" else end
    stays = end.how in ("loop", "background") or recognise(end.words).finite is False
    return replace(state, last=end, done=end if stays else None)


def joined(cwd: str, folder: str | None) -> str:
    if folder is None or not cwd:
        return ""
    return folder if folder.startswith("/") else f"{cwd.rstrip('/')}/{folder}"
