"""What a YAML document is made of: mappings, sequences and scalars, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias, Union

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.yaml_templates import has_expression
from k8slint.regex import regex

# YAML 1.1, as Kubernetes' reader (sigs.k8s.io/yaml) takes them: https://yaml.org/type/bool.html
_TRUE = frozenset(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"))
_FALSE = frozenset(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"))
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_NULL_TAG = "tag:yaml.org,2002:null"
# An unsigned 64-bit number has 20 decimal and 64 binary digits; nothing in Kubernetes is longer.
_INTEGER = regex(r"(?P<sign>[-+]?)(?P<digits>0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9][0-9]*|0)")
_LONGEST_INTEGER = 70


class Scalar(Struct, frozen=True, tag=True, array_like=True):
    """A single value.

    ``text`` is the value after unquoting and folding, ``style`` is "plain", "single", "double", "literal", "folded",
    "template" (plain, and a template engine fills in at least a part of it) or "complex" (a key that is no scalar, as
    written). ``tag`` is the explicit tag in its long form, or "".

    ``location`` is the place of the value without its anchor and tag; a block scalar begins at its ``|`` or ``>``.
    ``content_line`` and ``content_column`` are where ``text`` itself begins: line N of a literal block's text (from 1)
    stands in line ``content_line + N - 1`` of the file, at ``content_column``.
    """

    text: str
    style: str
    tag: str
    location: Location
    content_line: int
    content_column: int

    def line_locations(self) -> Iterator[Location]:
        """The place of each line of ``text``.

        Exact in a literal block; elsewhere folding and escapes move text between lines, and the place is the scalar's.
        """
        for at, line in enumerate(self.text.split("\n")):
            if self.style != "literal":
                yield self.location
                continue
            number = self.content_line + at
            end = self.content_column + len(line)
            yield Location(self.location.path, number, self.content_column, number, end)


class Entry(Struct, frozen=True, array_like=True):
    key: Scalar
    value: Node


class YamlMapping(Struct, frozen=True, tag=True, array_like=True):
    """A mapping with unique keys in the order written; what ``<<`` merges in comes last and never replaces a key."""

    entries: tuple[Entry, ...]
    location: Location

    def get(self, *route: str | int) -> Node | None:
        """The node at the end of ``route`` through mappings (keys) and sequences (numbers); None where there is none.

        Where a template stands in the way, or as a key beside the one looked for, nobody can say what there will be:
        then the scalar that holds the template is returned, so that None always means missing.
        """
        node: Node | None = self
        for step in route:
            if isinstance(node, YamlMapping) and isinstance(step, str):
                entry = node.entry(step)
                node = entry.value if entry is not None else node.template()
            elif isinstance(node, YamlSequence) and isinstance(step, int):
                node = node.items[step] if 0 <= step < len(node.items) else None
            elif isinstance(node, Scalar) and has_expression(node.text):
                return node
            else:
                return None
        return node

    def entry(self, key: str) -> Entry | None:
        """The entry of ``key``."""
        for entry in self.entries:  # a loop and no generator: nothing is called as often as this
            if entry.key.text == key:
                return entry
        return None

    def template(self) -> Scalar | None:
        """The key that is filled in later and may turn into any key, if there is one."""
        for entry in self.entries:
            if has_expression(entry.key.text):
                return entry.key
            if entry.key.text == "<<" and isinstance(entry.value, Scalar) and has_expression(entry.value.text):
                return entry.value
        return None

    def items(self) -> Iterator[tuple[str, Node]]:
        """Keys and values."""
        return ((entry.key.text, entry.value) for entry in self.entries)


class YamlSequence(Struct, frozen=True, tag=True, array_like=True):
    items: tuple[Node, ...]
    location: Location


Node: TypeAlias = Union[Scalar, YamlMapping, YamlSequence]  # noqa: UP007  # 3.10 cannot use | on a recursive alias


def is_null(node: Node | None) -> bool:
    """Whether a node is missing or null."""
    if node is None:
        return True
    return isinstance(node, Scalar) and (
        node.tag == _NULL_TAG or (node.style == "plain" and not node.tag and node.text in _NULL)
    )


def text(node: Node | None) -> str | None:
    """The text of a scalar; None for anything else, and for null."""
    return node.text if isinstance(node, Scalar) and not is_null(node) else None


def as_int(node: Node | None) -> int | None:
    """The number that Kubernetes' reader makes of a plain scalar (Go's base prefixes, leading 0 for octal)."""
    if not isinstance(node, Scalar) or node.style != "plain" or node.tag not in ("", "tag:yaml.org,2002:int"):
        return None
    found = _INTEGER.fullmatch(node.text.replace("_", "")) if len(node.text) <= _LONGEST_INTEGER else None
    if found is None:
        return None
    digits = found["digits"].lower()
    if digits.startswith("0") and digits.isdigit():
        digits = "0o" + digits
    number = int(digits, 0)
    return -number if found["sign"] == "-" else number


def as_bool(node: Node | None) -> bool | None:
    """The truth of a plain scalar, None for anything else; quoted words are strings."""
    if not isinstance(node, Scalar) or node.style != "plain" or node.tag not in ("", "tag:yaml.org,2002:bool"):
        return None
    if node.text in _TRUE:
        return True
    return False if node.text in _FALSE else None


def strings(node: Node | None) -> tuple[str, ...] | None:
    """The texts of a sequence of scalars, null as ""; None for anything else."""
    if not isinstance(node, YamlSequence):
        return None
    found = tuple(item.text for item in node.items if isinstance(item, Scalar))
    return found if len(found) == len(node.items) else None


def string_map(node: Node | None) -> dict[str, str]:
    """The entries of a mapping whose values are scalars, such as labels; empty for anything else."""
    if not isinstance(node, YamlMapping):
        return {}
    return {key: text(value) or "" for key, value in node.items() if isinstance(value, Scalar)}


def mappings(node: Node | None) -> tuple[YamlMapping, ...]:
    """The mappings among the items of a sequence; none for anything else."""
    items = node.items if isinstance(node, YamlSequence) else ()
    return tuple(item for item in items if isinstance(item, YamlMapping))
