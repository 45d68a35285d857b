"""Runs of commands and operators, laid flat in the order of the text.

The grammar of tree-sitter-bash has some of the shell's precedence wrong: a redirection after ``a && b`` holds the
whole list, ``! a | b`` negates ``a`` alone, what follows a here-document's marker hangs below the marker, and
``A=1 B=2`` swallows the command on the next line. Laid flat, a run can be put together by the shell's own precedence.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from k8slint.models.shell_commands import HEREDOC, REDIRECTS, ScriptText

if TYPE_CHECKING:
    from tree_sitter import Node

COMPOUND = frozenset(
    {
        "subshell",
        "compound_statement",
        "if_statement",
        "case_statement",
        "while_statement",
        "for_statement",
        "c_style_for_statement",
        "function_definition",
    }
)
_FLAT = frozenset({"list", "pipeline", "redirected_statement", "negated_command", "heredoc_redirect"})
_SIMPLE = frozenset(
    {"command", "declaration_command", "unset_command", "test_command", "variable_assignment", "variable_assignments"}
)
STATEMENTS = _FLAT | _SIMPLE | COMPOUND
_OPERATORS = frozenset({"&&", "||", "|", "|&", "!"})
_ELSEWHERE = frozenset({"heredoc_body", "heredoc_content", "heredoc_end", "file_descriptor", "comment"})


class Command(Struct):
    """The nodes of a simple command, or one compound node; with its redirections and the words after them."""

    nodes: list[Node]
    start: int
    end: int


class Operator(Struct, frozen=True):
    text: str
    start: int


def runs(script: ScriptText, node: Node) -> list[list[Command | Operator]]:
    """The run that ``node`` is; more than one where the grammar joined several lines."""
    lines: list[list[Command | Operator]] = [[]]
    for part in _flat(script, node):
        if part is None:
            lines.append([])
        else:
            lines[-1].append(part)
    return lines


def _flat(script: ScriptText, node: Node) -> Iterator[Command | Operator | None]:
    """The commands and operators in ``node`` in the order of the text, None where a line ends between them."""
    stack = [node]
    last: Command | None = None
    while stack:
        current = stack.pop()
        start, end = script.span(current)
        if current.type in _FLAT:
            stack.extend(reversed(_flat_children(current)))
        elif current.type in _OPERATORS:
            last = None
            yield Operator(current.type, start)
        elif current.type in STATEMENTS:
            for index, nodes in enumerate(_lines(script, current)):
                if index:
                    yield None
                last = Command(nodes, script.span(nodes[0])[0], script.span(nodes[-1])[1])
                yield last
        elif _belongs_to_command(current):
            if last is None:
                last = Command([], start, end)
                yield last
            last.nodes.append(current)
            last.end = max(last.end, end)


def _lines(script: ScriptText, node: Node) -> list[list[Node]]:
    """The nodes of a simple command, cut where the grammar went on over the end of a line."""
    if node.type not in ("command", "variable_assignments"):
        return [[node]]
    lines: list[list[Node]] = [[]]
    before = script.character(node.start_byte)
    for child in node.children:
        start, end = script.span(child)
        if lines[-1] and "\n" in script.text[before:start].replace("\\\n", ""):
            lines.append([])
        before = end
        if child.type != "comment" and start < end:
            lines[-1].append(child)
    return [line for line in lines if line]


def _flat_children(node: Node) -> list[Node]:
    """The children of a run; arguments after a here-document's marker are an error to the grammar, not to the shell."""
    children: list[Node] = []
    for child in node.children:
        if child.type == "ERROR" and node.type == "heredoc_redirect":
            children += (word for word in child.children if word.is_named and word.type not in STATEMENTS)
        elif child.type != "ERROR":
            children.append(child)
    return children


def _belongs_to_command(node: Node) -> bool:
    if node.type in REDIRECTS or node.type in HEREDOC:
        return True
    return node.is_named and node.type not in _ELSEWHERE and not node.is_missing
