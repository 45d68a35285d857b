"""Parser events to a tree of nodes, in a loop: nothing in a hostile document makes it recurse or grow without bound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from msgspec import Struct, field

from k8slint.location import Location, Notice, NoticeLevel
from k8slint.models.source import Source
from k8slint.models.yaml_nodes import Entry, Node, Scalar, YamlMapping, YamlSequence
from k8slint.models.yaml_templates import Masked

MAX_DEPTH = 100
MAX_NODES = 200_000
# An alias counts one node more for as many characters, so that a long text cannot be repeated at will either.
_CHARACTERS_PER_NODE = 64
# The dump of a large cluster is one document of many MiB: what is written out counts for less than what aliases repeat.
_CHARACTERS_PER_WRITTEN_NODE = 10
_LONGEST_KEY = 200
_STYLES = {"'": "single", '"': "double", "|": "literal", ">": "folded"}


class Mark(Protocol):
    """A position in a parser's event: an index into the text."""

    @property
    def index(self) -> int: ...


class ParserEvent(Protocol):
    """What is read of a parser's event; which attributes one has depends on its class."""

    start_mark: Mark
    end_mark: Mark
    anchor: str | None
    tag: str | None
    value: str
    style: str | None
    flow_style: bool | None


class UnreadableError(Exception):
    """A document that is not read, why, and at which index of its text."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset


class TemplatedError(Exception):
    """A document whose structure depends on a template's statement at an index of its text."""

    def __init__(self, offset: int) -> None:
        super().__init__("template")
        self.offset = offset


class _Open(Struct):
    """A collection whose end has not been seen; ``count`` and ``characters`` are the builder's when it began."""

    start: int
    is_mapping: bool
    is_flow: bool
    anchor: str | None
    count: int
    characters: int
    end: int = 0
    depth: int = 0
    children: list[Node] = field(default_factory=list)


class _Anchored(Struct, frozen=True):
    """What an alias stands for: the node, how many nodes it holds, and how deep they are nested."""

    node: Node
    size: int
    depth: int


