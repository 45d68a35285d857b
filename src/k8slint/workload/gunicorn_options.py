"""gunicorn's settings for a process: command line over GUNICORN_CMD_ARGS over the configuration file."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from k8slint.fact import Fact, absent, known, unknown
from k8slint.location import Location
from k8slint.workload.evaluate import value_of
from k8slint.workload.process import Entry, Process, Word
from k8slint.workload.workload import Workload


@dataclass(frozen=True, slots=True)
class Setting:
    """The values of one setting, in the order given, and where they are written; None where no line can be named.

    A value that a shell fills in is as written, with its ``$``.
    """

    values: tuple[str, ...]
    location: Location | None


def gunicorn_setting(workload: Workload, process: Process, setting: str, *flags: str) -> Fact[Setting]:
    """The value of ``setting``, which ``flags`` set on the command line; absent where gunicorn's default counts."""
    entry = process.entry
    given = list(option_words(entry, *flags))
    if given:
        values = (word.text if word.text is not None else word.written.strip('"') for word in given)
        return known(Setting(tuple(values), given[0].location))
    if takes_more_options(entry):
        return unknown("a variable on the command line may hold more options")
    arguments = workload.environment.get("GUNICORN_CMD_ARGS", process)
    if arguments.is_unknown:
        return unknown(arguments.reason)
    if arguments.is_known:
        location = arguments.places[0].location if arguments.places else entry.location
        words = tuple(
            Word(text, location, text) for text in shlex.split(arguments.value.replace("'", "").replace('"', ""))
        )
        named = list(option_words(Entry("", entry.language, words, location, absent()), *flags))
        if named:
            return known(Setting(tuple(word.text or "" for word in named), location))
    return _from_file(workload, process, setting)


def _from_file(workload: Workload, process: Process, setting: str) -> Fact[Setting]:
    file = workload.settings(process)
    if file is None:
        if process.entry.option("-c", "--config") is not None:
            return unknown("gunicorn's configuration file is not in the repository")
        return absent() if workload.stage is not None else unknown("the image is not built in this repository")
    if not file.full:
        return absent() if setting not in file.source.text else unknown(f"{file.path} was not read in full")
    written = [one for one in file.assignments if one.target == setting and not one.scope]
    if not written:
        return (
            absent()
            if setting not in file.source.text and "import *" not in file.source.text
            else unknown(f"{file.path} sets {setting} in a way that cannot be read")
        )
    if len(written) > 1:
        return unknown(f"{file.path} sets {setting} more than once")
    value = value_of(file, written[0].value, "", lambda name: workload.environment.get(name, process))
    if not value.is_known:
        return unknown(value.reason)
    values = value.value if isinstance(value.value, list) else [value.value]
    return known(Setting(tuple(str(one) for one in values if one is not None), written[0].location))


def option_words(entry: Entry, *flags: str) -> Iterator[Word]:
    """The value words of every occurrence of an option."""
    for index in range(1, len(entry.words)):
        here = entry.words[index : index + 2]
        found = Entry(entry.name, entry.language, here, entry.location, entry.module).option(*flags)
        first = here[0].text if here[0].text is not None else here[0].written
        # Only what starts at this very word: the next one is looked at in its own turn.
        if found is not None and (
            first in flags or (found.location is here[0].location and first.startswith(tuple(flags)))
        ):
            yield found


def takes_more_options(entry: Entry) -> bool:
    """Whether a word that is not known may turn into further options, as ``$ARGS`` and ``"$@"`` do."""
    for before, word in zip(entry.words, entry.words[1:], strict=False):
        text = before.text if before.text is not None else before.written
        is_value = text.startswith("-") and "=" not in text
        if word.text is None and word.written.lstrip('"').startswith("$") and not is_value:
            return True
    return False
