"""The text that a template renders to, as YAML documents whose places are in the chart's files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec.structs import replace

from k8slint.location import Notice, NoticeLevel
from k8slint.models.template_render import REMARK
from k8slint.models.template_text import Piece, Rendered, Text, joined, plain
from k8slint.models.yaml import Document, load_documents
from k8slint.models.yaml_nodes import Entry, Node, Scalar, YamlMapping, YamlSequence
from k8slint.regex import regex

_ALONE = regex(r"(?P<indent> *)\{\{[^\n]*\}\} *")
_KEY = regex(r" *(?:- +)*[^\s#-][^\n]*?:(?: |$)")
_BLOCK = regex(r"[:-] +[|>][-+0-9]*\s*(?:#.*)?$")


def documents(
    path: str, rendered: Text, wanted: Callable[[str], bool] | None = None
) -> tuple[list[Document], list[Notice]]:
    """The documents of ``rendered``, the rendering of the template at ``path``, and what could not be read.

    A key that the chart's values leave out is there with null, at the place in the values file that leaves it out.
    """
    text = _in_context(rendered)
    found, notices = load_documents(Rendered.of(path, text), wanted)
    if any(one.level is NoticeLevel.ERROR for one in notices) and any(one.kind == "remark" for one in text.pieces):
        found, notices = load_documents(Rendered.of(path, text.proper), wanted)
    if any(one.level is NoticeLevel.ERROR for one in notices):
        return found, notices
    return [replace(one, root=_settled(one.root)) for one in found], notices


def _in_context(rendered: Text) -> Text:
    """Unknown parts that stand alone in a line, written so that they may be read among the lines around them.

    Between keys such a part is a key, between items an item, behind a key a value.
    """
    if not any(piece.is_hole for piece in rendered.pieces):
        return rendered
    lines = list(rendered.lines())
    written = [line.text for line in lines]
    block = -1
    for index, line in enumerate(written):
        indent = len(line) - len(line.lstrip(" "))
        if block >= 0 and (not line.strip() or indent > block):
            continue
        block = indent if _BLOCK.search(line) else -1
        alone = _ALONE.fullmatch(line)
        if alone is not None and any(piece.is_hole for piece in lines[index].pieces):
            lines[index] = _framed(lines[index], _role(written, index, len(alone["indent"])), len(alone["indent"]))
            written[index] = lines[index].text
    return joined(part for line in lines for part in (line, plain("\n")))


def _framed(line: Text, role: str, indent: int) -> Text:
    place = next((piece.place for piece in line.pieces if piece.is_hole), None)
    if role == "item":
        blanks, rest = line.slice(0, indent), line.slice(indent, len(line.text))
        return joined((blanks, Text((Piece("- ", place),)), rest))
    return joined((line.stripped(right=None), Text((Piece(":", place),)))) if role == "key" else line


def _role(lines: Sequence[str], index: int, indent: int) -> str:
    for steps in (range(index - 1, -1, -1), range(index + 1, len(lines))):
        for at in steps:
            line = lines[at].rstrip()
            here = len(line) - len(line.lstrip(" "))
            if not line.strip() or line.lstrip().startswith("#") or here > indent:
                continue
            if line.startswith("---") or here < indent:
                break
            if line.lstrip().startswith("- "):
                return "item"
            if _KEY.match(line):
                return "key"
    return "value"


def _settled(root: Node) -> Node:
    """The tree in which a key that is left out stands under its own name, unless it is written elsewhere, too."""
    if isinstance(root, YamlSequence):
        return replace(root, items=tuple(_settled(item) for item in root.items))
    if isinstance(root, Scalar):
        return replace(root, text="\n".join(_unremarked(root.text))) if REMARK in root.text else root
    return replace(root, entries=tuple(_entries(root)))


def _entries(mapping: YamlMapping) -> Iterator[Entry]:
    written = {entry.key.text for entry in mapping.entries}
    for entry in mapping.entries:
        name = entry.key.text
        if not name.startswith(REMARK):
            yield Entry(entry.key, _settled(entry.value))
        elif name[len(REMARK) :] not in written:
            yield Entry(replace(entry.key, text=name[len(REMARK) :]), entry.value)


def _unremarked(text: str) -> Iterator[str]:
    return (line for line in text.split("\n") if REMARK not in line)
