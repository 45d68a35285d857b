"""Expressions that a template engine fills in later: telling them, and hiding them from the YAML parser."""

from __future__ import annotations

import re
from bisect import bisect_left

from msgspec import Struct

from k8slint.regex import regex

_EXPRESSION = regex(
    r"\{\{(?:[^\n{}]|\{(?!\{)|\}(?!\}))*\}\}"
    r"|\{%(?:[^\n{%]|%(?!\})|\{(?!%))*%\}"
    r"|\{#(?:[^\n{#]|#(?!\})|\{(?!#))*#\}"
    r"|<%(?:[^\n<%]|%(?!>)|<(?!%))*%>"
    r"|%%\w+%%"
    r"|@[A-Za-z_][\w.-]*@"
)
_CONTROL_LINE = regex(
    r"^[ \t]*(?=\{\{-?\s*(?:(?:if|else|end|range|with|define|block)\b|/\*|\$\w+\s*:?=)|\{%|<%(?!=))", re.MULTILINE
)
_ENGINE = regex(r"\{\{|\{%|<%|%%\w+%%|@[A-Z][A-Z0-9_]*@|__[A-Z][A-Z0-9_]*__")
_PLACEHOLDER = regex(r"\$[A-Za-z_]|\$\{|<[A-Za-z][\w .:/-]*>")
_UNPARSABLE = regex(r"\{\{|\{%|<%|%%\w+%%|@[A-Z][A-Z0-9_]*@")


def is_template(text: str) -> bool:
    """Whether a value is filled in later.

    By a template engine (``{{ x }}``, ``{% x %}``, ``<% x %>``, ``%%X%%``, ``@X@``, ``__X__``), by envsubst (``$X``,
    ``${X}``; ``$(X)`` is Kubernetes' own reference and is not one), or by hand (``<your-registry>``).
    """
    return has_expression(text) or _PLACEHOLDER.search(text) is not None


def has_expression(text: str) -> bool:
    """Whether a template engine fills something in; unlike ``is_template`` a shell's ``$X`` and ``<`` do not count."""
    # Whatever the pattern finds holds one of these: plain searches turn down most texts several times faster.
    return ("{" in text or "%" in text or "@" in text or "__" in text) and _ENGINE.search(text) is not None


def template_kind(text: str) -> str:
    """What to call a text that must be rendered first: "Helm template", "Jinja template", "template"; "" for others."""
    if _UNPARSABLE.search(text) is None:
        return ""
    if "{%" in text:
        return "Jinja template"
    return "Helm template" if "{{" in text else "template"


class Masked(Struct, frozen=True):
    """A text in which every expression is replaced by as many fill characters, so that all positions stay.

    A template engine knows nothing of YAML: ``{{ .Values.x }}-y`` is no YAML at all, ``{{ x }}`` alone is a mapping
    whose key is a mapping. As a run of letters it is what its author means: a part of a scalar.
    """

    text: str
    fill: re.Pattern[str] | None
    starts: tuple[int, ...]
    written: tuple[str, ...]
    control: frozenset[int]

    def has_expression(self, start: int, end: int) -> bool:
        """Whether an expression stands in ``text[start:end]``."""
        at = bisect_left(self.starts, start)
        return at < len(self.starts) and self.starts[at] < end

    def restore(self, value: str, start: int, end: int) -> str:
        """``value``, which was read from ``text[start:end]``, with the expressions as they are written."""
        if self.fill is None:
            return value
        written = iter(self.written[bisect_left(self.starts, start) : bisect_left(self.starts, end)])
        return self.fill.sub(lambda run: next(written, run.group()), value)

    def may_break(self, *at: int) -> bool:
        """Whether an expression may be why the text does not parse as it stands, with errors at the indices ``at``.

        One that is hidden inside a value breaks nothing: only one that was not hidden, that begins a line and so may
        be a key or a statement, or that stands in a line with an error.
        """
        if template_kind(self.text) or (
            self.fill and re.search(f"^[ \t]*{self.fill.pattern}", self.text, re.MULTILINE)
        ):
            return True
        for index in at:
            end = self.text.find("\n", index)
            if self.has_expression(self.text.rfind("\n", 0, index) + 1, len(self.text) if end < 0 else end):
                return True
        return False

    def has_control_line(self, start: int, end: int) -> bool:
        """Whether a line within ``text[start:end]`` begins with a statement (``{{- if x }}``) instead of a value."""
        first, last = bisect_left(self.starts, start), bisect_left(self.starts, end)
        return any(at in self.control for at in self.starts[first:last])


def mask(text: str) -> Masked:
    """Hide the expressions of ``text`` from the parser."""
    found = list(_EXPRESSION.finditer(text))
    if not found:
        return Masked(text, None, (), (), frozenset())
    # Characters of the private use area are legal in YAML and mean nothing to it; take two that the text does not use.
    unused = (chr(code) for code in range(0xE000, 0xF900) if chr(code) not in text)
    head, tail = next(unused, ""), next(unused, "")
    if not tail:
        return Masked(text, None, (), (), frozenset())
    return Masked(
        text=_EXPRESSION.sub(lambda expression: head + tail * (len(expression.group()) - 1), text),
        fill=re.compile(f"{head}{tail}*"),
        starts=tuple(expression.start() for expression in found),
        written=tuple(expression.group() for expression in found),
        control=frozenset(line.end() for line in _CONTROL_LINE.finditer(text)),
    )
