"""What the options of a command line come to, where a shell may fill in words that cannot be told."""

from __future__ import annotations

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.regex import regex
from k8slint.workload.process import Entry, Word
from k8slint.workload.values import Lookup

_VARIABLE = regex(r"\$\{?([A-Za-z_]\w*)")


def given_words(entry: Entry, options: tuple[str, ...]) -> Fact[tuple[Word, ...]]:
    """The value words of an option, in the order given; unknown where a word that cannot be told may be the option.

    What stands behind the option may be one more of it, or end it: that is left aside.
    """
    words = tuple(entry.options(*options))
    if words:
        return known(words)
    return unknown("a part of the command line is not known") if entry.may_have_more_options() else absent()


def argument(entry: Entry, options: tuple[str, ...], variable: Lookup) -> Fact[object]:
    """The value of an option, the last where it is given twice.

    Its places are those of the variable it is taken from, then its own. Unknown where a word behind it may be the same
    option again.
    """
    words = tuple(entry.options(*options))
    if not words:
        return unknown("part of the command line is not known") if entry.may_have_more_options() else absent()
    word = words[-1]
    at = next(index for index, one in enumerate(entry.words) if one.location == word.location)
    if entry.may_have_more_options(at):
        return unknown("part of the command line is not known")
    if word.text is None:
        return unknown("the value on the command line is not known")
    name = _VARIABLE.search(word.written)
    places = variable(name.group(1)).places if name is not None else ()
    return known(word.text, *places, Place(word.location, options[-1]))
