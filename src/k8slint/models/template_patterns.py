"""The functions of Helm charts that search with regular expressions: the plain ones that names are cleaned with."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping as ReadOnly

from k8slint.models.template_numbers import Arguments, FunctionError, text_of, word
from k8slint.models.template_text import plain
from k8slint.models.template_values import Value
from k8slint.regex import regex

# Python tries all ways in which a pattern may fit: what bounds them are short texts and few repetitions.
_LONGEST_TEXT = 24
_LONGEST_PATTERN = 60
_MOST_REPETITIONS = 3
# What means the same in Go and in Python.
_SHARED = regex(r"(?:[\w\-\[\]^().?+*$ /:@]|\\[dwsDWS.\-/])+")
_REPEATED_GROUP = regex(r"\(([^()]*)\)[+*]")


def _compiled(written: str) -> re.Pattern[str]:
    """A pattern that is quick on short texts. Raises ``FunctionError`` for all others."""
    groups = _REPEATED_GROUP.findall(written)
    is_quick = (
        len(written) <= _LONGEST_PATTERN
        and _SHARED.fullmatch(written) is not None
        and "(?" not in written
        and "[:" not in written
        and len(re.findall(r"[+*]", written)) <= (1 if groups else _MOST_REPETITIONS)
        and len(groups) <= 1
        and not any(re.search(r"[+*]|\?.*\?", inner) for inner in groups)
        and not re.search(r"\)\)|\?\?|\*\?|\+\?", written)
        and len(re.findall(r"\?", written)) <= _MOST_REPETITIONS
    )
    if not is_quick:
        raise FunctionError("the pattern may take long")
    try:
        return re.compile(written, re.ASCII)
    except re.error as error:
        raise FunctionError("it is no pattern") from error


def _searched(text: Value) -> str:
    found = text_of(text)
    if len(found.text) > _LONGEST_TEXT:
        raise FunctionError("the text is long")
    return found.text


def _replace_all(given: Arguments) -> Value:
    pattern, text, by = _compiled(word(given[0])), _searched(given[1]), word(given[2])
    if "$" in by:
        raise FunctionError("groups are put in")
    changed = pattern.sub(lambda _: by, text)
    return given[1] if changed == text else Value(plain(changed, given[1].place), given[1].place, given[1].key)


def _matches(given: Arguments) -> Value:
    return Value(_compiled(word(given[0])).search(_searched(given[1])) is not None)


PATTERNS: ReadOnly[str, Callable[[Arguments], Value]] = {
    "regexReplaceAll": _replace_all,
    "regexReplaceAllLiteral": _replace_all,
    "regexMatch": _matches,
}