class TreeBuilder:
    """Builds the documents of ``masked``, whose text begins at index ``base`` of ``source``."""

    def __init__(self, source: Source, base: int, masked: Masked, notices: list[Notice]) -> None:
        self._source = source
        self._base = base
        self._masked = masked
        self._most = max(MAX_NODES, len(masked.text) // _CHARACTERS_PER_WRITTEN_NODE)
        self._notices = notices
        self._open: list[_Open] = []
        self._anchors: dict[str, _Anchored] = {}
        self._count = 0
        self._characters = 0
        self._templated = False
        self._root: Node | None = None

    def build(self, events: Iterable[ParserEvent]) -> Iterator[tuple[Node, bool]]:
        """The root of each document that is not empty, and whether a part outside quotes is a template.

        An alias counts as all the nodes it stands for, so whoever walks the tree meets at most ``MAX_NODES``, or one
        for every ten characters of the text.
        """
        for event in events:
            kind = type(event).__name__
            if kind == "ScalarEvent":
                self._scalar(event)
            elif kind in ("MappingStartEvent", "SequenceStartEvent"):
                self._begin(event, kind == "MappingStartEvent")
            elif kind in ("MappingEndEvent", "SequenceEndEvent"):
                self._finish(event.end_mark.index)
            elif kind == "AliasEvent":
                self._alias(event)
            elif kind == "DocumentStartEvent":
                self._anchors.clear()
                self._count, self._templated, self._root = 0, False, None
            elif kind == "DocumentEndEvent" and self._root is not None and not _is_nothing(self._root):
                yield self._root, self._templated

    def _begin(self, event: ParserEvent, is_mapping: bool) -> None:
        start = event.start_mark.index
        if len(self._open) >= MAX_DEPTH:
            raise UnreadableError(f"nested more than {MAX_DEPTH} deep", start)
        self._add(1, start)
        if event.anchor or event.tag:
            start = self._skip_properties(start)
        is_flow = bool(event.flow_style)
        self._open.append(_Open(start, is_mapping, is_flow, event.anchor, self._count, self._characters))

    def _scalar(self, event: ParserEvent) -> None:
        first, end = event.start_mark.index, event.end_mark.index
        start = self._skip_properties(first) if event.anchor or event.tag else first
        style = _STYLES.get(event.style or "", "plain")
        is_block = style in ("literal", "folded")
        if is_block:
            end = start + len(self._masked.text[start:end].rstrip())
        if first == end:
            start = end = self._empty(end)
        start = min(start, end)
        value = event.value if style != "double" or event.value.isascii() else _whole_characters(event.value)
        if self._masked.has_expression(start, end):
            value = self._masked.restore(value, start, end)
            if style == "plain":
                if self._masked.has_control_line(start, end):
                    raise TemplatedError(start)
                style, self._templated = "template", True
        self._add(1, start)
        location = self._span(start, end)
        line, column = location.line, location.column + (style in ("single", "double"))
        if is_block:
            line, column = self._source.block_start(self._base + start, value)
        node = Scalar(value, style, event.tag or "", location, line, column)
        self._characters += len(value)
        self._place(node, end, event.anchor, 1 + len(value) // _CHARACTERS_PER_NODE, 0)

    def _alias(self, event: ParserEvent) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        known = self._anchors.get(event.anchor or "")
        if known is None:
            raise UnreadableError(f"nothing before this has the anchor &{event.anchor}", start)
        if len(self._open) + known.depth > MAX_DEPTH:
            raise UnreadableError(f"nested more than {MAX_DEPTH} deep through aliases", start)
        self._add(known.size, start)
        self._place(known.node, end, None, known.size, known.depth)

    def _finish(self, end: int) -> None:
        collection = self._open.pop()
        if not collection.is_flow:
            end = collection.end
        characters = self._characters - collection.characters
        size = self._count - collection.count + 1 + characters // _CHARACTERS_PER_NODE
        location = self._span(collection.start, end)
        node: Node
        if not collection.is_mapping:
            node = YamlSequence(tuple(collection.children), location)
        elif self._masked.text.startswith("{{", collection.start):
            # An expression that the mask did not know, such as one of several lines.
            self._templated = True
            written = self._source.text[self._base + collection.start : self._base + end]
            node = Scalar(written, "template", "", location, location.line, location.column)
        else:
            node = YamlMapping(tuple(self._entries(collection)), location)
        self._place(node, end, collection.anchor, size, collection.depth + 1)

    def _entries(self, collection: _Open) -> Iterator[Entry]:
        """The entries of a mapping: of a key that is written twice the last, then what is merged in."""
        own: dict[str | int, Entry] = {}
        merged: list[YamlMapping] = []
        pairs = zip(collection.children[::2], collection.children[1::2], strict=True)
        for index, (node, value) in enumerate(pairs):
            key = self._key(node)
            if key.text == "<<" and key.style == "plain" and (found := _mappings(value)) is not None:
                merged.extend(found)
                continue
            name = index if key.style in ("template", "complex") else key.text
            first = own.pop(name, None)
            if first is not None:
                line = first.key.location.line
                message = f"the key {key.text[:_LONGEST_KEY]} is written twice, and the first, in line {line}, is lost"
                self._notices.append(Notice(key.location, message, NoticeLevel.NOTE))
            own[name] = Entry(key, value)
        yield from own.values()
        for mapping in merged:
            for entry in mapping.entries:
                if entry.key.text not in own:
                    own[entry.key.text] = entry
                    yield entry

    def _key(self, node: Node) -> Scalar:
        if isinstance(node, Scalar):
            return node
        place = node.location
        written = self._source.written(place)[:_LONGEST_KEY]
        return Scalar(written, "complex", "", place, place.line, place.column)

    def _place(self, node: Node, end: int, anchor: str | None, size: int, depth: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = _Anchored(node, size, depth)
        if not self._open:
            self._root = node
            return
        parent = self._open[-1]
        parent.children.append(node)
        parent.end = end
        parent.depth = max(parent.depth, depth)

    def _add(self, nodes: int, offset: int) -> None:
        self._count += nodes
        if self._count > self._most:
            raise UnreadableError(f"more than {self._most} values, counting what aliases stand for", offset)

    def _skip_properties(self, at: int) -> int:
        """The index of a node's own text: behind its anchor and its tag, and the blanks and comments after them."""
        content = self._masked.text
        while content[at : at + 1] in ("&", "!"):
            while at < len(content) and not content[at].isspace():
                at += 1
            while content[at : at + 1].isspace() or content[at : at + 1] == "#":
                at = max(content.find("\n", at), at) + 1 if content[at] == "#" else at + 1
        return at

    def _empty(self, at: int) -> int:
        """Where a value that is not written would be: behind its colon, which not every parser says."""
        parent = self._open[-1] if self._open else None
        if parent is None or not parent.is_mapping or len(parent.children) % 2 == 0:
            return at
        colon = self._masked.text.find(":", parent.end, at)
        return at if colon < 0 else colon + 1

    def _span(self, start: int, end: int) -> Location:
        return self._source.span(self._base + start, self._base + end)


def _whole_characters(value: str) -> str:
    """``value`` with the halves of a character, which JSON escapes one by one, put together."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _is_nothing(node: Node) -> bool:
    return isinstance(node, Scalar) and node.style == "plain" and not node.text


def _mappings(node: Node) -> tuple[YamlMapping, ...] | None:
    """What a merge key merges in: a mapping, or a sequence of them."""
    if isinstance(node, YamlMapping):
        return (node,)
    if not isinstance(node, YamlSequence):
        return None
    found = tuple(item for item in node.items if isinstance(item, YamlMapping))
    return found if len(found) == len(node.items) else None
