"""The functions of Helm charts that make texts."""

from __future__ import annotations

import base64
import json
import posixpath
import re
from collections.abc import Callable
from collections.abc import Mapping as ReadOnly

from msgspec.structs import replace

from k8slint.location import Location
from k8slint.models.source import Source
from k8slint.models.template_numbers import NUMBERS, Arguments, FunctionError, kind_of, number, real, text_of, word
from k8slint.models.template_patterns import PATTERNS
from k8slint.models.template_text import Rendered, Text, hole, joined, plain
from k8slint.models.template_values import NIL, Mapping, Value, from_node, has_hole
from k8slint.models.yaml import load_documents
from k8slint.regex import regex

_LONGEST = 100_000
_WIDEST = 500
_ALIAS = regex(r"(?:^|[\s\[{,:-])[&*]\w", re.MULTILINE)
_FORMAT = regex(r"%(?P<flags>[-+ 0#]*\d*(?:\.\d+)?)(?P<verb>[sdvqtfxXTgc%])")


def _on_text(change: Callable[[Text], Text]) -> Callable[[Arguments], Value]:
    """A function of one text, given last."""
    return lambda given: Value(change(text_of(given[-1])), given[-1].place, given[-1].key)


def _on_pieces(change: Callable[[str], str]) -> Callable[[Arguments], Value]:
    return _on_text(lambda text: text.mapped(change))


def _quote(mark: str) -> Callable[[Arguments], Value]:
    def quote(given: Arguments) -> Value:
        parts: list[Text] = []
        for one in given:
            if one.data is None:
                continue
            text = text_of(one)
            edge = plain(mark, text.place)
            inner = text.mapped(lambda part: json.dumps(part, ensure_ascii=False)[1:-1]) if mark == '"' else text
            parts += (plain(" "), edge, inner, edge) if parts else (edge, inner, edge)
        return Value(joined(parts))

    return quote


def _trunc(given: Arguments) -> Value:
    size, text = number(given[0]), text_of(given[-1])
    if text.has_hole:
        return Value(text)
    return Value(text.slice(0, size) if size >= 0 else text.slice(max(0, len(text.text) + size), len(text.text)))


def _trim_suffix(given: Arguments) -> Value:
    end, text = word(given[0]), text_of(given[-1])
    return Value(text.slice(0, len(text.text) - len(end)) if end and text.text.endswith(end) else text)


def _trim_prefix(given: Arguments) -> Value:
    start, text = word(given[0]), text_of(given[-1])
    return Value(text.slice(len(start), len(text.text)) if start and text.text.startswith(start) else text)


def _indent(given: Arguments) -> Value:
    count = number(given[0])
    if not 0 <= count <= _WIDEST:
        raise FunctionError("the indentation is too wide")
    return Value(text_of(given[-1]).indented(count))


def _nindent(given: Arguments) -> Value:
    indented = _indent(given).data
    return Value(joined((plain("\n"), indented if isinstance(indented, Text) else plain(""))))


def _printf(given: Arguments) -> Value:
    form, rest = word(given[0]), list(given[1:])
    parts: list[Text] = []
    at = 0
    for found in _FORMAT.finditer(form):
        parts.append(plain(form[at : found.start()]))
        at = found.end()
        verb = found["verb"]
        if verb == "%":
            parts.append(plain("%"))
            continue
        value = rest.pop(0) if rest else NIL
        if value.data is None:
            # Go prints %!s(<nil>): nobody can mean that.
            parts.append(hole("printf"))
        elif verb == "T":
            parts.append(plain(kind_of(value)))
        elif verb in "svtq" and not found["flags"]:
            quoted = _quote('"')([value]).data if verb == "q" else text_of(value)
            parts.append(quoted if isinstance(quoted, Text) else plain(""))
        elif has_hole(value):
            parts.append(hole("printf"))
        else:
            parts.append(plain(_formatted(found["flags"], verb, value), value.place))
    return Value(joined((*parts, plain(form[at:]))))


def _formatted(flags: str, verb: str, value: Value) -> str:
    if len(flags) > 6:
        raise FunctionError("the format is too wide")
    data: str | int | float = word(value)
    if verb in "dxXc":
        data = number(value)
    elif verb in "fg":
        data = real(value)
    return f"%{flags}{'s' if verb in 'vtq' else verb}" % data


def _replace(given: Arguments) -> Value:
    old, new = word(given[0]), word(given[1])
    return Value(text_of(given[2]).mapped(lambda part: part.replace(old, new)))


def _b64enc(given: Arguments) -> Value:
    return Value(plain(base64.b64encode(word(given[0]).encode()).decode(), given[0].place))


