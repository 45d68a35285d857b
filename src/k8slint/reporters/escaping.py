"""Text of an untrusted tree made fit for Markdown."""

from __future__ import annotations

import re

from k8slint.reporters.terminal import visible


def in_markdown(words: str) -> str:
    """Text on one line that neither ends a cell nor becomes HTML, a link or a mention."""
    words = visible(words)
    for character in "\\|`*_[]<>@#":
        words = words.replace(character, f"\\{character}")
    return words


def in_code(text: str) -> str:
    """Text on one line between single backticks."""
    return f"`{visible(text).replace('`', chr(39))}`"


def fenced(kind: str, text: str) -> str:
    """A block of code that no line of ``text`` can end, without what changes the direction of reading."""
    lines = [_line(line) for line in text.removesuffix("\n").split("\n")]
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join((f"{fence}{kind}", *lines, fence, ""))


def _line(line: str) -> str:
    return "\t".join(visible(part) for part in line.removesuffix("\r").split("\t"))
