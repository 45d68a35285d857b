"""What a call of a function comes to, whether or not all of its arguments are known."""

from __future__ import annotations

from msgspec.structs import replace

from k8slint.models.template_choices import CHOICES
from k8slint.models.template_collections import COLLECTIONS
from k8slint.models.template_functions import FUNCTIONS, KEEP_HOLES
from k8slint.models.template_numbers import ASK_KIND, LimitError
from k8slint.models.template_text import Text
from k8slint.models.template_values import Mapping, Unknown, Value, has_hole, settled, unknown

# What these give may be known although an argument is not.
_CHOOSE = frozenset(
    {"default", "coalesce", "or", "and", "ternary", "required", "toYaml", "toYamlPretty", "list", "tuple", "dict"}
    | {"merge", "mergeOverwrite", "index", "dig", "get", "set"}
)
_KEEP_REMARKS = frozenset(("indent", "nindent", "trim", "toString"))
_SELECTING = {**CHOICES, **COLLECTIONS}
_MOST_PARTS = 50_000
_LONGEST = 500_000
_DEEPEST = 50


def weight(value: Value) -> int:
    """How many parts a value has, counting what it holds twice as two. Raises ``LimitError`` for more than are sane."""
    count = 0
    waiting = [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        data = one.data
        count += 1 + (len(data.text) // 100 if isinstance(data, Text) else 0)
        if count > _MOST_PARTS or depth > _DEEPEST:
            raise LimitError("a value is too large")
        if isinstance(data, Mapping):
            waiting.extend((part, depth + 1) for part in data.entries.values())
        elif isinstance(data, list):
            waiting.extend((part, depth + 1) for part in data)
    return count


def _grows(name: str, given: list[Value]) -> bool:
    """Whether a function may give a text that is much longer than its arguments together."""
    texts = [one.data.text for one in given if isinstance(one.data, Text)]
    if name in ("indent", "nindent"):
        return any(text.count("\n") > _LONGEST // 500 for text in texts)
    if name == "replace" and len(texts) == 3:
        return len(texts[2]) * max(1, len(texts[1])) > _LONGEST and len(texts[1]) > len(texts[0])
    return name == "join" and len(texts) > 0 and len(texts[0]) > 100


def call(name: str, given: list[Value], written: str) -> Value:
    """The value of ``written``, a call of ``name``; a function that is not listed gives what is not known.

    Raises ``FunctionError``, or what Python raises for arguments that do not fit.
    """
    if _grows(name, given) or sum(len(one.data.text) for one in given if isinstance(one.data, Text)) > _LONGEST:
        raise LimitError("a text is too long")
    if name in _SELECTING:
        return _chosen(name, given, written)
    return _computed(name, given, written)


def _chosen(name: str, given: list[Value], written: str) -> Value:
    if name in _CHOOSE or not any(isinstance(one.data, Unknown) for one in given[:1]):
        return _SELECTING[name](given, written)
    return unknown(written, _SELECTING[name]([settled(one) for one in given], written))


def _computed(name: str, given: list[Value], written: str) -> Value:
    function = FUNCTIONS.get(name)
    if function is None:
        return unknown(written)
    if name not in _KEEP_REMARKS:
        given = [_proper(one) for one in given]
    is_open = any(isinstance(one.data, Unknown) for one in given)
    if name in ASK_KIND and not is_open:
        return function(given)
    if name not in KEEP_HOLES and (is_open or any(has_hole(one) for one in given)):
        otherwise = [settled(one) for one in given]
        if any(has_hole(one) for one in otherwise):
            # A text of which a part is not known, such as the namespace, is taken to be like no other.
            return unknown(written, Value(name == "ne"))
        return unknown(written, function(otherwise))
    return function(given)


def _proper(value: Value) -> Value:
    return replace(value, data=value.data.proper) if isinstance(value.data, Text) else value
