"""Every call of a Python file, for questions that no list of wanted calls can be written for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from k8slint.location import Location
from k8slint.models.python import Call, Interest, PythonFile, PythonSyntaxError, parse_python
from k8slint.models.source import Source


def in_full(module: PythonFile) -> PythonFile:
    """``module`` read again with all of its calls; itself where it cannot be parsed."""
    return _read(module.path, module.source.text) or module


def calls_around(module: PythonFile, at: Location) -> Iterator[Call]:
    """The calls that have what stands at a place among their arguments."""
    for call in in_full(module).calls:
        starts = (call.location.line, call.location.column) < (at.line, at.column)
        if starts and (at.end_line, at.end_column) <= (call.location.end_line, call.location.end_column):
            yield call


# Rules ask one after the other for every module that runs: what holds fewer than those forgets each before it is
# asked for again.
@lru_cache(maxsize=8192)
def _read(path: str, text: str) -> PythonFile | None:
    try:
        return parse_python(Source(path, text), Interest(frozenset(), everything=True))
    except PythonSyntaxError:
        return None
