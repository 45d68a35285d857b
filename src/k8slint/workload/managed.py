"""What the programs start whose command lines stand in a file: supervisord, honcho, npm, make."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from msgspec import Struct
from msgspec.structs import replace

from k8slint.location import Location
from k8slint.models.ini import Section, parse_ini
from k8slint.models.makefile import parse_makefile, recipe_of
from k8slint.models.procfile import parse_procfile
from k8slint.models.yaml import YamlMapping, load_documents, text
from k8slint.regex import regex
from k8slint.workload.image_files import absolute, files_in_folder
from k8slint.workload.process import OnSigterm, Step, Word
from k8slint.workload.surroundings import Here, Surroundings, file_of
from k8slint.workload.wrappers import program_name

_MOST = 16
_DEEPEST = 4
_STOP_SECONDS = "10"
_LONGEST = 10_000
# Where supervisord looks without -c: https://supervisord.org/configuration.html#configuration-file
_SUPERVISORD = ("supervisord.conf", "etc/supervisord.conf", "/etc/supervisord.conf", "/etc/supervisor/supervisord.conf")
_SPECIAL = regex(r"[$`|&;<>()*?\[\]{}~!#\\\"'=]")
_BUILTINS = (".", ":", "cd", "command", "eval", "exec", "exit", "export", "set", "source", "trap", "ulimit", "umask")
_REFERENCE = regex(r"\$\{(\w+)\}")
_EXPANSION = regex(r"%(?:\((\w+)\)[sd]|%)")
_TRUE = ("true", "yes", "on", "1")
_ASSIGNED = regex(r"""([A-Za-z_]\w*)=(?:"([^"]*)"|'([^']*)'|([^,"']*))""")


class Managed(Struct, frozen=True):
    """One program that a manager starts: its command line, where, and with which variables.

    ``step`` is the manager itself. ``shells`` is what the signal does to shells on the way, where that is not what it
    does to any. With stopasgroup supervisord signals a shell and its program, but leaves as soon as the shell is gone
    (measured).
    """

    step: Step
    words: tuple[Word, ...]
    cwd: str
    exports: tuple[tuple[str, str | None], ...] = ()
    shells: OnSigterm | None = None


def managed(step: Step, words: tuple[Word, ...], here: Here, around: Surroundings) -> tuple[Managed, ...] | None:
    """What a manager starts, None where its file is not in the repository or does not tell.

    ``words`` is its command line, ``step`` what the manager is in the chain.
    """
    if any(word.text is None for word in words):
        return None
    readers = {"supervisord": _supervisord, "honcho": _procfile, "foreman": _procfile, "make": _make}
    reader = readers.get(program_name(words[0]), _scripts)
    found = tuple(reader(step, words, here, around))
    return found if 0 < len(found) <= _MOST else None


def _value(words: tuple[Word, ...], *names: str) -> str | None:
    for at, word in enumerate(words):
        written = word.text or ""
        for name in names:
            if written == name and at + 1 < len(words):
                return words[at + 1].text
            if name.startswith("--") and written.startswith(f"{name}="):
                return written[len(name) + 1 :]
    return None


def _plain(words: tuple[Word, ...], *with_value: str) -> list[str]:
    """The words that are neither options nor their values."""
    found, skip = [], False
    for word in words:
        written = word.text or ""
        if not skip and not written.startswith("-"):
            found.append(written)
        skip = not skip and written in with_value
    return found


def _shell(command: str, place: Location) -> tuple[Word, ...]:
    return tuple(Word(one, place, one) for one in ("sh", "-c", command))


def _split(command: str, place: Location) -> tuple[Word, ...] | None:
    try:
        parts = shlex.split(command)
    except ValueError:
        return None
    return tuple(Word(part, place, part) for part in parts)


def _read(path: str, here: Here, around: Surroundings) -> str | None:
    word = Word(path if "/" in path else f"./{path}", Location("", 1, 1, 1, 1), path)
    return file_of(word, here.cwd, around)


def _supervisord(step: Step, words: tuple[Word, ...], here: Here, around: Surroundings) -> Iterator[Managed]:
    named = _value(words, "-c", "--configuration")
    candidates = (named,) if named is not None else _SUPERVISORD
    at, file = next(
        ((one, found) for one in candidates if (found := _read(one, here, around)) is not None),
        (_SUPERVISORD[-1], None),
    )
    folder = posixpath.dirname(absolute(at, here.cwd))
    sections = parse_ini(around.artifacts.source(file)) if file is not None else ()
    if named is None and file is None and around.image is not None:
        # Debian's package brings this file, which includes the folder.
        sections = (*sections, *_included(("/etc/supervisor/conf.d/*.conf",), around))
    for one in tuple(sections):
        if one.name == "include" and around.image is not None:
            patterns = tuple(absolute(each.replace("%(here)s", folder), folder) for each in one.text("files").split())
            sections = (*sections, *_included(patterns, around))
    common = next((one for one in sections if one.name == "supervisord"), None)
    in_front = any(word.text in ("-n", "--nodaemon") for word in words)
    if not in_front and not any(
        one.name == "supervisord" and one.text("nodaemon").lower() in _TRUE for one in sections
    ):
        step = replace(step, on_sigterm=OnSigterm.UNKNOWN)  # It goes into the background, and the container ends.
    names = {"here": folder}
    for one in sections:
        if one.name.startswith("program:") and one.text("autostart", "true").lower() not in ("false", "0", "no", "off"):
            program = _program(step, one, common, here, names)
            if program is not None:
                yield program


def _included(patterns: tuple[str, ...], around: Surroundings) -> Iterator[Section]:
    for pattern in patterns:
        folder, name = posixpath.split(pattern)
        for path, file in files_in_folder(around.image, folder) if around.image is not None else ():
            if fnmatchcase(posixpath.basename(path), name):
                yield from parse_ini(around.artifacts.source(file))


