"""Servers' files of settings read as what they stand for: options of the command line."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from k8slint.location import Location
from k8slint.models.ini import parse_ini
from k8slint.models.source import Source
from k8slint.workload.process import Word
from k8slint.workload.wrappers import program_name

# uWSGI's own placeholders and magic variables, and lines that depend on something.
_FILLED_IN = re.compile(r"\$\(|%\(|%[a-zA-Z]|@\(")
_CONDITIONAL = re.compile(r"(if|for|end)(-|$)")
_ON = ("true", "1", "yes", "on")
_OFF = ("false", "0", "no", "off", "")
# What uWSGI takes as a flag, so that "1" is no value of it.
_FLAGS = ("master", "die-on-term", "enable-threads", "lazy-apps", "lazy", "single-interpreter", "need-app", "vacuum")


def file_option(words: tuple[Word, ...]) -> tuple[int, int, str] | None:
    """Where a command line names its file of settings: from which word to which, and the file's name."""
    name = program_name(words[0]) if words else ""
    options = {"uwsgi": ("--ini",), "hypercorn": ("-c", "--config")}.get(name)
    for at, word in enumerate(words[1:] if options is not None else (), 1):
        written = word.text or ""
        if written in (options or ()) and at + 1 < len(words):
            return at, at + 2, words[at + 1].text or ""
        for option in options or ():
            if option.startswith("--") and written.startswith(f"{option}="):
                return at, at + 1, written[len(option) + 1 :]
        if name == "uwsgi" and written.endswith(".ini") and not (words[at - 1].text or "").startswith("-"):
            return at, at + 1, written
    return None


def as_options(program: str, source: Source) -> tuple[Word, ...] | None:
    """The settings of a file as options in the order written, None where they depend on something."""
    read = {"uwsgi": _uwsgi, "hypercorn": _hypercorn}[program](source)
    return tuple(read) if read is not None else None


def _uwsgi(source: Source) -> list[Word] | None:
    found: list[Word] = []
    for section in parse_ini(source):
        if section.name != "uwsgi":
            continue
        for one in section.settings:
            name = one.name.replace("_", "-")
            if _CONDITIONAL.match(name):
                return None
            lower = one.value.lower()
            is_flag = name in _FLAGS or lower in ("true", "false")
            if is_flag and lower in _OFF:
                continue
            found.append(_word(f"--{name}", one.location))
            if not (is_flag and lower in _ON):
                value = None if _FILLED_IN.search(one.value) else one.value
                found.append(Word(value, one.location, one.value))
    return found


def _hypercorn(source: Source) -> list[Word] | None:
    if not source.path.endswith(".toml"):
        return None  # A Python file, which is not read here.
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        data = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError:
        return None
    return [word for name, value in data.items() for word in _setting(name, value, source)]


def _setting(name: str, value: object, source: Source) -> Iterator[Word]:
    key = re.compile(rf"\s*[\"']?{re.escape(name)}[\"']?\s*=")
    line = next((at for at in range(1, source.line_count + 1) if key.match(source.line(at))), 1)
    place = source.line_span(line)
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, (str, int, float)) and not isinstance(one, bool):
            yield _word(f"--{name.replace('_', '-')}", place)
            yield _word(str(one), place)
        elif one is True:
            yield _word(f"--{name.replace('_', '-')}", place)


def _word(text: str, place: Location) -> Word:
    return Word(text, place, text)
