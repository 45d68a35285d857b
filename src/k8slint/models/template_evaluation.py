"""What the expressions of a chart's template come to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping as ReadOnly
from dataclasses import dataclass
from dataclasses import field as attribute

from k8slint.models.template_calls import call, weight
from k8slint.models.template_collections import field
from k8slint.models.template_expressions import Constant, Field, Operand, Pipeline, Variable
from k8slint.models.template_lexer import TemplateError
from k8slint.models.template_numbers import FunctionError, LimitError, word
from k8slint.models.template_parser import Part, parse_template
from k8slint.models.template_text import Text, plain
from k8slint.models.template_values import NIL, Unknown, Value, unknown
from k8slint.models.template_writing import printed
from k8slint.regex import regex

_DECLARES = regex(r"\$\w*(?:\s*,\s*\$\w+)?\s*:?=\s*")
_DEEPEST = 120
_MOST_STEPS = 100_000
_STEPS_OF_SEARCH = 100


@dataclass(slots=True)
class Evaluation(ABC):
    """The expressions of one run over one template; ``named`` are the chart's named templates."""

    named: ReadOnly[str, tuple[Part, ...]]
    steps: int = attribute(default=0, init=False)
    depth: int = attribute(default=0, init=False)
    scopes: list[dict[str, Value]] = attribute(default_factory=list, init=False)

    @abstractmethod
    def run(self, parts: tuple[Part, ...], dot: Value) -> Text:
        """What a template of its own gives."""

    def deeper(self, what: str) -> None:
        """Count one level more, which the caller takes away again. Raises ``LimitError``."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise LimitError(what)

    def count(self) -> None:
        """Count one step. Raises ``LimitError``."""
        self.steps += 1
        if self.steps > _MOST_STEPS:
            raise LimitError("it takes too many steps")

    def pipeline(self, pipeline: Pipeline, dot: Value) -> Value:
        """The value of an expression, which the variable gets that it declares. Raises ``LimitError``."""
        self.deeper("expressions are nested too deeply")
        written = _DECLARES.sub("", pipeline.written)
        try:
            value = self._command(pipeline.commands[0], (), dot, written)
            for command in pipeline.commands[1:]:
                value = self._command(command, (value,), dot, written)
        finally:
            self.depth -= 1
        if len(pipeline.declares) == 1:
            self._declare(pipeline.declares[0], value, pipeline.assigns)
        return value

    def _declare(self, name: str, value: Value, assigns: bool) -> None:
        scopes = [scope for scope in self.scopes if name in scope] if assigns else []
        (scopes[-1] if scopes else self.scopes[-1])[name] = value

    def _command(self, command: tuple[Operand, ...], piped: tuple[Value, ...], dot: Value, written: str) -> Value:
        self.count()
        first = command[0]
        if isinstance(first, (Constant, Variable, Pipeline)) and len(command) == 1 and not piped:
            return self._operand(first, dot)
        given = [*(self._operand(one, dot) for one in command[1:]), *piped]
        if isinstance(first, Field):
            # What is called with arguments is a method, of the cluster's capabilities or of the chart's files.
            return unknown(written) if given else self._operand(first, dot)
        if isinstance(first, (Constant, Variable, Pipeline)):
            return unknown(written)
        return self._call(first.name, given, written)

    def _operand(self, operand: Operand, dot: Value) -> Value:
        if isinstance(operand, Constant):
            text = operand.value
            return Value(plain(text) if isinstance(text, str) else text) if text != "" else Value(Text(()))
        if isinstance(operand, Variable):
            if operand.name == ".":
                return dot
            scopes = (scope[operand.name] for scope in reversed(self.scopes) if operand.name in scope)
            return next(scopes, unknown(operand.name))
        if isinstance(operand, Pipeline):
            return self.pipeline(operand, dot)
        if isinstance(operand, Field):
            value, written = self._operand(operand.base, dot), _base(operand.base)
            for name in operand.names:
                written = f"{written}.{name}"
                value = field(value, name, written)
            return value
        return self._call(operand.name, [], operand.name)

    def _call(self, name: str, given: list[Value], written: str) -> Value:
        if name.startswith("must") and name[4:5].isupper():
            name = name[4].lower() + name[5:]
        try:
            if name == "include":
                return self._include(given, written)
            if name == "tpl":
                return self._tpl(given, written)
            if name.startswith("from"):
                # To parse a text takes much longer than to copy it.
                self.steps += len(printed(given[0]).text)
                self.count()
            if name.startswith("regex"):
                self.steps += _STEPS_OF_SEARCH
            found = call(name, given, written)
            self.steps += weight(found) // 10
            return found
        except (FunctionError, IndexError, TypeError, ValueError, OverflowError):
            return unknown(written)

    def _include(self, given: list[Value], written: str) -> Value:
        parts = self.named.get(word(given[0]))
        if parts is None:
            return unknown(written)
        return Value(self.run(parts, given[1] if len(given) > 1 else NIL))

    def _tpl(self, given: list[Value], written: str) -> Value:
        text = printed(given[0])
        if isinstance(given[0].data, Unknown):
            return given[0]
        if "{{" not in text.text or text.has_hole:
            return Value(text, given[0].place, given[0].key)
        try:
            template = parse_template(text)
        except TemplateError:
            return unknown(written)
        return Value(self.run(template.parts, given[1] if len(given) > 1 else NIL))


def _base(operand: Operand) -> str:
    if isinstance(operand, Variable):
        return "" if operand.name == "." else operand.name
    return f"({operand.written})" if isinstance(operand, Pipeline) else ""
