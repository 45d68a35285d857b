"""Which template a rendered manifest says that it was made from."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator

from msgspec.structs import replace

from k8slint.location import whole_file
from k8slint.models.source import Source
from k8slint.regex import regex
from k8slint.rule import Finding

# What `helm template` writes above each document.
_MARK = regex(r"^(?:---[ \t]*|# Source: (?P<template>\S+)[ \t]*)\r?$", re.MULTILINE)


def named_after_template(
    findings: Iterable[Finding], source: Callable[[str], Source], by_helm: Collection[str] = ()
) -> Iterator[Finding]:
    """The findings; those in a rendered manifest also name the template, where the manifest says so in a comment.

    ``by_helm`` are templates that helm has rendered: not every line of what it writes can be found in them.
    """
    known: dict[str, _Templates] = {}
    for finding in findings:
        path = finding.location.path
        if path in by_helm:
            is_placed = finding.location != whole_file(path)
            message = f"{finding.message} (helm template makes this, of a line of the template that is not known)"
            yield finding if is_placed else replace(finding, message=message)
            continue
        if path not in known:
            known[path] = _Templates(source, path)
        template = known[path].at(finding.location.line)
        message = f"{finding.message} (rendered from {template})"
        yield replace(finding, message=message) if template else finding


class _Templates:
    """The templates of one file, by line."""

    def __init__(self, source: Callable[[str], Source], path: str) -> None:
        self._lines: list[int] = []
        self._names: list[str] = []
        if not path.endswith((".yaml", ".yml", ".json")):
            return
        try:
            text = source(path)
        except KeyError:
            return  # A rule named a file that was not read.
        for mark in _MARK.finditer(text.text) if "\n# Source: " in f"\n{text.text}" else ():
            self._lines.append(text.position(mark.start())[0])
            self._names.append(mark["template"] or "")

    def at(self, line: int) -> str:
        """The template that a line was made from, "" where nothing says so."""
        found = bisect_right(self._lines, line) - 1
        return self._names[found] if found >= 0 else ""
