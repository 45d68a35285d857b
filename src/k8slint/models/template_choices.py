"""The functions of Helm charts that choose among values: ``default``, ``or``, ``ternary`` and their like."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as ReadOnly

from k8slint.models.template_numbers import Arguments
from k8slint.models.template_values import NIL, Missing, Unknown, Value, truth, unknown, unset

Function = Callable[[Arguments, str], Value]


def default(given: Arguments, written: str) -> Value:
    wanted, value = given[0], given[-1] if len(given) > 1 else NIL
    if isinstance(value.data, Unknown):
        if value.data.is_unset:
            return wanted
        held, _ = truth(value)
        return unknown(written, value if held else wanted)
    held, is_sure = truth(value)
    return (value if held else wanted) if is_sure else unknown(written, value)


def _coalesce(given: Arguments, written: str) -> Value:
    for one in given:
        held, is_sure = truth(one)
        is_unset = isinstance(one.data, Unknown) and one.data.is_unset
        if not is_sure and not is_unset:
            return unknown(written, next((value for value in given if truth(value)[0]), NIL))
        if held:
            return one
    return next((one for one in given if isinstance(one.data, Unknown)), NIL)


def _either(wanted: bool) -> Function:
    """``or`` gives the first operand that holds, ``and`` the first that does not, else the last."""

    def choose(given: Arguments, written: str) -> Value:
        is_certain = True
        for one in given:
            held, is_sure = truth(one)
            if held is wanted and is_sure:
                # One that decides alone, whatever the others are; but which of them is given may be open.
                return one if is_certain else Value(True) if wanted else Value(False)
            if held is wanted:
                return unknown(written, one)
            is_certain = is_certain and is_sure
        return given[-1] if is_certain else unknown(written, given[-1])

    return choose


def _ternary(given: Arguments, written: str) -> Value:
    held, is_sure = truth(given[2])
    chosen = given[0] if held else given[1]
    return chosen if is_sure else unknown(written, chosen)


def _required(given: Arguments, written: str) -> Value:
    """Helm stops where the value is empty: then an installation sets it."""
    value = given[1]
    return value if truth(value) == (True, True) else unset(written, Missing.ELSEWHERE)


CHOICES: ReadOnly[str, Function] = {
    "default": default,
    "coalesce": _coalesce,
    "or": _either(True),
    "and": _either(False),
    "ternary": _ternary,
    "required": _required,
}