def _split(given: Arguments) -> Value:
    parts = word(given[1]).split(word(given[0]) or None)
    return Value(Mapping({f"_{index}": Value(plain(part, given[1].place)) for index, part in enumerate(parts)}))


def _split_list(given: Arguments) -> Value:
    return Value([Value(plain(part, given[1].place)) for part in word(given[1]).split(word(given[0]) or None)])


def _join(given: Arguments) -> Value:
    items = given[1].data if isinstance(given[1].data, list) else [given[1]]
    parts = [part for one in items for part in (plain(word(given[0])), text_of(one))]
    return Value(joined(parts[1:]))


def _repeat(given: Arguments) -> Value:
    if number(given[0]) * len(text_of(given[1]).text) > _LONGEST:
        raise FunctionError("the text is too long")
    return Value(joined([text_of(given[1])] * max(0, number(given[0]))))


def _json(value: Value) -> object:
    data = value.data
    if isinstance(data, Mapping):
        return {key: _json(one) for key, one in sorted(data.entries.items())}
    if isinstance(data, list):
        return [_json(one) for one in data]
    return data.text if isinstance(data, Text) else data


def _to_json(given: Arguments) -> Value:
    if has_hole(given[0]):
        raise FunctionError("a part is not known")
    return Value(plain(json.dumps(_json(given[0]), separators=(",", ":"), ensure_ascii=False), given[0].place))


def _from_yaml(given: Arguments) -> Value:
    """What a text says as YAML, or JSON: each value with its place, as far as the text has one."""
    text = text_of(given[0]).proper
    if len(text.text) > _LONGEST or _ALIAS.search(text.text):
        raise FunctionError("it takes too long to read")
    documents, notices = load_documents(Rendered.of("", text))
    if notices or len(documents) > 1:
        raise FunctionError("it is no YAML")
    return _where_written(from_node(documents[0].root)) if documents else Value(Mapping({}))


def _where_written(value: Value) -> Value:
    """The value with those of its places that are in a file."""
    data = value.data
    if isinstance(data, Mapping):
        data = Mapping({key: _where_written(one) for key, one in data.entries.items()}, data.missing)
    elif isinstance(data, list):
        data = [_where_written(one) for one in data]
    elif isinstance(data, Text):
        data = Text(piece if _is_file(piece.place) else replace(piece, place=None) for piece in data.pieces)
    place, key = (one if _is_file(one) else None for one in (value.place, value.key))
    return Value(data, place, key)


def _is_file(place: Location | Source | None) -> bool:
    return place is not None and place.path != ""


FUNCTIONS: ReadOnly[str, Callable[[Arguments], Value]] = {
    **NUMBERS,
    **PATTERNS,
    "quote": _quote('"'),
    "squote": _quote("'"),
    "toString": _on_text(lambda text: text),
    "toJson": _to_json,
    "toRawJson": _to_json,
    "fromYaml": _from_yaml,
    "fromYamlArray": _from_yaml,
    "fromJson": _from_yaml,
    "fromJsonArray": _from_yaml,
    "lower": _on_pieces(str.lower),
    "upper": _on_pieces(str.upper),
    "title": _on_pieces(str.title),
    "trim": _on_text(lambda text: text.stripped(None, None)),
    "trimAll": lambda given: Value(text_of(given[1]).stripped(word(given[0]), word(given[0]))),
    "trimSuffix": _trim_suffix,
    "trimPrefix": _trim_prefix,
    "trunc": _trunc,
    "nospace": _on_pieces(lambda part: "".join(part.split())),
    "replace": _replace,
    "indent": _indent,
    "nindent": _nindent,
    "printf": _printf,
    "print": lambda given: Value(joined(text_of(one) for one in given)),
    "println": lambda given: Value(joined((*(text_of(one) for one in given), plain("\n")))),
    "cat": lambda given: Value(joined(part for one in given for part in (plain(" "), text_of(one))).stripped(None)),
    "join": _join,
    "repeat": _repeat,
    "split": _split,
    "splitList": _split_list,
    "b64enc": _b64enc,
    "base": lambda given: Value(plain(posixpath.basename(word(given[0])), given[0].place)),
    "dir": lambda given: Value(plain(posixpath.dirname(word(given[0])), given[0].place)),
    "fail": lambda given: Value(plain("")),
    "urlquery": _on_text(lambda text: text),
}
# Of these a text that is known in part only still gives a text; the others need all of it.
KEEP_HOLES = frozenset(
    {"quote", "squote", "toString", "lower", "upper", "title", "trim", "trimAll", "trimSuffix", "trimPrefix", "trunc"}
    | {"nospace", "replace", "indent", "nindent", "printf", "print", "println", "cat", "join", "fail", "urlquery"}
)
