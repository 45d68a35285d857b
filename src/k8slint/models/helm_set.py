"""What ``--set`` gives a Helm chart: https://helm.sh/docs/intro/using_helm/#the-format-and-limitations-of---set"""

from __future__ import annotations

from k8slint.location import Location
from k8slint.models.template_text import Piece, Text
from k8slint.models.template_values import Mapping, Missing, Value, merged, unknown
from k8slint.regex import regex

_OPEN = regex(r"\$|\{\{|\0|<|%\(")
_INTEGER = regex(r"-?(0|[1-9]\d{0,17})")
_MOST_PARTS = 200


def set_values(written: str, place: Location, *, as_text: bool = False) -> Value:
    """The values that ``a.b=1,c=d`` gives.

    What a variable fills in, and a list of which one item is set, are unknown.
    """
    found = Value(Mapping({}, Missing.UNSET))
    for part in _split(written, ",")[:_MOST_PARTS]:
        name, equals, value = part.partition("=")
        if equals and name.strip():
            found = merged(found, set_value(name.strip(), value, place, as_text=as_text))
    return found


def set_value(name: str, written: str, place: Location, *, as_text: bool = False) -> Value:
    """The values in which the path ``name`` has one value."""
    keys = [key.replace("\\", "") for key in _split(name, ".")]
    indexed = next((at for at, key in enumerate(keys) if "[" in key), None)
    value = _value(written, place, as_text)
    if indexed is not None:
        value = unknown(f".Values.{name}")
        keys = [*keys[:indexed], keys[indexed].partition("[")[0]]
    for key in reversed(keys):
        value = Value(Mapping({key: value}, Missing.UNSET), place, place)
    return value


def _value(written: str, place: Location, as_text: bool) -> Value:
    if _OPEN.search(written) or written.startswith(("[", '"')):
        return unknown(written.replace("\0", "?"))
    if written.startswith("{") and written.endswith("}"):
        return Value([_value(one, place, as_text) for one in _split(written[1:-1], ",") if one], place, place)
    if not as_text:
        if written in ("true", "false"):
            return Value(written == "true", place, place)
        if written == "null":
            return Value(None, place, place)
        if _INTEGER.fullmatch(written):
            return Value(int(written), place, place)
    return Value(Text((Piece(written.replace("\\", ""), place, 0, "value"),)), place, place)


def _split(text: str, mark: str) -> list[str]:
    """``text`` cut at each ``mark`` that is neither escaped nor within braces."""
    parts = [""]
    depth = 0
    escaped = False
    for letter in text:
        depth += (letter == "{") - (letter == "}")
        if letter == mark and depth <= 0 and not escaped:
            parts.append("")
        else:
            parts[-1] += letter
        escaped = letter == "\\" and not escaped
    return parts
