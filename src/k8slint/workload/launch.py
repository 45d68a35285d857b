"""The command line that a container starts with: ENTRYPOINT and CMD, ``command`` and ``args`` put together."""

from __future__ import annotations

import re

from msgspec import Struct

from k8slint.fact import Fact, known, unknown
from k8slint.location import Location
from k8slint.models.dockerfile import Command, Stage
from k8slint.models.manifest import Argument, Container
from k8slint.regex import regex
from k8slint.workload.knowledge import BaseImage
from k8slint.workload.process import OnSigterm, Step, StepKind, Word


class Launch(Struct, frozen=True):
    """``words`` are what runs; ``before`` is what is known to stand in front of it without being readable.

    ``entrypoint`` and ``command`` are the places of the parts, for related notes.
    """

    words: tuple[Word, ...]
    before: tuple[Step, ...]
    places: tuple[tuple[Location, str], ...]


def launch(stage: Stage | None, base: BaseImage, container: Container | None) -> Fact[Launch]:
    """What runs in the container.

    Kubernetes: ``command`` replaces ENTRYPOINT and drops CMD, ``args`` replaces CMD; an empty list counts as absent.
    """
    command = container.command if container is not None else None
    args = container.args if container is not None else None
    if command is not None and command.is_unknown:
        return unknown(f"command is not known: {command.reason}")
    if args is not None and args.is_unknown:
        return unknown(f"args is not known: {args.reason}")
    arguments = _arguments(args.value) if args is not None and args.is_known else None
    if command is not None and command.is_known:
        words = _arguments(command.value)
        places = ((words[0].location, "command of the container"),) if words else ()
        return known(Launch(words + (arguments or ()), (), places))
    if stage is None:
        return unknown("the image is not built in this repository, and the manifest has no command")
    return _from_image(stage, base, arguments)


def _from_image(stage: Stage, base: BaseImage, arguments: tuple[Word, ...] | None) -> Fact[Launch]:
    entrypoint, cmd = stage.entrypoint, stage.cmd
    before: tuple[Step, ...] = ()
    places = []
    front: tuple[Word, ...] = ()
    start = stage.from_.location
    if entrypoint is not None:
        front = _command_words(entrypoint)
        places.append((entrypoint.location, "ENTRYPOINT"))
    elif base.entrypoint:
        front = tuple(Word(text, start, text) for text in base.entrypoint)
    elif base.init:
        before = (Step(StepKind.INIT, "the base image's init", start, False, OnSigterm.FORWARDS),)
    elif not base.listed:
        before = (Step(StepKind.WRAPPER, "the base image's entrypoint", start, False, OnSigterm.UNKNOWN),)
    if arguments is not None:
        back = arguments
        if arguments:
            places.append((arguments[0].location, "args of the container"))
    elif cmd is not None:
        back = _command_words(cmd)
        places.append((cmd.location, "CMD"))
    elif entrypoint is None and base.cmd:
        back = tuple(Word(text, start, text) for text in base.cmd)
    else:
        back = ()
    if not front and not back:
        return unknown("the image has no ENTRYPOINT and no CMD that could be read")
    return known(Launch(front + back, before, tuple(places)))


def _command_words(command: Command) -> tuple[Word, ...]:
    if command.is_exec_form:
        return tuple(Word(text, command.location, text) for text in command.argv or ())
    texts = (*command.shell, command.text)
    return tuple(Word(text, command.location, text) for text in texts)


_KUBERNETES_VARIABLE = regex(r"(?<!\$)\$\([A-Za-z_][\w.-]*\)")


def _arguments(arguments: tuple[Argument, ...]) -> tuple[Word, ...]:
    """Kubernetes replaces ``$(NAME)`` itself, so such a word is not known; in a text for a shell it is a command."""
    return tuple(
        Word(one.text if one.is_known and not _is_filled_in(one.text) else None, one.location, one.text)
        for one in arguments
    )


def _is_filled_in(text: str) -> bool:
    return _KUBERNETES_VARIABLE.search(text) is not None and not re.search(r"\s", text)
