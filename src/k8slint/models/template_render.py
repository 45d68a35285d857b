"""What a chart's template renders to with its default values, as far as that can be known."""

from __future__ import annotations

import re
from collections.abc import Mapping as ReadOnly
from dataclasses import dataclass
from dataclasses import field as attribute

from k8slint.location import Location
from k8slint.models.source import Source
from k8slint.models.template_calls import call, weight
from k8slint.models.template_collections import field
from k8slint.models.template_expressions import Constant, Field, Operand, Pipeline, Variable
from k8slint.models.template_lexer import TemplateError
from k8slint.models.template_numbers import FunctionError, LimitError, word
from k8slint.models.template_parser import (
    Choice,
    Leave,
    Loop,
    Part,
    Print,
    Template,
    parse_template,
)
from k8slint.models.template_text import Piece, Text, hole, joined, plain
from k8slint.models.template_values import (
    NIL,
    Mapping,
    Missing,
    Unknown,
    Value,
    printed,
    settled,
    truth,
    unknown,
)

REMARK = "\ue0f0"
_DEEPEST = 120
_MOST_STEPS = 100_000
_MOST_ROUNDS = 1_000
_LONGEST = 2_000_000
_SKIPPED_KEY = re.compile(r"\s*\n(?P<indent> *)(?P<key>[A-Za-z][\w.-]*):(?=[ \n]|$)")


