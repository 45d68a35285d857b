"""The imports of a Python file, found without parsing it."""

from __future__ import annotations

import re
from bisect import bisect_right

from msgspec import Struct

from k8slint.models.python_facts import Import
from k8slint.models.python_text import STRING, WORD, lexed
from k8slint.models.source import Source
from k8slint.regex import regex

_MOST_JOINED = 50
_BLANK = r"(?:[ \t\f]|\\(?:\r\n|\n|\r))*"
_TOKEN = regex(rf"{_BLANK}(\w+|[.,()*])")
_IN_PARENTHESES = regex(r"(?:[ \t\f\n\r]|\\(?:\r\n|\n|\r)|#[^\n\r]*(?=[\n\r]|\Z))*(\w+|[.,()*])")
_HEADER = regex(
    r"(?:^|(?<=\r))([ \t\f]*)"
    r"(async[ \t]+def|async|def|class|if|elif|else|for|while|try|except|finally|with|match|case)\b[ \t]*"
    r"(?:(\(?[ \t]*(?:\w+\.)?TYPE_CHECKING\b[ \t]*\)?[ \t]*:)|(\w*))",
    re.MULTILINE,
)
_INDENT = regex(r"[ \t\f]*")
_LINE_END = regex(r"\r\n|\r|\n")


class _Statement(Struct, frozen=True):
    """One import statement: (module, alias) for ``import``; names and level for ``from``."""

    modules: tuple[tuple[str, str | None], ...]
    names: tuple[tuple[str, str | None], ...]
    level: int
    start: int
    end: int


def scan_imports(source: Source) -> tuple[Import, ...]:
    """Every import of the file, as the walk over the parsed tree would give them."""
    text = source.text
    last = text.rfind("import")
    if last < 0:
        return ()
    statements: list[_Statement] = []
    strings: list[tuple[int, int]] = []
    done = 0
    for kind, start, end in lexed(text):
        if start > last:
            break
        if kind == STRING:
            if "\n" in text[start:end]:
                strings.append((start, end))
        elif kind == WORD and start >= done:
            statement = _imported(text, start, end) if text[start] == "i" else _imported_from(text, start, end)
            if statement is not None:
                statements.append(statement)
                done = statement.end
    places = _places(text, statements, strings)
    return tuple(
        Import(module, statement.names, alias, statement.level, source.span(statement.start, statement.end), *place)
        for statement, place in zip(statements, places, strict=True)
        for module, alias in statement.modules
    )


class _Reader:
    """Reads one token after another; ``end`` is where the last one ended."""

    __slots__ = ("_pattern", "_text", "end")

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self._pattern = _TOKEN
        self.end = at

    def peek(self) -> str:
        match = self._pattern.match(self._text, self.end)
        return match.group(1) if match else ""

    def take(self) -> str:
        match = self._pattern.match(self._text, self.end)
        if match is None:
            return ""
        self.end = match.end()
        return match.group(1)

    def enter_parentheses(self) -> None:
        self._pattern = _IN_PARENTHESES

    def dotted(self) -> str:
        parts = [self.take()]
        while self.peek() == ".":
            self.take()
            parts.append(self.take())
        return ".".join(parts)

    def alias(self) -> str | None:
        if self.peek() != "as":
            return None
        self.take()
        return _normal(self.take())


def _imported(text: str, start: int, at: int) -> _Statement | None:
    reader = _Reader(text, at)
    modules = []
    while True:
        if not _is_name(reader.peek()):
            return None
        modules.append((_normal(reader.dotted()), reader.alias()))
        if reader.peek() != ",":
            return _Statement(tuple(modules), (), 0, start, reader.end)
        reader.take()


def _imported_from(text: str, start: int, at: int) -> _Statement | None:
    """A ``from`` import; None for ``raise ... from`` and ``yield from``."""
    reader = _Reader(text, at)
    level = 0
    while reader.peek() == ".":
        reader.take()
        level += 1
    module = "" if reader.peek() == "import" else reader.dotted()
    if reader.take() != "import":
        return None
    if reader.peek() == "(":
        reader.take()
        reader.enter_parentheses()
    names: list[tuple[str, str | None]] = []
    while _is_name(reader.peek()) or reader.peek() == "*":
        names.append((_normal(reader.take()), reader.alias()))
        if reader.peek() != ",":
            break
        reader.take()
    if reader.peek() == ")":
        reader.take()
    return _Statement(((_normal(module), None),), tuple(names), level, start, reader.end) if names else None


def _is_name(token: str) -> bool:
    return token.isidentifier()


def _normal(name: str) -> str:
    """Identifiers as the compiler compares them (PEP 3131)."""
    if name.isascii():
        return name
    import unicodedata  # rarely needed

    return unicodedata.normalize("NFKC", name)


def _places(text: str, statements: list[_Statement], strings: list[tuple[int, int]]) -> list[tuple[str, bool]]:
    """Scope and "only for the type checker" of each statement, from the headers that its indentation is under."""
    if all(_begins_line(text, statement.start) for statement in statements):
        return [("", False)] * len(statements)
    places: list[tuple[str, bool]] = []
    open_headers: list[tuple[int, str, bool]] = []
    headers = [header for header in _HEADER.finditer(text) if not _inside(strings, header.start(2))]
    line_starts = [0, *(line_end.end() for line_end in _LINE_END.finditer(text))]
    following = 0
    for statement in statements:
        line_start = _logical_line(text, line_starts, statement.start)
        while following < len(headers) and headers[following].start(2) < statement.start:
            header = headers[following]
            following += 1
            _close(open_headers, _width(header.group(1)))
            name = header.group(4) if header.group(2).endswith(("def", "class")) else ""
            is_typing = header.group(2) in ("if", "elif") and header.group(3) is not None
            open_headers.append((_width(header.group(1)), name, is_typing))
        if not (open_headers and headers[following - 1].start() >= line_start):
            indent = _INDENT.match(text, line_start)
            _close(open_headers, _width(indent.group()) if indent else 0)
        scope = ".".join(name for _, name, _ in open_headers if name)
        places.append((scope, any(is_typing for _, _, is_typing in open_headers)))
    return places


def _begins_line(text: str, offset: int) -> bool:
    """Whether a statement surely stands at the left margin."""
    before = text[max(0, offset - 3) : offset]
    return not before or (before[-1] in "\r\n" and "\\" not in before)


def _logical_line(text: str, line_starts: list[int], offset: int) -> int:
    """Where the line that ``offset`` is on begins, and before it those that a backslash joins to it."""
    number = bisect_right(line_starts, offset) - 1
    for _ in range(min(number, _MOST_JOINED)):
        before = text[line_starts[number - 1] : line_starts[number]].rstrip("\r\n")
        if not before.endswith("\\") or "#" in before:
            break
        number -= 1
    return line_starts[number]


def _close(headers: list[tuple[int, str, bool]], indent: int) -> None:
    while headers and headers[-1][0] >= indent:
        headers.pop()


def _width(indent: str) -> int:
    return len(indent.rpartition("\f")[2].expandtabs())


def _inside(spans: list[tuple[int, int]], offset: int) -> bool:
    at = bisect_right(spans, (offset, len(spans) and spans[-1][1])) - 1
    return at >= 0 and spans[at][0] <= offset < spans[at][1]
