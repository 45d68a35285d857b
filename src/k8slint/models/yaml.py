"""YAML and JSON text to documents with positions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from msgspec import Struct

from k8slint.location import Notice, NoticeLevel
from k8slint.models.source import Source
from k8slint.models.yaml_nodes import (
    Entry,
    Node,
    Scalar,
    YamlMapping,
    YamlSequence,
    as_bool,
    as_int,
    is_null,
    mappings,
    string_map,
    strings,
    text,
)
from k8slint.models.yaml_templates import Masked, has_expression, is_template, mask, template_kind
from k8slint.models.yaml_tree import ParserEvent, TemplatedError, TreeBuilder, UnreadableError
from k8slint.regex import regex

__all__ = [
    "Document",
    "Entry",
    "Node",
    "Scalar",
    "YamlMapping",
    "YamlSequence",
    "as_bool",
    "as_int",
    "has_expression",
    "is_null",
    "is_template",
    "load_documents",
    "mappings",
    "string_map",
    "strings",
    "text",
]

# Before "---" at the start of a line, and between the JSON documents of a stream.
_BOUNDARY = regex(r"^(?:(?=---(?:[ \t\r\n]|\Z))|(?:(?<=\}\n)|(?<=\}\r\n))(?=\{(?![{%#])))", re.MULTILINE)
_DIRECTIVES = regex(r"(?:[ \t\r\n]*(?:#|%(?!%))[^\n]*(?:\n|\Z))*\s*")
# libyaml compares every %TAG with every other one; no honest document has this many.
_MAX_DIRECTIVES = 20
# libyaml, which knows YAML 1.1, refuses ``[nginx:1.25]``, ``[::1]`` and JSON's pairs of escapes for one character;
# YAML 1.2 and Kubernetes take them.
_STRICTER = (
    "found invalid Unicode character escape code",
    "found unexpected ':'",
    "did not find expected node content",
    "did not find expected ',' or ']'",
    "did not find expected ',' or '}'",
)
_CONTROL_CHARACTER = regex("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HINTS = (
    ("mapping values are not allowed", "a second ': ' in one line; quote the value, or mend the indentation"),
    ("found character that cannot start any token", "quote a value that begins with this character"),
    ("could not find expected ':'", "a line without ': ' among keys"),
    ("did not find expected key", "the indentation differs from the line before"),
    ("did not find expected '-' indicator", "the indentation differs from the items before"),
    ("found unexpected end of stream", "a quote is not closed"),
)


class Document(Struct, frozen=True, array_like=True):
    """One YAML document. ``templated`` tells whether a template engine fills in a part that stands outside quotes."""

    root: Node
    templated: bool

    @property
    def line(self) -> int:
        return self.root.location.line

    @property
    def end_line(self) -> int:
        return self.root.location.end_line


def load_documents(source: Source, wanted: Callable[[str], bool] | None = None) -> tuple[list[Document], list[Notice]]:
    """The documents of a file, and notices for those that cannot be read.

    Documents are separated before they are parsed, so that a broken one does not lose the others; those whose text
    ``wanted`` turns down are not parsed. Anchors and aliases are resolved by reference, merge keys merged, empty
    documents left out. A document that is a template is left out with a note; one whose values alone are templates
    is read.
    """
    documents: list[Document] = []
    notices: list[Notice] = []
    for start, end in _split(source.text):
        start += source.text.startswith("\ufeff", start)  # noqa: PLW2901
        content = source.text[start:end]
        if _DIRECTIVES.fullmatch(content) is None and (wanted is None or wanted(content)):
            found, problems = _load(source, start, content)
            documents += found
            notices += problems
    return documents, notices


def _split(content: str) -> Iterator[tuple[int, int]]:
    """Where each document begins and ends; ``---`` at the start of a line ends one whatever it stands in."""
    start = 0
    for boundary in _BOUNDARY.finditer(content):
        if boundary.start() > start:
            yield start, boundary.start()
        start = boundary.start()
    if start < len(content):
        yield start, len(content)


def _load(source: Source, start: int, content: str) -> tuple[list[Document], list[Notice]]:
    """The documents in ``content``, which begins at index ``start`` of the file, and notices."""
    from ruamel.yaml.error import YAMLError  # slow to import, and most files need no parser

    documents: list[Document] = []
    notices: list[Notice] = []
    masked = mask(content)
    first: Exception | None = None
    for events in (_events, _exact_events):
        documents, notices = [], []
        try:
            if content.count("\n%") > _MAX_DIRECTIVES:
                raise UnreadableError(f"more than {_MAX_DIRECTIVES} lines begin with '%'", 0)
            builder = TreeBuilder(source, start, masked, notices)
            for root, templated in builder.build(events(masked.text)):
                documents.append(Document(root, templated))
        except TemplatedError as error:
            notices.append(_template_notice(source, start + error.offset, template_kind(content)))
        except UnreadableError as error:
            notices.append(_error_notice(source, start + error.offset, error.reason))
        except (YAMLError, ValueError, OverflowError) as error:
            first = first or error
            if events is _events and getattr(error, "problem", None) in _STRICTER:
                continue
            notices.append(_failure(first, source, start, content, masked))
        break
    return documents, notices


def _events(content: str) -> Iterator[ParserEvent]:
    """The parser's events, from libyaml where ruamel.yaml.clib is installed.

    Only events: ruamel's composer recurses, and a file of nested brackets overflows the C stack and kills the process.
    """
    try:
        from _ruamel_yaml import CParser
    except ImportError:
        return _exact_events(content)
    return iter(CParser(content).get_event, None)


def _exact_events(content: str) -> Iterator[ParserEvent]:
    """The events of ruamel's own parser: ten times slower, and it takes all of YAML 1.2."""
    from ruamel.yaml import YAML

    return iter(YAML(typ="safe", pure=True).parse(content))


