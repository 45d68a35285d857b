"""Changed files as unified diffs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import unified_diff

from k8slint.models.source import decode
from k8slint.project import FileText


def unified(before: Mapping[str, FileText], changed: Mapping[str, FileText]) -> str:
    """What ``git apply`` takes, file by file in the order of their paths."""
    return "".join("".join(_file(path, before[path], changed[path])) for path in sorted(changed))


def _file(path: str, before: FileText, after: FileText) -> Iterator[str]:
    old, new = (_lines(decode(path, one.data).text) for one in (before, after))
    for line in unified_diff(old, new, f"a/{path}", f"b/{path}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    """Lines that end at line feeds only, each with its end."""
    lines = text.split("\n")
    return [*(f"{line}\n" for line in lines[:-1]), *([lines[-1]] if lines[-1] else [])]
