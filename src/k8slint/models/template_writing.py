"""The text that a value of a template is written as: printed as it is, or as YAML."""

from __future__ import annotations

import json
from collections.abc import Iterator

from k8slint.models.template_text import Text, hole, joined, plain
from k8slint.models.template_values import DEEPEST, Mapping, Unknown, Value
from k8slint.regex import regex

_PLAIN = regex(r"[A-Za-z_/][\w./-]*(?: [\w./-]+)*")
_WORDS = ("true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf")


def printed(value: Value) -> Text:
    """What ``{{ value }}`` prints."""
    data = value.data
    if isinstance(data, Text):
        return data
    if isinstance(data, Unknown):
        return hole(data.written)
    if isinstance(data, Mapping):
        inner = joined(part for key, one in sorted(data.entries.items()) for part in (plain(f" {key}:"), printed(one)))
        return joined((plain("map["), inner.stripped(left=None), plain("]")))
    if isinstance(data, list):
        inner = joined(part for one in data for part in (plain(" "), printed(one)))
        return joined((plain("["), inner.stripped(left=None), plain("]")))
    return plain(number_text(data), value.place)


def number_text(data: bool | int | float | None) -> str:
    """How Go prints what is no text."""
    if data is None:
        return ""
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, float) and data.is_integer() and abs(data) < 1e21:
        return str(int(data))
    return str(data)


def as_yaml(value: Value) -> Text:
    """What ``toYaml`` gives: without a line end."""
    return joined(part for index, line in enumerate(_lines(value, 0)) for part in _line(index, line))


def _line(index: int, line: Text) -> tuple[Text, ...]:
    return (plain("\n"), line) if index else (line,)


def _lines(value: Value, depth: int) -> Iterator[Text]:
    data = value.data
    if depth > DEEPEST:
        yield hole("toYaml")
    elif isinstance(data, Mapping) and data.entries:
        for key, one in data.entries.items():
            name = joined((_quoted(plain(key, one.key or value.place)), plain(":", one.key or value.place)))
            yield from _entry(name, one, depth, "  " if isinstance(one.data, Mapping) else "")
    elif isinstance(data, list) and data:
        for one in data:
            rest = _lines(one, depth + 1)
            yield joined((plain("- ", one.place), next(rest)))
            for line in rest:
                yield joined((plain("  "), line))
    elif isinstance(data, Text):
        yield from _text_lines(data)
    else:
        empty = {Mapping: "{}", list: "[]", type(None): "null"}.get(type(data))
        yield plain(empty, value.place or value.key) if empty is not None else printed(value)


def _entry(name: Text, value: Value, depth: int, indent: str) -> Iterator[Text]:
    nests = isinstance(value.data, (Mapping, list)) and bool(
        value.data.entries if isinstance(value.data, Mapping) else value.data
    )
    rest = _lines(value, depth + 1)
    if nests:
        yield name
        for line in rest:
            yield joined((plain(indent), line))
        return
    yield joined((name, plain(" "), next(rest)))
    for line in rest:
        yield joined((plain("  "), line)) if line.text else line


def _text_lines(text: Text) -> Iterator[Text]:
    """A text as a scalar: a block where it has lines, which keeps the place of each."""
    content = text.text
    if "\n" not in content.rstrip("\n") or not content.strip() or content.startswith((" ", "\n", "\t")):
        yield _quoted(text)
        return
    ending = {0: "-", 1: ""}.get(len(content) - len(content.rstrip("\n")), "+")
    yield plain(f"|{ending}", text.place)
    lines = list(text.lines())
    yield from lines[: -1 if content.endswith("\n") else None]


def _quoted(text: Text) -> Text:
    """A text of one line as a scalar that is read as that text."""
    if _PLAIN.fullmatch(text.text) and text.text.lower() not in _WORDS:
        return text
    if text.is_all_hole:
        return text
    mark = plain('"', text.place)
    return joined((mark, text.mapped(lambda part: json.dumps(part, ensure_ascii=False)[1:-1]), mark))
