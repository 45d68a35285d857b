"""Servers' files of settings read as what they stand for: options of the command line."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from k8slint.location import Location
from k8slint.models.ini import parse_ini
from k8slint.models.source import Source
from k8slint.regex import regex
from k8slint.workload.process import Word
from k8slint.workload.shell_words import Variables
from k8slint.workload.wrappers import program_name

# uWSGI's own placeholders and magic variables, and lines that depend on something.
_FILLED_IN = regex(r"\$\(|%\(|%[a-zA-Z]|@\(")
_ENVIRONMENT = regex(r"\$\((\w+)\)")
_VARIABLE_PREFIX = "UWSGI_"
_CONDITIONAL = regex(r"(if|for|end)(-|$)")
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


def as_options(program: str, source: Source, variables: Variables) -> tuple[Word, ...] | None:
    """The settings of a file as options in the order written, None where there are none or they depend on something."""
    read = _uwsgi(source, variables) if program == "uwsgi" else _hypercorn(source)
    return tuple(read) if read else None


def variables_as_options(variables: Variables, place: Location) -> tuple[Word, ...]:
    """uWSGI takes ``UWSGI_PROCESSES=4`` for ``--processes 4``; ``UWSGI_INI`` names a file, which is not read here."""
    found: list[Word] = []
    for variable, value in variables.values.items():
        if variable.startswith(_VARIABLE_PREFIX):
            name = variable.removeprefix(_VARIABLE_PREFIX).lower().replace("_", "-")
            found.extend(_uwsgi_option(name, value, place, variable))
    return tuple(found)


def _uwsgi(source: Source, variables: Variables) -> list[Word] | None:
    found: list[Word] = []
    for section in parse_ini(source):
        if section.name != "uwsgi":
            continue
        for one in section.settings:
            name = one.name.replace("_", "-")
            if _CONDITIONAL.match(name):
                return None
            found.extend(_uwsgi_option(name, _value(one.value, variables), one.location, one.value))
    return found


def _uwsgi_option(name: str, value: str | None, place: Location, written: str) -> tuple[Word, ...]:
    lower = value.lower() if value is not None else ""
    is_flag = value is not None and (name in _FLAGS or lower in ("true", "false"))
    if is_flag and lower in _OFF:
        return ()
    flag = _word(f"--{name}", place)
    return (flag,) if is_flag and lower in _ON else (flag, Word(value, place, written))


def _value(written: str, variables: Variables) -> str | None:
    """A value with ``$(NAME)`` filled in from the environment; None where a part is not known."""

    def filled(found: re.Match[str]) -> str:
        value = variables.lookup(found[1])[1]
        return found[0] if value is None else value

    value = _ENVIRONMENT.sub(filled, written)
    return None if _FILLED_IN.search(value) else value


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
