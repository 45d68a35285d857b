"""Every call of a Python file, for questions that no list of wanted calls can be written for."""

from __future__ import annotations

from functools import lru_cache

from k8slint.models.python import Interest, PythonFile, PythonSyntaxError, parse_python
from k8slint.models.source import Source


def in_full(module: PythonFile) -> PythonFile:
    """``module`` read again with all of its calls; itself where it cannot be parsed."""
    return _read(module.path, module.source.text) or module


@lru_cache(maxsize=256)
def _read(path: str, text: str) -> PythonFile | None:
    try:
        return parse_python(Source(path, text), Interest(frozenset(), everything=True))
    except PythonSyntaxError:
        return None