@dataclass(slots=True)
class Rendering:
    """One run over one template.

    ``flips`` turns every condition that is not certain the other way than it is where an installation sets nothing;
    ``met`` counts them. ``named`` are the chart's named templates.
    """

    named: ReadOnly[str, tuple[Part, ...]]
    flips: bool = False
    met: int = 0
    steps: int = 0
    depth: int = 0
    length: int = 0
    _scopes: list[dict[str, Value]] = attribute(default_factory=list)
    _output: list[Text] = attribute(default_factory=list)

    def render(self, template: Template, root: Value) -> Text:
        """The text that ``template`` renders to, given ``root``. Raises ``LimitError``."""
        return self._run(template.parts, root)

    def _run(self, parts: tuple[Part, ...], dot: Value) -> Text:
        """What a template of its own gives: it sees no variable but ``$``."""
        outer, self._scopes = self._scopes, [{"$": dot}]
        written, self._output = self._output, []
        try:
            self._parts(parts, dot)
            return joined(self._output)
        finally:
            self._scopes, self._output = outer, written

    def _parts(self, parts: tuple[Part, ...], dot: Value) -> Leave | None:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise LimitError("templates include one another too deeply")
        self._scopes.append({})
        try:
            for part in parts:
                left = self._part(part, dot)
                if left is not None:
                    return left
        finally:
            self._scopes.pop()
            self.depth -= 1
        return None

    def _part(self, part: Part, dot: Value) -> Leave | None:
        self._count()
        if isinstance(part, Text):
            self._emit(part)
        elif isinstance(part, Print):
            value = self._pipeline(part.pipeline, dot)
            if not part.pipeline.declares:
                self._emit(_written(value, part))
        elif isinstance(part, Choice):
            return self._choice(part, dot)
        elif isinstance(part, Loop):
            return self._loop(part, dot)
        else:
            return part
        return None

    def _choice(self, part: Choice, dot: Value) -> Leave | None:
        self._scopes.append({})
        try:
            value = self._pipeline(part.pipeline, dot)
            held, is_certain = truth(value)
            if not is_certain:
                self.met += 1
                held = held is not self.flips
            if held:
                bound = unknown(part.pipeline.written) if part.binds and not truth(value)[0] else value
                return self._parts(part.body, bound if part.binds else dot)
            if is_certain and value.edited_at is not None:
                self._remark(part.body, value.edited_at)
            return self._parts(part.otherwise, dot)
        finally:
            self._scopes.pop()

    def _remark(self, body: tuple[Part, ...], place: Location) -> None:
        """Note which keys the values leave out: those that begin a line of ``body`` as far out as its first."""
        text = "".join(part.text if isinstance(part, Text) else " " for part in body)
        first = _SKIPPED_KEY.match(text)
        if first is None or first["key"] == "apiVersion":
            return
        for found in _SKIPPED_KEY.finditer(text):
            if found["indent"] == first["indent"]:
                note = f"\n{found['indent']}{REMARK}{found['key']}: null\n"
                self._emit(Text((Piece(note, place, 0, "remark"),)))

    def _loop(self, part: Loop, dot: Value) -> Leave | None:
        over = self._pipeline(part.pipeline, dot)
        data = over.data
        pairs: list[tuple[Value, Value]] = []
        if isinstance(data, Unknown) and data.missing is not Missing.UNSET:
            pairs = self._open_items(over, part.pipeline.written)
        elif isinstance(data, Mapping):
            pairs = [(Value(plain(key, one.edited_at)), one) for key, one in sorted(data.entries.items())]
        elif isinstance(data, list):
            pairs = [(Value(index), one) for index, one in enumerate(data)]
        elif isinstance(data, int) and not isinstance(data, bool):
            pairs = [(Value(index), Value(index)) for index in range(min(data, _MOST_ROUNDS + 1))]
        if len(pairs) > _MOST_ROUNDS:
            raise LimitError("a loop has too many rounds")
        names = part.pipeline.declares
        for key, item in pairs:
            self._scopes.append(dict(zip(names[-2:], (key, item) if len(names) > 1 else (item,), strict=False)))
            try:
                left = self._parts(part.body, item)
            finally:
                self._scopes.pop()
            if left is not None and left.ends_loop:
                break
        if not pairs:
            return self._parts(part.otherwise, dot)
        return None

    def _open_items(self, over: Value, written: str) -> list[tuple[Value, Value]]:
        """The rounds over what is not known: one more, of an unknown item, where conditions are turned round."""
        self.met += 1
        items = settled(over).data
        known = [(Value(index), one) for index, one in enumerate(items)] if isinstance(items, list) else []
        if isinstance(items, Mapping):
            known = [(Value(plain(key)), one) for key, one in sorted(items.entries.items())]
        return [*known, (unknown(f"index {written}"), unknown(f"range {written}"))] if self.flips else known

    def _pipeline(self, pipeline: Pipeline, dot: Value) -> Value:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise LimitError("expressions are nested too deeply")
        try:
            value = self._command(pipeline.commands[0], (), dot, pipeline.written)
            for command in pipeline.commands[1:]:
                value = self._command(command, (value,), dot, pipeline.written)
        finally:
            self.depth -= 1
        if len(pipeline.declares) == 1:
            self._declare(pipeline.declares[0], value, pipeline.assigns)
        return value

    def _declare(self, name: str, value: Value, assigns: bool) -> None:
        scopes = [scope for scope in self._scopes if name in scope] if assigns else []
        (scopes[-1] if scopes else self._scopes[-1])[name] = value

    def _command(self, command: tuple[Operand, ...], piped: tuple[Value, ...], dot: Value, written: str) -> Value:
        self._count()
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
            scopes = (scope[operand.name] for scope in reversed(self._scopes) if operand.name in scope)
            return next(scopes, unknown(operand.name))
        if isinstance(operand, Pipeline):
            return self._pipeline(operand, dot)
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
            found = call(name, given, written)
            self.steps += weight(found) // 10
            return found
        except (FunctionError, IndexError, TypeError, ValueError, OverflowError):
            return unknown(written)

    def _include(self, given: list[Value], written: str) -> Value:
        parts = self.named.get(word(given[0]))
        if parts is None:
            return unknown(written)
        return Value(self._run(parts, given[1] if len(given) > 1 else NIL))

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
        return Value(self._run(template.parts, given[1] if len(given) > 1 else NIL))

    def _emit(self, text: Text) -> None:
        self.length += len(text.text)
        if self.length > _LONGEST:
            raise LimitError("the text is too long")
        self._output.append(text)

    def _count(self) -> None:
        self.steps += 1
        if self.steps > _MOST_STEPS:
            raise LimitError("it takes too many steps")


def _base(operand: Operand) -> str:
    if isinstance(operand, Variable):
        return "" if operand.name == "." else operand.name
    return f"({operand.written})" if isinstance(operand, Pipeline) else ""


def _written(value: Value, part: Print) -> Text:
    """What an action prints; what comes neither from a values file nor from other lines stands at the action."""
    # What a values file names and gives no value is there to be filled in.
    text = hole(part.pipeline.written) if value.data is None and value.place is not None else printed(value)
    piece = part.source.pieces[0] if part.source.pieces else Piece("")
    place = piece.place
    if isinstance(place, Source):
        place = place.span(piece.at, piece.at + len(part.source.text))
    if place is None:
        return text
    if "\n" not in text.text.strip("\n"):
        return text.placed(text.place or place)
    return Text(Piece(one.text, place, 0, "hole") if one.is_hole and one.place is None else one for one in text.pieces)
