"""Reading a file again that was read before, from what is remembered of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from k8slint.location import Notice
from k8slint.models.manifest import is_manifest
from k8slint.models.python import Interest, PythonFile, parse_python
from k8slint.models.source import Source
from k8slint.models.stored import (
    DamagedError,
    documents_restored,
    documents_stored,
    python_restored,
    python_stored,
)
from k8slint.models.yaml import Document, load_documents

T = TypeVar("T")


class Memory(Protocol):
    """Bytes by what they were made from: ``about`` names the question, ``path`` and ``data`` the file."""

    def get(self, about: str, path: str, data: bytes) -> bytes | None: ...

    def put(self, about: str, path: str, data: bytes, facts: bytes) -> None: ...


def python_file(memory: Memory, source: Source, data: bytes, interest: Interest, in_full: bool) -> PythonFile:
    """As ``parse_python``, which is asked where ``memory`` knows nothing."""
    return _remembered(
        memory,
        (f"python {in_full} {interest.everything} {' '.join(sorted(interest.names))}", source.path, data),
        lambda: parse_python(source, interest, in_full),
        python_stored,
        lambda facts: python_restored(facts, source),
    )


def manifest(memory: Memory, source: Source, data: bytes) -> tuple[list[Document], list[Notice]]:
    """As ``load_documents`` of what may be Kubernetes objects."""
    return _remembered(
        memory,
        ("manifest", source.path, data),
        lambda: load_documents(source, is_manifest),
        lambda found: documents_stored(*found),
        documents_restored,
    )


def _remembered(
    memory: Memory,
    question: tuple[str, str, bytes],
    make: Callable[[], T],
    store: Callable[[T], bytes | None],
    restore: Callable[[bytes], T],
) -> T:
    known = memory.get(*question)
    if known is not None:
        try:
            return restore(known)
        except DamagedError:
            pass  # It is read anew, and what is made of it takes the place of what was damaged.
    found = make()
    facts = store(found)
    if facts is not None:
        memory.put(*question, facts)
    return found
