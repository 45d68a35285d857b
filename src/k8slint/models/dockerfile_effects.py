"""What each instruction of a Dockerfile does to the stage that it stands in."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping

from msgspec import Struct, field

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.models.dockerfile_instructions import Instruction
from k8slint.models.dockerfile_stages import Command, Copy, EnvValue
from k8slint.models.dockerfile_text import shell_words
from k8slint.models.dockerfile_values import MOST_PLACES, PLATFORM_ARGUMENTS, Scope, assignments, expand, fill_in
from k8slint.regex import regex

DEFAULT_SHELL = ("/bin/sh", "-c")

_PORT = regex(r"(\d{1,5})(?:-(\d{1,5}))?(?:/(?:tcp|sctp))?", re.IGNORECASE | re.ASCII)
_MOST_PORTS = 100
_LONGEST_PATH = 4096
_HEREDOC = regex(r"\d*<<-?\s*[^<]")
_DRIVE = regex(r"[A-Za-z]:[\\/]")


class Draft(Struct):
    """A stage that is being read."""

    escape: str
    arguments: Mapping[str, Fact[str]]
    is_open: bool
    variables: dict[str, Fact[str]] = field(default_factory=dict)
    env: dict[str, EnvValue] = field(default_factory=dict)
    user: Fact[str] = field(default_factory=absent)
    workdir: Fact[str] = field(default_factory=absent)
    stopsignal: Fact[str] = field(default_factory=absent)
    entrypoint: Command | None = None
    cmd: Command | None = None
    has_own_cmd: bool = False
    shell: tuple[str, ...] = DEFAULT_SHELL
    exposed: dict[int, None] = field(default_factory=dict)
    healthcheck: Instruction | None = None
    copies: list[Copy] = field(default_factory=list)
    runs: list[Instruction] = field(default_factory=list)

    @property
    def scope(self) -> Scope:
        return Scope(self.variables, self.is_open, self.escape)


def apply(draft: Draft, instruction: Instruction) -> None:
    """Let an instruction of the stage take effect; those that only ONBUILD or the image's metadata know have none."""
    handler = _HANDLERS.get(instruction.keyword)
    if handler is not None:
        handler(draft, instruction)


def declare(
    instruction: Instruction,
    variables: dict[str, Fact[str]],
    outer: Mapping[str, Fact[str]],
    scope: Scope,
) -> None:
    """ARG: ``outer`` are the arguments before the first FROM, whose values ``ARG name`` takes over."""
    for one in assignments("ARG", instruction.value, scope.escape):
        place = Place(instruction.part(one.start, one.end), f"ARG {one.name}")
        if one.name in PLATFORM_ARGUMENTS:
            variables[one.name] = unknown(f"{one.name} is set by the builder", place)
        elif one.value is not None:
            value = expand(one.value, scope)
            variables[one.name] = _placed(value, place)
        elif one.name in outer:
            variables[one.name] = outer[one.name]
        elif one.name not in variables:
            variables[one.name] = absent(place)


def _placed(value: Fact[str], place: Place) -> Fact[str]:
    """``value`` with its place in front of those of the variables in it."""
    places = (place, *value.places[: MOST_PLACES - 1])
    return known(value.value, *places) if value.is_known else unknown(value.reason, *places)


def _arg(draft: Draft, instruction: Instruction) -> None:
    declare(instruction, draft.variables, draft.arguments, draft.scope)


def _env(draft: Draft, instruction: Instruction) -> None:
    values: dict[str, EnvValue] = {}
    for one in assignments("ENV", instruction.value, draft.escape):
        name = expand(one.name, draft.scope).or_else("")
        location = instruction.part(one.start, one.end)
        value = expand(one.value or "", draft.scope)
        if name:
            values[name] = EnvValue(_placed(value, Place(location, f"ENV {name}")), location)
    draft.env.update(values)  # Only now: a value cannot use a variable of its own instruction.
    draft.variables.update({name: found.value for name, found in values.items()})


def _user(draft: Draft, instruction: Instruction) -> None:
    if instruction.value:
        draft.user = _placed(expand(instruction.value, draft.scope), Place(instruction.location, "USER"))


def _stopsignal(draft: Draft, instruction: Instruction) -> None:
    if instruction.value:
        draft.stopsignal = _placed(expand(instruction.value, draft.scope), Place(instruction.location, "STOPSIGNAL"))


