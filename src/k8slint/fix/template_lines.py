"""Lines of a Go template that are no YAML: hiding them, and which conditions the other lines stand below."""

from __future__ import annotations

import re

from msgspec import Struct

from k8slint.fix.refusal import Refused
from k8slint.models.source import Source
from k8slint.regex import regex

_ACTION = regex(r"\{\{-?(.*?)-?\}\}")
_ONLY_ACTIONS = regex(r"\s*(?:\{\{(?:(?!\}\}).)*\}\}\s*)+")
_STATEMENT = regex(r"\s*(if|with|range|define|block|else|end)\b")
_SILENT = regex(r"\s*(?:/\*|\$\w*\s*:?=)")
_INDENT = regex(r"\bn?indent\s+(\d+)")


class TemplateLines(Struct, frozen=True):
    """A template without the lines that hold nothing but actions, every position as it was.

    ``below`` are for each line, from 1, the lines of the statements that it stands below; ``hidden`` is what was in the
    lines that are hidden.
    """

    source: Source
    below: tuple[tuple[int, ...], ...]
    hidden: dict[int, str]

    def same(self, one: int, other: int) -> bool:
        """Whether two lines are written under the same conditions, and as often."""
        return self.below[one] == self.below[other]

    def demand_no_entries(self, first: int, last: int, indent: int) -> None:
        """Raise ``Refused`` where an action from line ``first`` on may write keys of a mapping so indented."""
        end = last
        while end < self.source.line_count and not self.source.line(end + 1).strip():
            end += 1
        is_open = False
        for number in range(first, end + 1):
            line = self.source.line(number).strip()
            if number not in self.hidden:
                is_open = line.endswith(":") if line else is_open
                continue
            for action in _ACTION.findall(self.hidden[number]):
                statement = _STATEMENT.match(action)
                if statement is not None:
                    is_open = is_open or statement[1] == "else"
                elif not _SILENT.match(action):
                    depth = _INDENT.findall(action)
                    if not (is_open or (depth and int(depth[-1]) != indent)):
                        raise Refused("a line of the template may write more fields there")
                    is_open = False


def template_lines(source: Source) -> TemplateLines | None:
    """The lines of a template, None for a file without lines that hold nothing but actions.

    Raises ``Refused`` where a statement begins or ends within a line, or an action that does so goes over several.
    """
    written = [source.line(number) for number in range(1, source.line_count + 1)]
    lines, ends = _joined(written)
    hidden = {number: line for number, line in enumerate(lines, 1) if "{{" in line and _ONLY_ACTIONS.fullmatch(line)}
    if not hidden:
        return None
    hidden |= {number: "" for first, last in ends.items() if first in hidden for number in range(first + 1, last + 1)}
    stack: list[int] = []
    below: list[tuple[int, ...]] = [()]
    for number, line in enumerate(lines, 1):
        words = [found[1] for action in _ACTION.findall(line) if (found := _STATEMENT.match(action))]
        if len(re.findall(r"\{\{", line)) != len(_ACTION.findall(line)):
            raise Refused("an expression of the template goes over several lines")
        if number not in hidden and words:
            raise Refused("a statement of the template stands within a line")
        for word in words:
            if word in ("end", "else") and not stack:
                raise Refused("the template cannot be read")
            if word in ("end", "else"):
                stack.pop()
            if word != "end":
                stack.append(number)
        below.append(tuple(stack))
    text = source.text
    for number in hidden:
        line, start = written[number - 1], source.offset(number, 1)
        text = text[:start] + " " * len(line) + text[start + len(line) :]
    return TemplateLines(Source(source.path, text), tuple(below), hidden)


def _joined(written: list[str]) -> tuple[list[str], dict[int, int]]:
    """The lines, with an action that begins one and goes over several in its first; and where each of these ends."""
    lines, ends = list(written), dict[int, int]()
    at = 0
    while at < len(lines):
        first = at
        while lines[first].lstrip().startswith("{{") and _is_open(lines[first]) and at + 1 < len(lines):
            at += 1
            lines[first] += f" {lines[at].strip()}"
            lines[at] = ""
            ends[first + 1] = at + 1
        at += 1
    return lines, ends


def _is_open(line: str) -> bool:
    return line.rfind("{{") > line.rfind("}}")
