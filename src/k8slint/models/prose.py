"""Commands that people are told to type: code in Markdown, and comments."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.source import Source
from k8slint.regex import regex

_FENCE = regex(r"^ {0,12}(```+|~~~+)")
_PROMPT = regex(r"^\s*(?:[$>%]\s+|\w+@\S+[$#]\s+)")
_INLINE = regex(r"`([^`\n]+)`")
_HASH = regex(r"^\s*#+\s?(.*)$")


class Snippet(Struct, frozen=True):
    """Text that may be shell, with the place of each of its lines."""

    text: str
    lines: tuple[Location, ...]


def markdown_code(source: Source) -> Iterator[Snippet]:
    """Each fenced block, each run of indented lines, and each line of code within a sentence; prompts are removed."""
    fence = ""
    block: list[int] = []
    for number in range(1, source.line_count + 1):
        line = source.line(number)
        found = _FENCE.match(line)
        if fence:
            if found is not None and found[1].startswith(fence):
                yield _snippet(source, block)
                fence, block = "", []
            else:
                block.append(number)
        elif found is not None:
            if block:
                yield _snippet(source, block)
            fence, block = found[1], []
        elif line.startswith(("    ", "\t")):
            block.append(number)
        else:
            if block:
                yield _snippet(source, block)
                block = []
            for code in _INLINE.finditer(line):
                yield Snippet(code[1], (source.line_span(number),))
    if block:
        yield _snippet(source, block)


def commented_code(source: Source) -> Iterator[Snippet]:
    """Each run of lines that are comments, without their hashes."""
    block: list[int] = []
    texts: list[str] = []
    for number in range(1, source.line_count + 2):
        found = _HASH.match(source.line(number)) if number <= source.line_count else None
        if found is not None:
            block.append(number)
            texts.append(_PROMPT.sub("", found[1]))
        elif block:
            yield Snippet("\n".join(texts), tuple(source.line_span(one) for one in block))
            block, texts = [], []


def _snippet(source: Source, block: list[int]) -> Snippet:
    text = "\n".join(_PROMPT.sub("", source.line(number)) for number in block)
    return Snippet(text, tuple(source.line_span(number) for number in block))
