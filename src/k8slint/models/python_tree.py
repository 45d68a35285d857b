"""The syntax tree of a Python text, for questions that the facts of a file do not answer."""

from __future__ import annotations

import ast
import sys
import warnings

from k8slint.regex import regex

# What nests one level deeper each time that it is written, without a bracket that the parser counts.
_NESTING = regex(r"[-+*/%@&|^.(\[]")
_APART = regex(r"[,;:=]")
_DEEPEST = 5_000


def syntax_tree(text: str) -> ast.Module | None:
    """The tree; None for what cannot be parsed, which is a notice of whoever read the file first."""
    if ends_python(text):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def ends_python(text: str) -> bool:
    """Whether parsing may end the process: Python 3.10 recurses without a limit where it makes the tree (measured)."""
    if sys.version_info >= (3, 11):
        return False
    # A part of the text that is long enough to hold so many.
    return any(len(part) > _DEEPEST and len(_NESTING.findall(part)) > _DEEPEST for part in _APART.split(text))
