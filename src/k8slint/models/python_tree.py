"""The syntax tree of a Python text, for questions that the facts of a file do not answer."""

from __future__ import annotations

import ast
import warnings


def syntax_tree(text: str) -> ast.Module | None:
    """The tree; None for what cannot be parsed, which is a notice of whoever read the file first."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
