"""A Go template to a tree of literal texts, actions and blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias, Union

from msgspec import Struct

from k8slint.models.template_expressions import DEEPEST, Constant, Expressions, Function, Pipeline, literal
from k8slint.models.template_lexer import Action, TemplateError, Token, segments
from k8slint.models.template_text import Text


class Print(Struct, frozen=True):
    """An action that prints a value; ``source`` is its own text."""

    pipeline: Pipeline
    source: Text


class Choice(Struct, frozen=True):
    """``if`` or ``with`` (``binds``): the body under its condition, else ``otherwise``."""

    pipeline: Pipeline
    body: tuple[Part, ...]
    otherwise: tuple[Part, ...]
    binds: bool


class Loop(Struct, frozen=True):
    """``range``."""

    pipeline: Pipeline
    body: tuple[Part, ...]
    otherwise: tuple[Part, ...]


class Leave(Struct, frozen=True):
    """``break`` or ``continue``."""

    ends_loop: bool


Part: TypeAlias = Union[Text, Print, Choice, Loop, Leave]  # noqa: UP007  # recursive, for 3.10


class Template(Struct, frozen=True):
    """The parts of a template, and the named templates that it defines."""

    parts: tuple[Part, ...]
    defines: dict[str, tuple[Part, ...]]


def parse_template(text: Text) -> Template:
    """The tree of a template. Raises ``TemplateError`` with the index of what is wrong."""
    parser = _Parser(text)
    parts, _ = parser.body(0, ())
    return Template(parts, parser.defines)


class _Parser:
    def __init__(self, text: Text) -> None:
        self._text = text
        self._segments: Iterator[Text | Action] = segments(text)
        self.defines: dict[str, tuple[Part, ...]] = {}

    def body(self, depth: int, enders: tuple[str, ...]) -> tuple[tuple[Part, ...], Action | None]:
        """The parts up to one of the words ``enders``, and the action that it stands in."""
        if depth > DEEPEST:
            raise TemplateError(f"blocks are nested more than {DEEPEST} deep", 0)
        parts: list[Part] = []
        for segment in self._segments:
            if isinstance(segment, Text):
                parts.append(segment)
                continue
            word = segment.tokens[0].text if segment.tokens and segment.tokens[0].kind == "word" else ""
            if word in ("end", "else"):
                if word not in enders:
                    raise TemplateError(f"{word} has nothing to close", segment.start)
                return tuple(parts), segment
            parts.extend(self._action(segment, word, depth))
        if enders:
            raise TemplateError("a block is not closed by {{ end }}", max(0, len(self._text.text) - 1))
        return tuple(parts), None

    def _action(self, action: Action, word: str, depth: int) -> Iterator[Part]:
        rest = action.tokens[1:]
        if word in ("if", "with", "range"):
            yield self._block(action, word, rest, depth)
        elif word in ("define", "block"):
            if not rest or rest[0].kind != "string":
                raise TemplateError(f"{word} has no name", action.start)
            name = str(literal(rest[0]))
            body, _ = self.body(depth + 1, ("end",))
            self.defines.setdefault(name, body)
            if word == "block":
                yield self._include(action, rest)
        elif word == "template":
            yield self._include(action, rest)
        elif word in ("break", "continue") and not rest:
            yield Leave(word == "break")
        elif action.tokens:
            pipeline = self._pipeline(action.tokens, action)
            yield Print(pipeline, self._text.slice(action.start, action.end))

    def _include(self, action: Action, rest: tuple[Token, ...]) -> Print:
        """``template`` and ``block`` print a named template, as ``include`` gives it."""
        pipeline = self._pipeline(rest, action)
        if len(pipeline.commands) == 1 and len(pipeline.commands[0]) == 1:
            pipeline = Pipeline(((*pipeline.commands[0], Constant(None)),), pipeline.written)
        name, *arguments = pipeline.commands[0]
        commands = ((Function("include"), name, *arguments), *pipeline.commands[1:])
        return Print(Pipeline(commands, f"include {pipeline.written}"), self._text.slice(action.start, action.end))

    def _block(self, action: Action, word: str, tokens: tuple[Token, ...], depth: int) -> Part:
        pipeline = self._pipeline(tokens, action)
        body, ended = self.body(depth + 1, ("end", "else"))
        otherwise: tuple[Part, ...] = ()
        if ended is not None and ended.tokens[0].text == "else":
            rest = ended.tokens[1:]
            if rest and rest[0].text in ("if", "with"):
                otherwise = (self._block(ended, rest[0].text, rest[1:], depth + 1),)
            else:
                otherwise, _ = self.body(depth + 1, ("end",))
        if word == "range":
            return Loop(pipeline, body, otherwise)
        return Choice(pipeline, body, otherwise, word == "with")

    def _pipeline(self, tokens: tuple[Token, ...], action: Action) -> Pipeline:
        if not tokens:
            raise TemplateError("a value is missing", action.start)
        found, rest = Expressions(self._text.text, tokens).pipeline(0, 0)
        if rest < len(tokens):
            raise TemplateError(f"{tokens[rest].text!r} is not expected here", tokens[rest].start)
        return found
