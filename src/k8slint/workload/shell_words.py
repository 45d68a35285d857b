"""Words of a shell command expanded with the variables and parameters that are known."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from msgspec import Struct

from k8slint.models import shell
from k8slint.regex import regex
from k8slint.workload.process import Word

_EXPANSION = regex(
    r"\$(?:(?P<plain>[A-Za-z_]\w*|[0-9@*#?!$-])"
    r"|\{(?P<name>[A-Za-z_]\w*|[0-9]+|[@*#])(?P<rest>[^{}]*)\})"
)
# "$(dirname "$0")", and the same as an absolute path: "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)".
_SELF = r"(?:0|\{0\}|BASH_SOURCE|\{BASH_SOURCE(?:\[0\])?\})"
_DIRNAME = rf"""(?:\$\(\s*dirname (?:-- )?["']?\${_SELF}["']?\s*\)|`dirname "?\$0"?`)"""
_FOLDER = regex(
    rf"""\$\(\s*cd (?:-P )?(?:-- )?"?{_DIRNAME}"?\s*(?:>\s*/dev/null\s*(?:2>&1\s*)?)?&& pwd(?: -P)?\s*\)|{_DIRNAME}"""
)
_LONGEST = 1000
# A default that is quoted as a whole: ${HOST:-"0.0.0.0"}.
_QUOTED = regex(r"""^(?:"([^"]*)"|'([^'$]*)')$""")
_LONGEST_TEXT = 65536
_MOST_WORDS = 1000
_ALL_PARAMETERS = regex(r"^\$(?:[@*]|\{[@*](?::(?P<from>[1-9]))?\})$")


class Variables(Struct, frozen=True):
    """What is known of a shell's environment.

    ``values`` maps a name to its value, None where it is set to something unknown. A name that is not there is unset
    where ``closed`` is true, else unknown. ``parameters`` are ``$1`` and on, None where they are unknown.
    """

    values: Mapping[str, str | None]
    closed: bool
    parameters: tuple[Word, ...] | None

    def lookup(self, name: str) -> tuple[bool, str | None]:
        """Whether it is known what ``name`` holds, and its value (None: unset)."""
        if name.isdigit():
            if self.parameters is None:
                return False, None
            index = int(name)
            if index == 0:
                return "0" in self.values, self.values.get("0")
            if index > len(self.parameters):
                return True, None
            text = self.parameters[index - 1].text
            return text is not None, text
        if name in self.values:
            return self.values[name] is not None, self.values[name]
        return self.closed, None

    def having(self, name: str, value: str | None) -> Variables:
        return Variables({**self.values, name: value}, self.closed, self.parameters)


def expand_all(words: Iterable[shell.Word], variables: Variables) -> tuple[Word, ...]:
    """The words of a whole command. Of very many (``set -- "$@" "$@"`` doubles them) the rest are one unknown word."""
    found: list[Word] = []
    for word in words:
        found.extend(expand(word, variables))
        if len(found) > _MOST_WORDS:
            return (*found[:_MOST_WORDS], Word(None, word.location, word.text))
    return tuple(found)


def expand(word: shell.Word, variables: Variables) -> tuple[Word, ...]:
    """The words that one written word becomes; a word that cannot be told has the text None."""
    if word.literal is not None:
        return (Word(word.literal, word.location, word.text),)
    every = _ALL_PARAMETERS.match(word.template)
    if every is not None:
        if variables.parameters is None:
            return (Word(None, word.location, word.text),)
        start = int(every.group("from") or 1)
        return variables.parameters[start - 1 :]
    text = _with_folder(word, variables)
    if text is None:
        return (Word(None, word.location, word.text, word.substitutions),)
    if not text and not word.quoted:
        return ()
    parts = text.split() if not word.quoted and _EXPANSION.fullmatch(word.template) else [text]
    return tuple(Word(part, word.location, word.text) for part in parts)


def _with_folder(word: shell.Word, variables: Variables) -> str | None:
    """The text of a word whose only substitutions ask for the script's own folder."""
    template = word.template
    if word.substitutions:
        is_known, path = variables.lookup("0")
        if not is_known or path is None:
            return None
        folder = posixpath.dirname(path) or "."
        template = _FOLDER.sub(lambda _: folder, template)
    return None if "$(" in template or "`" in template else expand_text(template, variables)


def expand_text(template: str, variables: Variables) -> str | None:
    """A template with its variables replaced, None where one of them is unknown or the text gets too long."""
    unknown = False
    length = len(template)

    def replace(match: re.Match[str]) -> str:
        nonlocal unknown, length
        value = None if unknown else _expansion(match, variables)
        length += len(value or "")
        if value is None or length > _LONGEST_TEXT:
            unknown = True
            return ""
        return value

    text = _EXPANSION.sub(replace, template)
    return None if unknown or "$(" in text or "`" in text or "${" in text else text


def assigned_value(word: shell.Word, variables: Variables) -> str | None:
    """The value that an assignment of ``word`` gives, which is not split; None where it is not known."""
    if word.literal is not None:
        return word.literal
    return None if word.template.startswith("(") else _with_folder(word, variables)


def assign_defaults(word: shell.Word, variables: Variables) -> Variables:
    """``variables`` after ``${name:=default}`` in a word."""
    if word.literal is not None:
        return variables
    for match in _EXPANSION.finditer(word.template):
        name, rest = match.group("name"), match.group("rest") or ""
        if name is None or not rest.startswith((":=", "=")):
            continue
        is_known, value = variables.lookup(name)
        if is_known and (value is None or (not value and rest.startswith(":"))):
            variables = variables.having(name, expand_text(rest.lstrip(":")[1:], variables))
    return variables


def _expansion(match: re.Match[str], variables: Variables) -> str | None:
    name = match.group("plain") or match.group("name")
    rest = match.group("rest") or ""
    if name in ("@", "*") and rest:
        return None
    if name in ("@", "*"):
        if variables.parameters is None or any(word.text is None for word in variables.parameters):
            return None
        return " ".join(word.text or "" for word in variables.parameters)
    if name == "#":
        return None if variables.parameters is None else str(len(variables.parameters))
    if name in ("?", "!", "$", "-"):
        return None
    is_known, value = variables.lookup(name)
    if not rest:
        return (value or "") if is_known else None
    default = re.match(r"^:?[-=](.*)$", rest, re.DOTALL)
    if default is not None:
        if not is_known:
            return None
        is_set = value is not None and (bool(value) or not rest.startswith(":"))
        return value if is_set else expand_text(_QUOTED.sub(r"\1\2", default.group(1)), variables)
    alternative = re.match(r"^:?\+(.*)$", rest, re.DOTALL)
    if alternative is not None and is_known:
        return expand_text(alternative.group(1), variables) if value else ""
    if not is_known:
        return None
    return value if rest.startswith((":?", "?")) else _changed(value or "", rest)


def _changed(value: str, operation: str) -> str | None:
    """``${name#pattern}``, ``${name%pattern}``, ``${name:from:length}`` and ``${name,,}``."""
    part = re.fullmatch(r":(\d{1,4})(?::(\d{1,4}))?", operation)
    if part is not None:
        start = int(part.group(1))
        return value[start:] if part.group(2) is None else value[start : start + int(part.group(2))]
    if operation in (",,", "^^"):
        return value.lower() if operation == ",," else value.upper()
    pattern = operation.lstrip("#%")
    sign = operation[: len(operation) - len(pattern)]
    if sign not in ("#", "##", "%", "%%") or re.search(r"[$`\\'\"]", pattern) or len(value) > _LONGEST:
        return None
    ends = range(len(value) + 1) if sign in ("#", "%%") else range(len(value), -1, -1)
    if sign[0] == "#":
        return next((value[end:] for end in ends if fnmatchcase(value[:end], pattern)), value)
    return next((value[:end] for end in ends if fnmatchcase(value[end:], pattern)), value)


def test(words: tuple[Word, ...]) -> bool | None:
    """What ``[ ... ]``, ``[[ ... ]]`` or ``test ...`` says, None where that is not known."""
    texts = [word.text for word in words]
    if not texts:
        return None
    inner = texts[1:]
    if texts[0] in ("[", "[[") and inner and inner[-1] in ("]", "]]"):
        inner = inner[:-1]
    negated = bool(inner) and inner[0] == "!"
    if negated:
        inner = inner[1:]
    is_pattern = texts[0] == "[[" and len(inner) == 3 and re.fullmatch(r"\".*\"|'.*'", words[-2].written) is None
    result = _matches(inner) if is_pattern and inner[1] in ("=", "==", "!=") else _test(inner)
    return result if result is None or not negated else not result


def _matches(parts: list[str | None]) -> bool | None:
    """Inside ``[[ ]]`` the right side of a comparison is a pattern unless it is quoted."""
    subject, operator, pattern = parts
    if subject is None or pattern is None:
        return None
    return fnmatchcase(subject, pattern) == (operator != "!=")


def _test(parts: list[str | None]) -> bool | None:
    if len(parts) == 1:
        return None if parts[0] is None else bool(parts[0])
    if len(parts) == 2 and parts[0] in ("-z", "-n"):
        if parts[1] is None:
            return None
        return (parts[1] == "") == (parts[0] == "-z")
    if len(parts) == 1 or len(parts) != 3 or parts[0] is None or parts[2] is None:
        return None
    if parts[1] in ("=", "=="):
        return parts[0] == parts[2]
    if parts[1] == "!=":
        return parts[0] != parts[2]
    if parts[1] in ("-eq", "-ne", "-gt", "-lt", "-ge", "-le") and parts[0].isdigit() and parts[2].isdigit():
        left, right = int(parts[0]), int(parts[2])
        return {
            "-eq": left == right,
            "-ne": left != right,
            "-gt": left > right,
            "-lt": left < right,
            "-ge": left >= right,
            "-le": left <= right,
        }[parts[1]]
    return None
