"""From the syntax tree of tree-sitter-bash to statements."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.shell_commands import ScriptText
from k8slint.models.shell_runs import COMPOUND, STATEMENTS, Command, Operator, runs
from k8slint.models.shell_syntax import (
    AndOr,
    Background,
    Case,
    CaseArm,
    Function,
    If,
    Loop,
    Negated,
    Pipeline,
    Sequence,
    SimpleCommand,
    Statement,
    Subshell,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_DEEPEST = 40
_LONGEST_RUN = 300


class TooDeepError(Exception):
    """The script is nested deeper than anything a person writes."""

    def __init__(self, location: Location) -> None:
        super().__init__(str(location))
        self.location = location


class _Placed(Struct, frozen=True):
    statement: Statement
    start: int
    end: int


class TreeReader(Struct, frozen=True):
    """Reads the statements of one tree. All its methods raise TooDeepError."""

    script: ScriptText

    def sequence(self, nodes: Iterable[Node], empty_at: int, depth: int = 0) -> Sequence:
        """The statements among ``nodes``; ``empty_at`` is the place of a sequence without any."""
        placed = self._statements(nodes, depth)
        start, end = (placed[0].start, placed[-1].end) if placed else (empty_at, empty_at)
        return Sequence(tuple(one.statement for one in placed), self.script.place(start, end))

    def _statements(self, nodes: Iterable[Node], depth: int) -> list[_Placed]:
        placed: list[_Placed] = []
        for node in nodes:
            if depth > _DEEPEST:
                raise TooDeepError(self.script.location(node))
            if node.type in STATEMENTS:
                placed += self._run(node, depth)
            elif node.type == "ERROR":
                placed += self._statements(node.children, depth + 1)
            elif node.type == "&" and placed:
                start, end = placed[-1].start, self.script.character(node.end_byte)
                placed[-1] = _Placed(Background(placed[-1].statement, self.script.place(start, end)), start, end)
        return placed

    def _run(self, node: Node, depth: int) -> list[_Placed]:
        lines = runs(self.script, node)
        if max(len(line) for line in lines) > _LONGEST_RUN:
            raise TooDeepError(self.script.location(node))
        read = [self._and_or(line, depth) for line in lines]
        return [placed for placed in read if placed is not None]

    def _and_or(self, run: list[Command | Operator], depth: int) -> _Placed | None:
        left: _Placed | None = None
        joint = ""
        pipeline: list[Command | Operator] = []
        for part in (*run, Operator("", 0)):
            if isinstance(part, Command) or part.text in ("|", "|&", "!"):
                pipeline.append(part)
                continue
            right = self._pipeline(pipeline, depth)
            if left is not None and right is not None:
                where = self.script.place(left.start, right.end)
                left = _Placed(AndOr(left.statement, joint, right.statement, where), left.start, right.end)
            left = left or right
            joint, pipeline = part.text, []
        return left

    def _pipeline(self, parts: list[Command | Operator], depth: int) -> _Placed | None:
        commands = [part for part in parts if isinstance(part, Command)]
        if not commands:
            return None
        members = tuple(self._statement(command, depth) for command in commands)
        start, end = commands[0].start, commands[-1].end
        whole: Statement = members[0] if len(members) == 1 else Pipeline(members, self.script.place(start, end))
        bangs = [part.start for part in parts if isinstance(part, Operator) and part.text == "!"]
        if len(bangs) % 2:
            start = min(start, *bangs)
            whole = Negated(whole, self.script.place(start, end))
        return _Placed(whole, start, end)

    def _statement(self, command: Command, depth: int) -> Statement:
        where = self.script.place(command.start, command.end)
        node = command.nodes[0] if command.nodes else None
        if node is not None and node.children and node.children[0].type == "((":
            return SimpleCommand(tuple(self.script.arithmetic(node)), (), len(command.nodes) > 1, where)
        if node is None or node.type not in COMPOUND:
            return self.script.command(command.nodes, where)
        if node.type == "if_statement":
            return self._if(node, where, depth + 1)
        if node.type == "case_statement":
            return self._case(node, where, depth + 1)
        if node.type == "function_definition":
            return self._function(node, where, depth + 1)
        if node.type in ("subshell", "compound_statement"):
            body = self.sequence(node.children, command.end, depth + 1)
            return Subshell(body, where) if node.type == "subshell" else Sequence(body.statements, where)
        return self._loop(node, where, depth + 1)

    def _if(self, node: Node, where: Location, depth: int) -> If:
        branches = [self._branch(node, depth)]
        otherwise = None
        for child in node.children:
            if child.type == "elif_clause":
                branches.append(self._branch(child, depth))
            elif child.type == "else_clause":
                otherwise = self.sequence(child.children, self.script.span(child)[1], depth)
        return If(tuple(branches), otherwise, where)

    def _branch(self, node: Node, depth: int) -> tuple[Statement, Sequence]:
        condition, body = _split(node.children, "then")
        at = self.script.span(body[0])[1] if body else self.script.span(node)[1]
        return self._condition(condition, at, depth), self.sequence(body, at, depth)

    def _condition(self, nodes: list[Node], at: int, depth: int) -> Statement:
        condition = self.sequence(nodes, at, depth)
        return condition.statements[0] if len(condition.statements) == 1 else condition

    def _case(self, node: Node, where: Location, depth: int) -> Case:
        arms = tuple(self._arm(child, depth) for child in node.children if child.type == "case_item")
        return Case(self.script.word(*node.children_by_field_name("value")), arms, where)

    def _arm(self, node: Node, depth: int) -> CaseArm:
        patterns = (self.script.word(value) for value in node.children_by_field_name("value"))
        _, body = _split(node.children, ")")
        empty_at = self.script.span(body[0] if body else node)[1]
        return CaseArm(tuple(word.template for word in patterns), self.sequence(body, empty_at, depth))

    def _loop(self, node: Node, where: Location, depth: int) -> Loop:
        keyword = node.children[0].type
        groups = [child for child in node.children if child.type in ("do_group", "compound_statement")]
        body = self.sequence(groups[-1].children if groups else (), self.script.span(node)[1], depth)
        if node.type != "while_statement":
            return Loop(keyword, None, body, where)
        condition, _ = _split(node.children, "do_group")
        return Loop(keyword, self._condition(condition, self.script.span(node)[0], depth), body, where)

    def _function(self, node: Node, where: Location, depth: int) -> Function:
        name = node.child_by_field_name("name")
        body = self.sequence(node.children, self.script.span(node)[1], depth)
        only = body.statements[0] if len(body.statements) == 1 else None
        return Function(self.script.written(name) if name else "", only if isinstance(only, Sequence) else body, where)


def _split(nodes: list[Node], token: str) -> tuple[list[Node], list[Node]]:
    """``nodes`` before the first of type ``token``, and from it on."""
    at = next((index for index, node in enumerate(nodes) if node.type == token), len(nodes))
    return nodes[:at], nodes[at:]
