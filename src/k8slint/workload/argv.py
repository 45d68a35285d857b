"""Command lines that do not reach the program as they were meant: words joined, split, or not filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import pairwise

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.dockerfile import Command
from k8slint.models.manifest import Container
from k8slint.models.yaml import Scalar, YamlSequence
from k8slint.regex import regex
from k8slint.workload.knowledge import programs
from k8slint.workload.launch import Launch, launch
from k8slint.workload.process import Process, StepKind, Word
from k8slint.workload.workload import Role, Workload
from k8slint.workload.wrappers import program_name

# A list in quotes that are no JSON, or with a comma too many; the test command has blanks and no commas.
_QUOTE = "['\"\u2018\u2019\u201c\u201d]"
_LIST = regex(rf"\[\s*(?:{_QUOTE}[^'\"]*?{_QUOTE}\s*(?:,|\]\s*$)|[\w./-]+\s*,\s*['\"\w-][^\]]*\]\s*$)")
_JOINED = regex(r"--[A-Za-z][\w-]*[ \t]+\S[^\n]*")
_IN_DOCKERFILE = regex(r"(?<![\\$])\$(?:\{[A-Z_][A-Z0-9_]*\}|[A-Z_][A-Z0-9_]*)")
_IN_MANIFEST = regex(r"(?<!\$)\$\(([A-Z_][A-Z0-9_]*)\)")
_OF_SERVICE = regex(r"\w+_(SERVICE_(HOST|PORT)(_\w+)?|PORT(_\d+_(TCP|UDP)(_\w+)?)?)")
_SPLITS = regex(r"(?<![\"\w])\$(?:[@*]|\{[@*]\})")
_SHELLS = ("sh", "bash", "ash", "dash")
# What stands for $0 by custom, where nobody wants parameters.
_ZERO = ("sh", "bash", "ash", "dash", "--", "-", "_", "")
_PARSERS = ("argparse", "click", "typer", "fire", "absl", "docopt", "optparse", "cyclopts")


class ArgvMistake(Struct, frozen=True):
    """``what`` happens to which words, and the ``fix``; ``fatal`` where the program cannot work as it is meant."""

    what: str
    fix: str
    location: Location
    fatal: bool = True


def argv_mistakes(workload: Workload) -> Iterator[ArgvMistake]:
    """The mistakes in the command line of a container, each with its place."""
    if workload.role is not Role.SERVICE:
        yield from _not_defined(workload)
    started = launch(workload.stage, workload.base, workload.container)
    if not started.is_known:
        return
    words = started.value.words
    yield from _list_in_shell_form(workload)
    if not started.value.before:
        yield from _one_word(workload, words)
    yield from _after_text(workload, words)
    for process in workload.processes.or_else(()) if len(workload.processes.or_else(())) == 1 else ():
        yield from _joined(workload, process, started.value)
        yield from _literal(workload, process)


def _commands(workload: Workload) -> Iterator[tuple[str, Command]]:
    """ENTRYPOINT and CMD as far as the container runs them."""
    stage, container = workload.stage, workload.container
    if stage is None or (container is not None and not container.command.is_absent):
        return
    if stage.entrypoint is not None:
        yield "ENTRYPOINT", stage.entrypoint
    if stage.cmd is not None and (container is None or container.args.is_absent):
        yield "CMD", stage.cmd


def _list_in_shell_form(workload: Workload) -> Iterator[ArgvMistake]:
    for name, command in _commands(workload):
        if not command.is_exec_form and _LIST.match(command.text):
            what = f"{name} {command.text} is no JSON, so it is taken for a shell command: the shell finds no program ["
            yield ArgvMistake(what, "put every word in double quotes, with commas between them", command.location)


def _one_word(workload: Workload, words: tuple[Word, ...]) -> Iterator[ArgvMistake]:
    """A command line in the first word; the lone word of ``command`` is what exec-binary-missing judges."""
    first = words[0].text or ""
    container = workload.container
    is_lone = len(words) == 1 and container is not None and container.command.is_known
    if re.fullmatch(r"[\w./-]+[ \t]+\S[^\n]*", first) and not is_lone:
        what = f"{first!r} is one word: a program of that name, blanks included, is looked for and not found"
        yield ArgvMistake(what, "write each word as an element of its own", words[0].location)


def _after_text(workload: Workload, words: tuple[Word, ...]) -> Iterator[ArgvMistake]:
    """Words after the text of ``sh -c``, which are the parameters of a text that uses none."""
    at = next((at for at, word in enumerate(words[:4]) if program_name(word) in _SHELLS), None)
    if at is None or (at and program_name(words[0]) not in programs()["inits"]) or len(words) < at + 4:
        return
    flag, text, rest = words[at + 1].text or "", words[at + 2].text, words[at + 3 :]
    if not re.fullmatch(r"-[a-z]*c", flag) or text is None or re.search(r"\$[@*0-9#{]|\bshift\b|\bset\b", text):
        return
    if len(rest) == 1 and rest[0].text in _ZERO:
        return
    ignored = " ".join(word.written for word in rest)
    entrypoint = workload.stage.entrypoint if workload.stage is not None else None
    shown = text if len(text) < 60 and "\n" not in text else "its text"
    if entrypoint is not None and not entrypoint.is_exec_form and text == entrypoint.text:
        what = f"ENTRYPOINT in shell form takes no further words: {ignored} is ignored"
        is_cmd = rest[0].location.path == entrypoint.location.path
        yield ArgvMistake(what, "write ENTRYPOINT as a JSON list", rest[0].location, not is_cmd)
        return
    what = f"{words[at].text} {flag} runs {shown} alone: {ignored} stands outside of the text and is ignored"
    yield ArgvMistake(what, "write the whole command line as one element behind -c", rest[0].location)


def _joined(workload: Workload, process: Process, started: Launch) -> Iterator[ArgvMistake]:
    """An option and its value in one element."""
    written = {word.text for word in started.words}
    entry = process.entry
    scripts = [step.script.source.text for step in process.steps if step.script is not None]
    if any(_SPLITS.search(text) or "eval" in text for text in scripts) or not _parses_options(workload, process):
        return
    for before, word in pairwise(entry.words):
        text = word.text or ""
        is_value = (before.text or "-").startswith("-") and "=" not in (before.text or "")
        if text in written and _JOINED.fullmatch(text) and not is_value:
            what = (
                f"{text!r} reaches {entry.name} as one word, which is no option: refused, or taken for something else"
            )
            yield ArgvMistake(what, "make two elements of it, or write = between them", word.location)


def _parses_options(workload: Workload, process: Process) -> bool:
    if process.entry.server:
        return True
    program = workload.program(process)
    return program.is_known and any(program.value.imports(name) for name in _PARSERS)


def _literal(workload: Workload, process: Process) -> Iterator[ArgvMistake]:
    """``$PORT`` in a list of a Dockerfile, which no shell reads."""
    shells = any(step.kind in (StepKind.SHELL, StepKind.SCRIPT) for step in process.steps)
    program = workload.program(process)
    expands = not program.is_known or any("expandvars" in one.source.text for one in program.value.modules)
    if shells or not process.entry.is_python or (not process.entry.server and expands):
        return
    words = [word.text for word in process.entry.words]
    for name, command in _commands(workload):
        for text in command.argv or ():
            if text in words and (found := _IN_DOCKERFILE.search(text)) is not None:
                what = (
                    f"{name} is a list, so no shell fills {found[0]} in: {process.entry.name} gets {text!r} as it is "
                    "written"
                )
                fix = f'write ["sh", "-c", "exec {process.entry.name} ..."], or read the variable in the program'
                yield ArgvMistake(what, fix, command.location)


def _not_defined(workload: Workload) -> Iterator[ArgvMistake]:
    """``$(PORT)`` in a manifest that does not define it, but the image does, or a variable of almost that name is."""
    container, environment = workload.container, workload.environment
    if container is None or workload.owner is None or environment.open_because:
        return
    defined = {one.name for one in container.env}
    for source in container.env_from:
        data = environment.held_by(source)
        defined.update(f"{source.prefix}{key}" for key, _ in (data.items() if data is not None else ()))
    image = workload.stage.env if workload.stage is not None else {}
    for text, location in _written(container):
        for name in _IN_MANIFEST.findall(text):
            similar = next(iter(get_close_matches(name, defined, 1, 0.85)), "")
            by_service = _OF_SERVICE.fullmatch(name) is not None
            if name in defined or (name not in image and (by_service or not similar)):
                continue
            why = "only the image sets it, and Kubernetes does not see that" if name in image else f"{similar} is set"
            what = f"Kubernetes leaves $({name}) as it is: {why}"
            yield ArgvMistake(what, f"add {name} to env of the container", location)


def _written(container: Container) -> Iterator[tuple[str, Location]]:
    """The words of ``command`` and ``args``, those of a shell's text left out: ``$(NAME)`` is a command there."""
    for key in ("command", "args"):
        node = container.get(key)
        for item in node.items if isinstance(node, YamlSequence) else ():
            if isinstance(item, Scalar) and not re.search(r"\s", item.text):
                yield item.text, item.location