def _failure(error: Exception, source: Source, start: int, content: str, masked: Masked) -> Notice:
    """What to say of a text that does not parse: that it is a template, if that is why, else what is wrong with it."""
    offset, reason = _explain(error, source, start, content)
    kind = template_kind(content)
    marks = (getattr(error, "problem_mark", None), getattr(error, "context_mark", None))
    if not kind or not masked.may_break(*(min(mark.index, len(content)) for mark in marks if mark is not None)):
        return _error_notice(source, offset, reason)
    if masked.control:
        return _template_notice(source, start + min(masked.control), kind)
    return _template_notice(source, offset, kind, reason)


def _explain(error: Exception, source: Source, start: int, content: str) -> tuple[int, str]:
    """Where a parser's error is, and what it means, in words that name lines of the file."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        found = _CONTROL_CHARACTER.search(content)
        if found is None:
            # ruamel's own parser lets Python's errors through: of chr() and int() for absurd numbers.
            return start, "a number in an escape or a directive is out of range"
        return start + found.start(), f"the control character {found.group()!r} is not allowed"
    offset = start + min(mark.index, len(content))
    problem = str(getattr(error, "problem", None) or error).replace("in this context", "here")
    if problem.startswith("found character") and content[mark.index : mark.index + 1] == "\t":
        return offset, "found a tab where YAML wants spaces"
    hint = next((f" ({hint})" for words, hint in _HINTS if words in problem), "")
    context = getattr(error, "context", None)
    context_mark = getattr(error, "context_mark", None)
    if context is None or context_mark is None:
        return offset, f"{problem}{hint}"
    line, _ = source.position(start + min(context_mark.index, len(content)))
    return offset, f"{problem} {context} that starts in line {line}{hint}"


def _error_notice(source: Source, offset: int, reason: str) -> Notice:
    line, _ = source.position(offset)
    return Notice(
        source.line_span(line),
        f"cannot be read as YAML: line {line}: {reason}",
        NoticeLevel.ERROR,
    )


def _template_notice(source: Source, offset: int, kind: str, reason: str = "") -> Notice:
    line, _ = source.position(offset)
    because = f" (line {line}: {reason})" if reason else ""
    return Notice(source.line_span(line), f"{kind}: not read without rendering{because}", NoticeLevel.NOTE)
