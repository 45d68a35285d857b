"""Words of a Dockerfile and the expansion of ``$NAME`` in them, as BuildKit does it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from k8slint.fact import Fact, absent, known, unknown
from k8slint.regex import regex

PLATFORM_ARGUMENTS = frozenset(
    f"{side}{part}" for side in ("BUILD", "TARGET") for part in ("PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT")
)
"""The arguments that the builder sets itself (https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope)."""

MOST_PLACES = 4
"""A fact names so many places at most: a chain of variables can be long."""

_LONGEST = 1024
_LONGEST_HEREDOC = 65536
_DEEPEST = 20
_TEMPLATE = regex(r"%%\w+%%|\{\{|\}\}|\{%|<%|@\w+@")
_WORDS = {
    "\\": regex(r"""(?:[^\s"'\\]|\\(?:.|$)|"(?:[^"\\]|\\.)*(?:"|\\?$)|'[^']*(?:'|$))+""", re.DOTALL),
    "`": regex(r"""(?:[^\s"'`]|`(?:.|$)|"(?:[^"`]|`.)*(?:"|`?$)|'[^']*(?:'|$))+""", re.DOTALL),
}
_SPECIAL = regex(r"[\"'$\\`]")
_PLAIN = regex(r"[^\"'$}\\`]+")
_NAME = regex(r"\d+|\w+|[@*#?$!-]")
_IN_HEREDOC = regex(r"\\(.)|\$\{[^{}\n]*\}|\$\w+", re.DOTALL)
_OPERATOR = regex(r"\}|:?[-+?]|[#%/]")


class Scope(Struct, frozen=True):
    """The variables at one place of the file; an absent one is declared without a value.

    ``is_open`` tells whether other variables may be set too: a base image can do that.
    """

    variables: Mapping[str, Fact[str]]
    is_open: bool
    escape: str

    def value(self, name: str) -> Fact[str]:
        found = self.variables.get(name)
        if found is not None:
            return found
        return unknown(f"{name} may come from the base image") if self.is_open else absent()


class Assignment(Struct, frozen=True):
    """``name=value`` of ENV or ARG as written (None: ``ARG name``), and where it stands in the instruction's value."""

    name: str
    value: str | None
    start: int
    end: int


def is_template(text: str) -> bool:
    """Whether ``text`` holds a placeholder that some tool fills in before the file is a Dockerfile."""
    return _TEMPLATE.search(text) is not None


def split_words(text: str, escape: str) -> Iterator[re.Match[str]]:
    """The words of an ENV or ARG, with their quotes."""
    return _WORDS[escape].finditer(text)


def assignments(keyword: str, text: str, escape: str) -> Iterator[Assignment]:
    """The variables that the value of an ENV or ARG sets; ``ENV name some text`` is the old form with one variable."""
    words = list(split_words(text, escape))
    if keyword == "ENV" and words and "=" not in words[0].group():
        parts = text.split(None, 1)
        if len(parts) == 2:
            yield Assignment(parts[0], parts[1], 0, len(text))
        return
    for word in words:
        name, equals, value = word.group().partition("=")
        if equals or keyword == "ARG":
            yield Assignment(name, value if equals else None, word.start(), word.end())


def expand(text: str, scope: Scope) -> Fact[str]:
    """``text`` with its variables replaced and its quotes removed; unknown where a part of it is.

    The places of a known result are those of the variables in it.
    """
    if is_template(text):
        return unknown("a template fills it in")
    if _SPECIAL.search(text) is None:
        return known(text)
    try:
        return _Expansion(text, scope).word("", 0)
    except _BadSubstitutionError as error:
        return unknown(str(error))


def fill_in(text: str, scope: Scope) -> str:
    """The content of a heredoc of COPY whose word has no quotes: variables that are known are replaced, the rest stays.

    Quotes mean nothing here, and the escape character is always the backslash.
    """
    if len(text) > _LONGEST_HEREDOC:
        return text
    return _IN_HEREDOC.sub(lambda found: found.group(1) or expand(found.group(), scope).or_else(found.group()), text)


class _BadSubstitutionError(Exception):
    """The text cannot be expanded; Docker refuses it too."""


class _Expansion:
    def __init__(self, text: str, scope: Scope) -> None:
        self.text = text
        self.scope = scope
        self.at = 0

    def word(self, stop: str, depth: int) -> Fact[str]:
        """Everything up to the character ``stop``, or to the end where that is empty."""
        if depth > _DEEPEST:
            raise _BadSubstitutionError("it is nested too deeply")
        parts: list[Fact[str]] = []
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == stop:
                self.at += 1
                return _joined(parts)
            if char == "'":
                parts.append(self._single_quoted())
            elif char == '"':
                parts.append(self._double_quoted(depth))
            elif char == "$":
                parts.append(self._variable(depth))
            elif char == self.scope.escape:
                parts.append(known(self.text[self.at + 1 : self.at + 2]))
                self.at += 2
            else:
                match = _PLAIN.match(self.text, self.at)
                self.at = match.end() if match else self.at + 1
                parts.append(known(match.group() if match else char))
        if stop:
            raise _BadSubstitutionError(f"a {stop} is missing")
        return _joined(parts)

    def _single_quoted(self) -> Fact[str]:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise _BadSubstitutionError("a quote is missing")
        inside = self.text[self.at + 1 : end]
        self.at = end + 1
        return known(inside)

    def _double_quoted(self, depth: int) -> Fact[str]:
        parts: list[Fact[str]] = []
        self.at += 1
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == '"':
                self.at += 1
                return _joined(parts)
            if char == "$":
                parts.append(self._variable(depth))
                continue
            following = self.text[self.at + 1 : self.at + 2]
            if char == self.scope.escape and following in ('"', "$", self.scope.escape):
                char = following
                self.at += 1
            match = _PLAIN.match(self.text, self.at + 1)
            parts.append(known(char + (match.group() if match else "")))
            self.at = match.end() if match else self.at + 1
        raise _BadSubstitutionError("a quote is missing")

    def _variable(self, depth: int) -> Fact[str]:
        self.at += 1
        is_braced = self.text.startswith("{", self.at)
        match = _NAME.match(self.text, self.at + is_braced)
        if match is None:
            if is_braced:
                raise _BadSubstitutionError("bad substitution")
            return known("$")
        self.at = match.end()
        name = match.group()
        value = self.scope.value(name)
        if not is_braced:
            return _required(name, value)
        operator = _OPERATOR.match(self.text, self.at)
        if operator is None:
            raise _BadSubstitutionError("bad substitution")
        self.at = operator.end()
        if operator.group() == "}":
            return _required(name, value)
        return _modified(name, value, operator.group(), self.word("}", depth + 1))


def _required(name: str, value: Fact[str]) -> Fact[str]:
    return unknown(f"{name} has no value in this file", *value.places) if value.is_absent else value


def _modified(name: str, value: Fact[str], operator: str, word: Fact[str]) -> Fact[str]:
    """``${name:-word}`` and its kin; a variable that only the command line of the build can set counts as unset."""
    if operator in "#%/":
        return unknown(f"a part of {name} is cut out")
    if value.is_unknown or operator.endswith("?"):
        return _required(name, value)
    is_set = value.is_known and not (operator.startswith(":") and not value.value)
    if operator.endswith("-"):
        return value if is_set else word
    return word if is_set else known("")


def _joined(parts: list[Fact[str]]) -> Fact[str]:
    for part in parts:
        if part.is_unknown:
            return part
    places = tuple(dict.fromkeys(place for part in parts for place in part.places))[:MOST_PLACES]
    if places and sum(len(part.value) for part in parts) > _LONGEST:
        return unknown(f"it is longer than {_LONGEST} characters")
    return known("".join(part.value for part in parts), *places)
