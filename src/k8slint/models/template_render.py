"""What a chart's template renders to with its default values, as far as that can be known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from dataclasses import field as attribute

from k8slint.location import Location
from k8slint.models.source import Source
from k8slint.models.template_evaluation import Evaluation
from k8slint.models.template_numbers import LimitError
from k8slint.models.template_parser import Choice, Leave, Loop, Part, Print, Template
from k8slint.models.template_text import Piece, Text, hole, joined, plain
from k8slint.models.template_values import Mapping, Missing, Unknown, Value, settled, truth, unknown
from k8slint.models.template_writing import printed
from k8slint.regex import regex

REMARK = "\ue0f0"
_MOST_ROUNDS = 1_000
_LONGEST = 2_000_000
_DOCUMENT = regex(r"^apiVersion:", re.MULTILINE)
_SKIPPED_KEY = regex(r"\s*\n(?P<indent> *)(?P<key>[A-Za-z][\w.-]*):(?=[ \n]|$)")


@dataclass(slots=True)
class Rendering(Evaluation):
    """One run over one template.

    ``flips`` turns every condition that is not certain the other way than it is where an installation sets nothing;
    ``met`` counts them. ``disabled`` are the conditions around whole documents that do not hold, each with the place
    that says so, if a values file does; ``held`` is one that is taken to hold all the same.
    """

    flips: bool = False
    held: Choice | None = None
    disabled: list[tuple[Choice, Location | None]] = attribute(default_factory=list, init=False)
    met: int = attribute(default=0, init=False)
    length: int = attribute(default=0, init=False)
    _output: list[Text] = attribute(default_factory=list, init=False)

    def render(self, template: Template, root: Value) -> Text:
        """The text that ``template`` renders to, given ``root``. Raises ``LimitError``."""
        return self.run(template.parts, root)

    def run(self, parts: tuple[Part, ...], dot: Value) -> Text:
        """What a template of its own gives: it sees no variable but ``$``."""
        outer, self.scopes = self.scopes, [{"$": dot}]
        written, self._output = self._output, []
        try:
            self._parts(parts, dot)
            return joined(self._output)
        finally:
            self.scopes, self._output = outer, written

    def _parts(self, parts: tuple[Part, ...], dot: Value) -> Leave | None:
        self.deeper("templates include one another too deeply")
        self.scopes.append({})
        try:
            for part in parts:
                left = self._part(part, dot)
                if left is not None:
                    return left
        finally:
            self.scopes.pop()
            self.depth -= 1
        return None

    def _part(self, part: Part, dot: Value) -> Leave | None:
        self.count()
        if isinstance(part, Text):
            self._emit(part)
        elif isinstance(part, Print):
            value = self.pipeline(part.pipeline, dot)
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
        self.scopes.append({})
        try:
            value = self.pipeline(part.pipeline, dot)
            held, is_certain = truth(value)
            if not is_certain:
                self.met += 1
                held = held is not self.flips
            elif not held and _holds_document(part.body):
                self.disabled.append((part, value.edited_at))
                held = part is self.held
            if held:
                bound = unknown(part.pipeline.written) if part.binds and not truth(value)[0] else value
                return self._parts(part.body, bound if part.binds else dot)
            if is_certain and value.edited_at is not None:
                self._remark(part.body, value.edited_at)
            return self._parts(part.otherwise, dot)
        finally:
            self.scopes.pop()

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
        over = self.pipeline(part.pipeline, dot)
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
            self.scopes.append(dict(zip(names[-2:], (key, item) if len(names) > 1 else (item,), strict=False)))
            try:
                left = self._parts(part.body, item)
            finally:
                self.scopes.pop()
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

    def _emit(self, text: Text) -> None:
        self.length += len(text.text)
        if self.length > _LONGEST:
            raise LimitError("the text is too long")
        self._output.append(text)


def _holds_document(parts: tuple[Part, ...]) -> bool:
    return any(
        _DOCUMENT.search(part.text) is not None
        if isinstance(part, Text)
        else isinstance(part, (Choice, Loop)) and _holds_document(part.body)
        for part in parts
    )


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