def _workdir(draft: Draft, instruction: Instruction) -> None:
    place = Place(instruction.location, "WORKDIR")
    path = expand(instruction.value, draft.scope)
    if path.is_unknown or not path.value:
        draft.workdir = _placed(path, place) if path.is_unknown else draft.workdir
    elif path.value.startswith("/"):
        draft.workdir = known(_normal(path.value), place, *path.places)
    elif _DRIVE.match(path.value):
        draft.workdir = known(path.value, place, *path.places)
    elif draft.workdir.is_known or (draft.workdir.is_absent and not draft.is_open):
        joined = posixpath.join(draft.workdir.or_else("/"), path.value)
        is_path = len(joined) <= _LONGEST_PATH
        draft.workdir = known(_normal(joined), place) if is_path else unknown("it is too long", place)
    elif draft.workdir.is_absent:
        draft.workdir = unknown("it is relative to the WORKDIR of the base image, which is not known", place)


def _normal(path: str) -> str:
    return "/" + posixpath.normpath(path).lstrip("/")


def _entrypoint(draft: Draft, instruction: Instruction) -> None:
    draft.entrypoint = _command(draft, instruction)
    if not draft.has_own_cmd:
        draft.cmd = None


def _cmd(draft: Draft, instruction: Instruction) -> None:
    draft.cmd = _command(draft, instruction)
    draft.has_own_cmd = True


def _command(draft: Draft, instruction: Instruction) -> Command:
    text = instruction.value if instruction.argv is None else ""
    return Command(instruction.argv, text, draft.shell, instruction.location)


def _shell(draft: Draft, instruction: Instruction) -> None:
    draft.shell = instruction.argv or draft.shell


def _healthcheck(draft: Draft, instruction: Instruction) -> None:
    draft.healthcheck = instruction


def _run(draft: Draft, instruction: Instruction) -> None:
    draft.runs.append(instruction)


def _expose(draft: Draft, instruction: Instruction) -> None:
    for word in instruction.value.split():
        ports = expand(word, draft.scope)
        match = _PORT.fullmatch(ports.value) if ports.is_known else None
        if match is None:
            continue
        first = int(match.group(1))
        last = int(match.group(2) or first)
        if last - first < _MOST_PORTS:
            draft.exposed.update(dict.fromkeys(range(first, last + 1)))


def _copy(draft: Draft, instruction: Instruction) -> None:
    if instruction.argv is not None:
        words = list(instruction.argv)
    elif instruction.heredocs:
        words = list(shell_words(instruction.value))
    else:
        words = instruction.value.split()
    if len(words) < 2:
        return
    expanded = [word if _HEREDOC.match(word) else expand(word, draft.scope).or_else(word) for word in words]
    marks = [word for word in words if _HEREDOC.match(word)]
    content = tuple(
        body if "'" in mark or '"' in mark else fill_in(body, draft.scope)
        for mark, body in zip(marks, instruction.heredocs, strict=False)
    )
    from_stage = instruction.flag("from") if instruction.keyword == "COPY" else None
    draft.copies.append(
        Copy(
            tuple(expanded[:-1]),
            _destination(expanded[-1], draft.workdir),
            from_stage or None,
            instruction.location,
            content,
        )
    )


def _destination(written: str, workdir: Fact[str]) -> str:
    """A path in the image as an absolute one, as far as WORKDIR is known."""
    is_relative = not written.startswith("/")
    if is_relative and (workdir.is_unknown or "$" in written or _DRIVE.match(written)):
        return written
    folder = workdir.or_else("/")
    if is_relative and _DRIVE.match(folder):
        return written
    path = _normal(posixpath.join(folder, written))
    is_folder = written in ("", ".") or written.endswith(("/", "/."))
    return path if not is_folder or path == "/" else path + "/"


_HANDLERS: Mapping[str, Callable[[Draft, Instruction], None]] = {
    "ADD": _copy,
    "ARG": _arg,
    "CMD": _cmd,
    "COPY": _copy,
    "ENTRYPOINT": _entrypoint,
    "ENV": _env,
    "EXPOSE": _expose,
    "HEALTHCHECK": _healthcheck,
    "RUN": _run,
    "SHELL": _shell,
    "STOPSIGNAL": _stopsignal,
    "USER": _user,
    "WORKDIR": _workdir,
}
