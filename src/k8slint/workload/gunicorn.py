"""gunicorn's settings for one process: the command line, then GUNICORN_CMD_ARGS, then the configuration file."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.location import Location
from k8slint.models.python import Assignment, PythonFile
from k8slint.workload.process import Entry, Process, Word
from k8slint.workload.values import Lookup, value, variable_in, written_at
from k8slint.workload.workload import Workload


@dataclass(frozen=True, slots=True)
class GunicornSettings:
    """Where gunicorn takes its settings from, first to last.

    ``is_open`` tells that GUNICORN_CMD_ARGS or a configuration file may set anything and cannot be read.
    """

    entries: tuple[Entry, ...]
    file: PythonFile | None
    is_open: bool
    variable: Lookup

    def get(self, name: str, *options: str) -> Fact[object]:
        """A setting by its name in the configuration file and its options; its first place is the one to edit.

        Absent where nothing sets it.
        """
        for entry in self.entries:
            found = argument(entry, options, self.variable)
            if not found.is_absent:
                return found
        if self.is_open:
            return unknown("GUNICORN_CMD_ARGS or a configuration file may set it")
        assignment = self._assignment(name)
        if self.file is None or not assignment.is_known:
            return unknown(assignment.reason) if assignment.is_unknown else absent()
        found = value(self.file, assignment.value.value, "", self.variable)
        own = Place(assignment.value.location, name)
        return known(found.value, *found.places, own) if found.is_known else unknown(found.reason)

    def flag(self, name: str, option: str) -> Fact[bool]:
        """A setting that an option turns on."""
        if any(word.text == option for entry in self.entries for word in entry.words):
            return known(True)
        found = self.get(name)
        return known(bool(found.value)) if found.is_known else Fact(found.state, None, (), found.reason)

    def _assignment(self, name: str) -> Fact[Assignment]:
        if self.file is None:
            return absent()
        found = [one for one in self.file.assignments if one.target == name and not one.scope]
        if not found:
            stars = any(("*", None) in one.names for one in self.file.imports)
            mentioned = re.search(rf"^[^#\n]*\b{name}\b\s*[,=:]", self.file.source.text, re.MULTILINE) is not None
            return unknown("the configuration file takes it from elsewhere") if stars or mentioned else absent()
        if len(found) > 1 or found[0].location.column > 1:
            return unknown("the configuration file sets it in more than one way")
        return known(found[0])


def gunicorn_settings(workload: Workload, process: Process) -> GunicornSettings:
    """The settings of a process whose server is gunicorn."""

    def variable(name: str) -> Fact[str]:
        return workload.environment.get(name, process)

    arguments = variable("GUNICORN_CMD_ARGS")
    entries = (process.entry, replace(process.entry, words=_split(arguments, process.entry.location)))
    file = workload.settings(process)
    named = any(entry.option("-c", "--config") is not None for entry in entries)
    is_open = arguments.is_unknown or (file is None and (named or workload.stage is None))
    return GunicornSettings(entries, file, is_open, variable)


def _split(arguments: Fact[str], otherwise: Location) -> tuple[Word, ...]:
    at = written_at(arguments, otherwise)
    try:
        words = shlex.split(arguments.or_else(""))
    except ValueError:
        words = ["-c"]  # What cannot be taken apart may be anything.
    return tuple(Word(word, at, word) for word in ("", *words))


def argument(entry: Entry, options: tuple[str, ...], variable: Lookup) -> Fact[object]:
    """The value of an option; its places are those of the variable it is taken from, then its own."""
    word = entry.option(*options) if options else None
    at = next((at for at, one in enumerate(entry.words) if word is not None and one.location == word.location), 0)
    if _may_hold_options(entry.words[at:]):
        return unknown("part of the command line is not known")
    if word is None:
        return absent()
    if word.text is None:
        return unknown("the value on the command line is not known")
    name = variable_in(word.written)
    places = variable(name).places if name is not None else ()
    return known(word.text, *places, Place(word.location, options[-1]))


def _may_hold_options(words: tuple[Word, ...]) -> bool:
    """Whether a word that is not known stands where options may: not right behind an option whose value it is."""
    before = "-"
    for word in words:
        written = word.text if word.text is not None else word.written
        if word.text is None and not before.startswith("-") and not (written.startswith("-") and "=" in written):
            return True
        before = written
    return False
