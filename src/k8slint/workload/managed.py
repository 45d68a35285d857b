"""What the programs start whose command lines stand in a file: supervisord, honcho, npm, make."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from k8slint.location import Location
from k8slint.models.ini import Section, parse_ini
from k8slint.models.makefile import parse_makefile
from k8slint.models.procfile import parse_procfile
from k8slint.models.yaml import YamlMapping, load_documents, text
from k8slint.workload.entries import Here, Surroundings, file_of
from k8slint.workload.image_files import absolute, files_in_folder
from k8slint.workload.process import OnSigterm, Step, Word
from k8slint.workload.wrappers import program_name

_MOST = 16
# Where supervisord looks without -c: https://supervisord.org/configuration.html#configuration-file
_SUPERVISORD = ("supervisord.conf", "etc/supervisord.conf", "/etc/supervisord.conf", "/etc/supervisor/supervisord.conf")
_SPECIAL = re.compile(r"[$`|&;<>()*?\[\]{}~!#\\\"'=]")
_REFERENCE = re.compile(r"\$\{(\w+)\}")
_ASSIGNED = re.compile(r"""([A-Za-z_]\w*)=(?:"([^"]*)"|'([^']*)'|([^,"']*))""")


@dataclass(frozen=True, slots=True)
class Managed:
    """One program that a manager starts: its command line, where, and with which variables.

    ``step`` is the manager itself. ``group`` tells that it signals the whole process group and waits for all of it;
    with stopasgroup supervisord signals it too, but leaves as soon as the shell is gone (measured).
    """

    step: Step
    words: tuple[Word, ...]
    cwd: str
    exports: tuple[tuple[str, str | None], ...] = ()
    group: bool = False


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
    return tuple(Word(None if "%(" in part else part, place, part) for part in parts)


def _read(path: str, here: Here, around: Surroundings) -> str | None:
    word = Word(path if "/" in path else f"./{path}", Location("", 1, 1, 1, 1), path)
    return file_of(word, here.cwd, around)


def _supervisord(step: Step, words: tuple[Word, ...], here: Here, around: Surroundings) -> Iterator[Managed]:
    named = _value(words, "-c", "--configuration")
    candidates = (named,) if named is not None else _SUPERVISORD
    file = next((found for one in candidates if (found := _read(one, here, around)) is not None), None)
    sections = parse_ini(around.artifacts.source(file)) if file is not None else ()
    if named is None and file is None and around.image is not None:
        # Debian's package brings this file, which includes the folder.
        sections = (*sections, *_included(("/etc/supervisor/conf.d/*.conf",), around))
    for one in tuple(sections):
        if one.name == "include" and around.image is not None:
            folder = posixpath.dirname(absolute(named or _SUPERVISORD[-1], here.cwd))
            patterns = tuple(absolute(pattern, folder) for pattern in one.text("files").split())
            sections = (*sections, *_included(patterns, around))
    common = next((one for one in sections if one.name == "supervisord"), None)
    for one in sections:
        if one.name.startswith("program:") and one.text("autostart", "true").lower() not in ("false", "0", "no", "off"):
            program = _program(step, one, common, here)
            if program is not None:
                yield program


def _included(patterns: tuple[str, ...], around: Surroundings) -> Iterator[Section]:
    for pattern in patterns:
        folder, name = posixpath.split(pattern)
        for path, file in files_in_folder(around.image, folder) if around.image is not None else ():
            if fnmatchcase(posixpath.basename(path), name):
                yield from parse_ini(around.artifacts.source(file))


def _program(step: Step, section: Section, common: Section | None, here: Here) -> Managed | None:
    command = section.get("command")
    words = _split(command.value, command.location) if command is not None else None
    if command is None or not words:
        return None
    settings = [one for one in (common, section) if one is not None]
    exports: list[tuple[str, str | None]] = []
    for one in settings:
        for name, *values in _ASSIGNED.findall(one.text("environment")):
            value = next((text for text in values if text), "")
            exports.append((name, None if "%(" in value else value))
    user = section.text("user") or (common.text("user") if common is not None else "")
    signal = section.text("stopsignal", "TERM").upper().removeprefix("SIG")
    on_sigterm = OnSigterm.FORWARDS if signal == "TERM" else OnSigterm.UNKNOWN
    own = replace(step, user=user.split(":", 1)[0] or None, on_sigterm=on_sigterm, start=command.location)
    directory = section.text("directory")
    cwd = absolute(directory, here.cwd) if directory else here.cwd
    return Managed(own, words, cwd, tuple(exports))


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
            yield Managed(replace(step, start=one.location), _shell(one.command, one.location), cwd, group=True)


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
            yield Managed(replace(step, start=node.location), _shell(command, node.location), cwd)


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
    wanted = targets[0] if targets else next((one.target for one in makefile.recipes if one.target), "")
    lines = [one for one in makefile.recipes if one.target == wanted]
    for line in lines[-1:]:
        command = _REFERENCE.sub(lambda found: makefile.variables.get(found[1], found[0]), line.text)
        # GNU make starts a plain command itself, and anything else with a shell (measured).
        split = _split(command, line.location) if _SPECIAL.search(command) is None else None
        yield Managed(replace(step, start=line.location), split or _shell(command, line.location), cwd)
