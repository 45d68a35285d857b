"""Changed files as unified diffs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import unified_diff

from k8slint.fix.edits import applied
from k8slint.models.source import Source, decode
from k8slint.project import FileText
from k8slint.repair import Edit


def unified(before: Mapping[str, FileText], changed: Mapping[str, FileText]) -> str:
    """What ``git apply`` takes, file by file in the order of their paths."""
    texts = ((path, *(decode(path, files[path].data).text for files in (before, changed))) for path in sorted(changed))
    return "".join("".join(_file(path, old, new)) for path, old, new in texts)


def of_edits(edits: Sequence[Edit], source: Callable[[str], Source]) -> str:
    """The same for edits of the files that ``source`` gives."""
    parts: list[str] = []
    for path in sorted({edit.location.path for edit in edits}):
        before = source(path)
        parts += _file(path, before.text, applied(before, [one for one in edits if one.location.path == path]))
    return "".join(parts)


def _file(path: str, before: str, after: str) -> Iterator[str]:
    for line in unified_diff(_lines(before), _lines(after), f"a/{path}", f"b/{path}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    """Lines that end at line feeds only, each with its end."""
    lines = text.split("\n")
    return [*(f"{line}\n" for line in lines[:-1]), *([lines[-1]] if lines[-1] else [])]
