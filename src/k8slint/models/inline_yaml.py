"""YAML documents that stand as text inside a value of another one, with their places in the file."""

from __future__ import annotations

from k8slint.location import Location
from k8slint.models.source import Source
from k8slint.models.yaml import Node, Scalar, load_documents
from k8slint.models.yaml_edit import relocated


def inline_documents(written: Scalar) -> tuple[Node, ...] | None:
    """The documents in ``written``; None where one of them cannot be read.

    Places are exact in a literal block; in any other value they are the value's own.
    """
    whole, exact = written.location, written.style == "literal"
    above = "\n" * (written.content_line - 1) if exact else ""
    documents, notices = load_documents(Source(whole.path, above + written.text))
    if any("written twice" not in notice.message for notice in notices):
        return None
    indent = written.content_column - 1

    def move(place: Location) -> Location:
        if not exact:
            return whole
        return Location(place.path, place.line, place.column + indent, place.end_line, place.end_column + indent)

    return tuple(relocated(document.root, move) for document in documents)