def _program(
    step: Step, section: Section, common: Section | None, here: Here, names: Mapping[str, str]
) -> Managed | None:
    command = section.get("command")
    names = {**names, "program_name": section.name.partition(":")[2].strip(), "process_num": "0"}
    words = _split(command.value, command.location) if command is not None else None
    if command is None or not words:
        return None
    words = tuple(replace(word, text=_filled_in(word.written, here, names)) for word in words)
    settings = [one for one in (common, section) if one is not None]
    exports: list[tuple[str, str | None]] = []
    for one in settings:
        for name, *values in _ASSIGNED.findall(one.text("environment")):
            value = next((text for text in values if text), "")
            exports.append((name, _filled_in(value, here, names)))
    user = section.text("user") or (common.text("user") if common is not None else "")
    signal = section.text("stopsignal", "TERM").upper().removeprefix("SIG")
    on_sigterm = step.on_sigterm if signal in ("TERM", "INT") else OnSigterm.UNKNOWN
    own = replace(step, user=user.split(":", 1)[0] or None, on_sigterm=on_sigterm, start=command.location)
    seconds = section.text("stopwaitsecs", _STOP_SECONDS)
    own = replace(
        own,
        rewrites_to_interrupt=signal == "INT",
        group_signal=section.text("stopasgroup").lower() in _TRUE,
        stop_seconds=float(seconds) if seconds.isdecimal() else None,
    )
    directory = _filled_in(section.text("directory"), here, names)
    cwd = absolute(directory, here.cwd) if directory else here.cwd
    return Managed(own, words, cwd, tuple(exports))


def _filled_in(written: str, here: Here, names: Mapping[str, str]) -> str | None:
    """``%(ENV_X)s``, ``%(program_name)s``, ``%(here)s`` and ``%%`` filled in; None where a part is not known."""
    is_open = False

    def value(found: re.Match[str]) -> str:
        nonlocal is_open
        name = found[1]
        if name is None:
            return "%"
        one = here.variables.lookup(name[4:])[1] if name.startswith("ENV_") else names.get(name)
        is_open = is_open or one is None
        return one or ""

    filled = _EXPANSION.sub(value, written)
    return None if is_open else filled


def _procfile(step: Step, words: tuple[Word, ...], here: Here, around: Surroundings) -> Iterator[Managed]:
    options = ("-f", "--procfile", "-e", "--env", "-d", "--app-root", "-p", "--port", "-c", "--concurrency")
    command, *names = _plain(words[1:], *options) or [""]
    if command != "start":
        return
    folder = _value(words, "-d", "--app-root")
    cwd = absolute(folder, here.cwd) if folder else here.cwd
    file = _read(_value(words, "-f", "--procfile") or "Procfile", replace(here, cwd=cwd), around)
    for one in parse_procfile(around.artifacts.source(file)) if file is not None else ():
        if not names or one.name in names:
            # honcho signals the group, and waits for the program even where its shell is gone (measured).
            yield Managed(
                replace(step, start=one.location), _shell(one.command, one.location), cwd, (), OnSigterm.FORWARDS
            )


def _scripts(step: Step, words: tuple[Word, ...], here: Here, around: Surroundings) -> Iterator[Managed]:
    rest = words[1:]
    for at, word in enumerate(rest):
        if word.text == "--":
            return  # What follows is added to the script in the shell's own quoting.
        if at > 0 and rest[at - 1].text in ("run", "run-script"):
            break
    names = _plain(rest, "--prefix", "-C", "--cwd")
    run = names[1:] if names[:1] in (["run"], ["run-script"]) else names
    if len(run) != 1:
        return
    folder = _value(words, "--prefix", "-C", "--cwd")
    cwd = absolute(folder, here.cwd) if folder else here.cwd
    file = _read("package.json", replace(here, cwd=cwd), around)
    documents = load_documents(around.artifacts.source(file))[0] if file is not None else []
    for document in documents[:1]:
        node = document.root.get("scripts", run[0]) if isinstance(document.root, YamlMapping) else None
        command = text(node) if node is not None else None
        if node is not None and command:
            # npm itself is what keeps the signal, whatever its shell does.
            yield Managed(step, _shell(command, node.location), cwd, (), OnSigterm.UNKNOWN)


def _make(step: Step, words: tuple[Word, ...], here: Here, around: Surroundings) -> Iterator[Managed]:
    folder = _value(words, "-C", "--directory")
    cwd = absolute(folder, here.cwd) if folder else here.cwd
    named = _value(words, "-f", "--file", "--makefile")
    names = (named,) if named else ("GNUmakefile", "makefile", "Makefile")
    file = next((found for one in names if (found := _read(one, replace(here, cwd=cwd), around))), None)
    targets = [
        one for one in _plain(words[1:], "-C", "--directory", "-f", "--file", "--makefile", "-j") if "=" not in one
    ]
    if file is None or len(targets) > 1:
        return
    makefile = parse_makefile(around.artifacts.source(file))
    lines = recipe_of(makefile, targets[0] if targets else "")
    given = dict(one.split("=", 1) for one in _plain(words[1:]) if "=" in one)
    variables = {"MAKE": "make", **makefile.variables, **given}
    for line in lines[-1:]:
        command = line.text
        for _ in range(_DEEPEST):
            command = _REFERENCE.sub(lambda found: variables.get(found[1], found[0]), command)[:_LONGEST]
        # GNU make starts a plain command itself, and anything else with a shell (measured).
        split = _split(command, line.location) if _SPECIAL.search(command) is None else None
        split = None if split and split[0].text in _BUILTINS else split
        yield Managed(step, split or _shell(command, line.location), cwd)
