"""gunicorn's settings for one process: the command line, then GUNICORN_CMD_ARGS, then the configuration file."""

from __future__ import annotations

import re
import shlex

from msgspec import Struct
from msgspec.structs import replace

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.location import Location
from k8slint.models.python import Assignment, PythonFile
from k8slint.workload.options import argument, given_words
from k8slint.workload.process import Entry, Process, Word
from k8slint.workload.values import Lookup, value
from k8slint.workload.workload import Workload


class GunicornSettings(Struct, frozen=True):
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
        return self._of_file(name)

    def words(self, name: str, *options: str) -> Fact[tuple[Word, ...]]:
        """All values of a setting that takes several, such as ``bind``; absent where nothing sets it.

        A word that a shell fills in has no text, only what is written.
        """
        for entry in self.entries:
            given = given_words(entry, options)
            if not given.is_absent:
                return given
        found = self._of_file(name)
        if not found.is_known:
            return unknown(found.reason) if found.is_unknown else absent()
        values = found.value if isinstance(found.value, list) else [found.value]
        at = found.places[-1].location
        return known(tuple(Word(str(one), at, str(one)) for one in values if one is not None), *found.places)

    def flag(self, name: str, option: str) -> Fact[bool]:
        """A setting that an option turns on."""
        if any(word.text == option for entry in self.entries for word in entry.words):
            return known(True)
        found = self.get(name)
        return known(bool(found.value)) if found.is_known else Fact(found.state, None, (), found.reason)

    def _of_file(self, name: str) -> Fact[object]:
        if self.is_open:
            return unknown("GUNICORN_CMD_ARGS or a configuration file may set it")
        assignment = self._assignment(name)
        if self.file is None or not assignment.is_known:
            return unknown(assignment.reason) if assignment.is_unknown else absent()
        found = value(self.file, assignment.value.value, "", self.variable)
        own = Place(assignment.value.location, name)
        return known(found.value, *found.places, own) if found.is_known else unknown(found.reason)

    def _assignment(self, name: str) -> Fact[Assignment]:
        if self.file is None:
            return absent()
        found = [one for one in self.file.assignments if one.target == name and not one.scope]
        if not found:
            may_set = _imports(self.file, name) or _mentions(self.file, name)
            return unknown("the configuration file takes it from elsewhere") if may_set else absent()
        if len(found) > 1 or found[0].location.column > 1:
            return unknown("the configuration file sets it in more than one way")
        return known(found[0])


def gunicorn_settings(workload: Workload, process: Process) -> GunicornSettings:
    """The settings of a process whose server is gunicorn."""

    def variable(name: str) -> Fact[str]:
        return workload.environment.get(name, process)

    arguments = variable("GUNICORN_CMD_ARGS")
    own = process.entry
    more = replace(own, words=_split(arguments, own.location))
    file = workload.settings(process)
    is_named = own.option("-c", "--config") is not None
    if not is_named and more.option("-c", "--config") is not None:
        is_named, file = True, None  # What was found is the default, which is not read then.
    is_open = arguments.is_unknown or (file is None and (is_named or workload.stage is None))
    return GunicornSettings((own, more), file, is_open, variable)


def _split(arguments: Fact[str], otherwise: Location) -> tuple[Word, ...]:
    at = arguments.places[0].location if arguments.places else otherwise
    try:
        words = shlex.split(arguments.or_else(""))
    except ValueError:
        words = ["-c", "?"]  # What cannot be taken apart may be anything.
    return tuple(Word(word, at, word) for word in ("", *words))


def _imports(file: PythonFile, name: str) -> bool:
    return any(bound == "*" or (alias or bound) == name for one in file.imports for bound, alias in one.names)


def _mentions(file: PythonFile, name: str) -> bool:
    """Whether a line that is no comment may set a name: ``bind, workers = ...``, ``globals()["workers"] = 4``."""
    pattern = rf"""^[^#\n]*\b{name}\b(?:["']\]?)?\s*(?:[,:]|[-+*/|]{{0,2}}=)"""
    return re.search(pattern, file.source.text, re.MULTILINE) is not None
