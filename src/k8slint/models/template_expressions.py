"""What stands in an action of a Go template, as a pipeline of commands."""

from __future__ import annotations

import ast
from typing import TypeAlias, Union

from msgspec import Struct

from k8slint.models.template_lexer import TemplateError, Token

DEEPEST = 60


class Constant(Struct, frozen=True):
    value: bool | int | float | str | None


class Variable(Struct, frozen=True):
    """``$name``; "$" is what the template was given, and "." the value that the block it stands in is about."""

    name: str


class Function(Struct, frozen=True):
    name: str


class Field(Struct, frozen=True):
    """``base.name``."""

    base: Operand
    names: tuple[str, ...]


class Pipeline(Struct, frozen=True):
    """Commands, each given the result of the one before as its last argument.

    ``declares`` are the variables that the result goes to, ``assigns`` whether they exist already. ``written`` is the
    pipeline as it stands in the template.
    """

    commands: tuple[tuple[Operand, ...], ...]
    written: str
    declares: tuple[str, ...] = ()
    assigns: bool = False


Operand: TypeAlias = Union[Constant, Variable, Function, Field, Pipeline]  # noqa: UP007  # recursive, for 3.10


class Expressions:
    """Reads the tokens of one action; each method gives what it read and the index of the next token."""

    def __init__(self, content: str, tokens: tuple[Token, ...]) -> None:
        self._content = content
        self._tokens = tokens

    def pipeline(self, at: int, depth: int) -> tuple[Pipeline, int]:
        if depth > DEEPEST:
            raise TemplateError(f"parentheses are nested more than {DEEPEST} deep", self._tokens[at].start)
        first = at
        declares, assigns, at = self._declared(at)
        commands: list[tuple[Operand, ...]] = []
        while True:
            command: list[Operand] = []
            while at < len(self._tokens) and self._tokens[at].text not in ("|", ")"):
                operand, at = self._operand(at, depth)
                command.append(operand)
            if not command:
                raise TemplateError("a command is missing", self._tokens[min(at, len(self._tokens) - 1)].start)
            commands.append(tuple(command))
            if at >= len(self._tokens) or self._tokens[at].text == ")":
                break
            at += 1
        written = self._content[self._tokens[first].start : self._tokens[at - 1].end]
        return Pipeline(tuple(commands), written, declares, assigns), at

    def _declared(self, at: int) -> tuple[tuple[str, ...], bool, int]:
        names: list[str] = []
        ahead = at
        while ahead + 1 < len(self._tokens) and self._tokens[ahead].kind == "variable":
            names.append(self._tokens[ahead].text)
            sign = self._tokens[ahead + 1].text
            ahead += 2
            if sign in (":=", "="):
                return tuple(names), sign == "=", ahead
            if sign != ",":
                break
        return (), False, at

    def _operand(self, at: int, depth: int) -> tuple[Operand, int]:
        token = self._tokens[at]
        found: Operand
        at += 1
        if token.kind == "sign" and token.text == "(":
            found, at = self.pipeline(at, depth + 1)
            if at >= len(self._tokens):
                raise TemplateError("a parenthesis is not closed", token.start)
            at += 1
        elif token.kind == "field":
            found = Field(Variable("."), (token.text[1:],))
        elif token.kind == "sign" and token.text == ".":
            found = Variable(".")
        elif token.kind == "variable":
            found = Variable(token.text)
        elif token.kind == "word":
            words = {"true": True, "false": False, "nil": None}
            found = Constant(words[token.text]) if token.text in words else Function(token.text)
        elif token.kind in ("string", "char", "number"):
            found = Constant(literal(token))
        else:
            raise TemplateError(f"{token.text!r} is not expected here", token.start)
        names: list[str] = []
        while at < len(self._tokens) and self._tokens[at].kind == "field" and not self._tokens[at].spaced:
            names.append(self._tokens[at].text[1:])
            at += 1
        if not names:
            return found, at
        if isinstance(found, Field):
            return Field(found.base, (*found.names, *names)), at
        return Field(found, tuple(names)), at


def literal(token: Token) -> int | float | str:
    if token.kind == "string" and token.text.startswith("`"):
        return token.text[1:-1]
    try:
        if token.kind == "string":
            return str(ast.literal_eval(token.text))
        if token.kind == "char":
            return ord(str(ast.literal_eval(token.text)))
        written = token.text.replace("_", "")
        return float(written) if any(sign in written for sign in ".eE") and "x" not in written else int(written, 0)
    except (ValueError, SyntaxError, TypeError) as error:
        raise TemplateError(f"{token.text[:40]} cannot be read", token.start) from error
