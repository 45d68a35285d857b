"""Patterns in ``.gitignore`` syntax: reading them with care and asking them about paths."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

NAME = ".gitignore"
SIZE_LIMIT = 64 * 1024
_PATTERNS_LIMIT = 2000
_LENGTH_LIMIT = 512


class Patterns(Struct, frozen=True):
    """Patterns that hold below ``base``, an absolute folder."""

    base: str
    spec: GitIgnoreSpec

    def verdict(self, full: str, is_folder: bool) -> bool | None:
        """True: ignored, False: asked for by ``!``, None: not mentioned. ``full`` is absolute."""
        relative = full[len(self.base) :].lstrip(os.sep).replace(os.sep, "/")
        return self.spec.check_file(f"{relative}/" if is_folder else relative).include


def is_ignored(chain: tuple[Patterns, ...], full: str, is_folder: bool) -> bool:
    """Whether the innermost patterns that mention ``full`` ignore it; ``chain`` goes from the outermost folder in."""
    for patterns in reversed(chain):
        verdict = patterns.verdict(full, is_folder)
        if verdict is not None:
            return verdict
    return False


def compile_patterns(base: str, lines: Iterable[str]) -> tuple[Patterns, tuple[int, ...]]:
    """The patterns in ``lines``, and the numbers (from 1) of the lines that could not be used."""
    from pathspec import GitIgnoreSpec  # slow to import, and many trees have no patterns

    written = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    usable = {number: line for number, line in written[:_PATTERNS_LIMIT] if _is_cheap(line)}
    spec = _compiled(usable.values())
    if spec is None:
        usable = {number: line for number, line in usable.items() if _compiled([line])}
        spec = GitIgnoreSpec.from_lines(usable.values())
    return Patterns(base, spec), tuple(number for number, _ in written if number not in usable)


def _compiled(lines: Iterable[str]) -> GitIgnoreSpec | None:
    from pathspec import GitIgnoreSpec

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of re, about brackets that are legal and look odd
            return GitIgnoreSpec.from_lines(lines)
    except (ValueError, re.error):
        return None


def _is_cheap(line: str) -> bool:
    """Whether matching cannot explode.

    The patterns become backtracking regular expressions. Each ``**`` and each star after the first within one name
    multiplies the time by the length of the path, so that a hostile file of one line could take minutes a path.
    """
    segments = line.strip().split("/")
    surplus = sum(max(segment.count("*") - 1, 0) for segment in segments if segment != "**")
    return len(line) <= _LENGTH_LIMIT and surplus <= 2 and surplus + segments.count("**") <= 3
