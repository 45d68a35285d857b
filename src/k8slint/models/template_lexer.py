"""The text of a Go template to literal text and actions, and an action's text to tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from k8slint.models.template_text import Text
from k8slint.regex import regex

_OPEN = regex(r"\{\{(-(?=\s))?")
_COMMENT = regex(r"\s*/\*.*?\*/\s*(?P<trim>(?<=\s)-)?\}\}", re.DOTALL)
_TOKEN = regex(
    r"(?P<space>\s+)"
    r"|(?P<string>\"(?:[^\"\\\n]|\\.)*\"|`[^`]*`)"
    r"|(?P<char>'(?:[^'\\\n]|\\.)+')"
    r"|(?P<number>[-+]?(?:0[xX][0-9a-fA-F_]+|\d[\d_]*(?:\.\d*)?(?:[eE][-+]?\d+)?))"
    r"|(?P<field>\.[A-Za-z_\w]+)"
    r"|(?P<variable>\$\w*)"
    r"|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<sign>:=|=|\||\(|\)|,|\.)"
)
_END = regex(r"(?P<trim>(?<=\s)-)?\}\}")


class TemplateError(Exception):
    """A template that cannot be read: why, and at which index of its text."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset


class Token(Struct, frozen=True):
    """``kind`` is "string", "char", "number", "field", "variable", "word" or "sign".

    ``spaced`` tells whether blanks stand before it.
    """

    kind: str
    text: str
    start: int
    end: int
    spaced: bool


class Action(Struct, frozen=True):
    """What stands between ``{{`` and ``}}``, from index ``start`` to ``end`` of the template."""

    tokens: tuple[Token, ...]
    start: int
    end: int


def segments(template: Text) -> Iterator[Text | Action]:
    """Literal texts, trimmed as the markers ``{{-`` and ``-}}`` say, and actions; comments are left out.

    Raises ``TemplateError`` for an action that is not closed or holds what is no token.
    """
    content = template.text
    at = 0
    trim = False
    while True:
        opened = _OPEN.search(content, at)
        end = opened.start() if opened is not None else len(content)
        start = end - len(content[at:end].lstrip()) if trim else at
        trims_before = opened is not None and opened.end() > opened.start() + 2
        stop = start + len(content[start:end].rstrip()) if trims_before else end
        if stop > start:
            yield template.slice(start, stop)
        if opened is None:
            return
        comment = _COMMENT.match(content, opened.end())
        if comment is not None:
            at, trim = comment.end(), comment["trim"] is not None
            continue
        tokens, at, trim = _tokens(content, opened.start(), opened.end())
        yield Action(tokens, opened.start(), at)


def _tokens(content: str, opened: int, at: int) -> tuple[tuple[Token, ...], int, bool]:
    """The tokens of an action up to its end, the index behind it, and whether it trims what follows."""
    found: list[Token] = []
    spaced = False
    while True:
        ended = _END.match(content, at)
        if ended is not None:
            return tuple(found), ended.end(), ended["trim"] is not None
        token = _TOKEN.match(content, at)
        if token is None:
            reason = "an action is not closed" if at >= len(content) else f"{content[at]!r} is not expected here"
            raise TemplateError(reason, min(at, len(content)) if at < len(content) else opened)
        kind = token.lastgroup or ""
        if kind != "space":
            found.append(Token(kind, token.group(), at, token.end(), spaced))
        spaced = kind == "space"
        at = token.end()
