"""Words and simple commands read from the nodes of tree-sitter-bash."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.shell_quoting import unquote
from k8slint.models.shell_syntax import SimpleCommand, Word
from k8slint.regex import regex

if TYPE_CHECKING:
    from tree_sitter import Node

REDIRECTS = frozenset({"file_redirect", "herestring_redirect"})
HEREDOC = frozenset({"<<", "<<-", "heredoc_start"})

_GROUPS = frozenset(
    {
        "command_name",
        "declaration_command",
        "unset_command",
        "variable_assignments",
        "test_command",
        "unary_expression",
        "binary_expression",
        "parenthesized_expression",
        "ternary_expression",
    }
)
_SEPARATORS = frozenset({"(", ")", "&&", "||", "<", ">"})
_EXPANSIONS = frozenset(
    {"simple_expansion", "expansion", "command_substitution", "arithmetic_expansion", "process_substitution"}
)
_CLOSES = frozenset({"<&-", ">&-"})
_NO_GAP = regex(r"(?:\\[\n \t])*")
_BACKTICK_ESCAPE = regex(r"\\([\\`$])")


class ScriptText(Struct, frozen=True):
    """The text that a tree was made of.

    ``character`` turns a byte offset of the tree into an index of ``text``, ``place`` makes the location of a range of
    ``text``; ``placeholders`` are the ranges, in order, that a template engine will replace.
    """

    text: str
    character: Callable[[int], int]
    place: Callable[[int, int], Location]
    placeholders: tuple[tuple[int, int], ...]

    def span(self, node: Node) -> tuple[int, int]:
        return self.character(node.start_byte), self.character(node.end_byte)

    def location(self, node: Node) -> Location:
        return self.place(*self.span(node))

    def written(self, node: Node) -> str:
        start, end = self.span(node)
        return self.text[start:end]

    def word(self, first: Node, *more: Node) -> Word:
        """The word made of adjacent nodes."""
        start, end = self.character(first.start_byte), self.character((more or (first,))[-1].end_byte)
        expansions: list[tuple[int, int]] = []
        verbatim: list[tuple[int, int]] = []
        substitutions: list[str] = []
        stack = [(node, False) for node in (first, *more)]
        while stack:
            node, inside = stack.pop()
            if node.type == "raw_string":
                verbatim.append(self.span(node))
                continue
            if node.type == "command_substitution":
                substitutions.append(self._command_text(node))
            if node.type in _EXPANSIONS and not inside:
                expansions.append(self.span(node))
            if node.type != "command_substitution":
                below = inside or node.type in _EXPANSIONS
                stack.extend((child, below) for child in node.children)
        expansions += self._placeholders(start, end, expansions + verbatim)
        text = self.text[start:end]
        plain = unquote(text, sorted((low - start, high - start) for low, high in expansions))
        literal = None if plain.expands else plain.value
        return Word(text, literal, self.place(start, end), plain.value, tuple(reversed(substitutions)), plain.quoted)

    def _placeholders(self, start: int, end: int, taken: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        for low, high in self.placeholders[bisect_left(self.placeholders, (start, start)) :]:
            if low >= end:
                return
            if high <= end and not any(low < before_end and before < high for before, before_end in taken):
                yield low, high

    def _command_text(self, node: Node) -> str:
        written = self.written(node).strip()
        if written.startswith("`"):
            return _BACKTICK_ESCAPE.sub(r"\1", written[1:-1]).strip()
        return written.removeprefix("$(").removesuffix(")").strip()

    def command(self, nodes: list[Node], where: Location) -> SimpleCommand:
        """The simple command made of ``nodes``: words, assignments and redirections in the order of the text."""
        words: list[Node] = []
        assignments: list[tuple[str, Word]] = []
        redirected = False
        for node in _unwrapped(nodes):
            if node.type == "variable_assignment":
                assignments.append(self._assignment(node))
            elif node.type in REDIRECTS or node.type in HEREDOC:
                redirected = True
                words += _after_target(node)
            elif node.type not in ("comment", "ERROR") and not node.is_missing:
                words.append(node)
        return SimpleCommand(tuple(self._words(words)), tuple(assignments), redirected, where)

    def _words(self, nodes: list[Node]) -> Iterator[Word]:
        """The words that ``nodes`` make; nodes that touch are one word."""
        group: list[Node] = []
        for node in nodes:
            if group and not self._touch(group[-1], node):
                yield self.word(*group)
                group = []
            group.append(node)
        if group:
            yield self.word(*group)

    def _touch(self, before: Node, after: Node) -> bool:
        if before.type in _SEPARATORS or after.type in _SEPARATORS:
            return False
        between = self.text[self.character(before.end_byte) : self.character(after.start_byte)]
        return _NO_GAP.fullmatch(between) is not None

    def _assignment(self, node: Node) -> tuple[str, Word]:
        name = self.written(node.children[0])
        values = [child for child in node.children[2:] if child.type != "ERROR"]
        if not values:
            end = self.character(node.end_byte)
            return name, Word("", "", self.place(end, end), "", (), False)
        word = self.word(*values)
        appends = node.children[1].type == "+="
        if values[0].type != "array" and not appends:
            return name, word
        template = word.text if values[0].type == "array" else word.template
        prefix = f"${{{name}}}" if appends else ""
        return name, Word(word.text, None, word.location, prefix + template, word.substitutions, False)

    def arithmetic(self, node: Node) -> Iterator[Word]:
        """``((``, the expression, ``))``."""
        first, *inner, last = node.children
        yield self.word(first)
        if inner:
            yield self.word(*inner)
        yield self.word(last)


def _unwrapped(nodes: Iterable[Node]) -> Iterator[Node]:
    """The nodes of a command without those that only group: the tree makes expressions of what stands in a test."""
    stack = list(nodes)[::-1]
    while stack:
        node = stack.pop()
        if node.type in _GROUPS:
            stack.extend(reversed(node.children))
        else:
            yield node


def _after_target(redirect: Node) -> list[Node]:
    """The words that the grammar takes for further targets of a redirection: ``2>&1 app.py``."""
    if redirect.type != "file_redirect":
        return []
    named = [child for child in redirect.children if child.is_named and child.type not in ("file_descriptor", "ERROR")]
    closes = any(child.type in _CLOSES for child in redirect.children)
    return named if closes else named[1:]
