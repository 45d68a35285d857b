"""The facts of one file as bytes that no reading can make run, and back."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeVar

import msgspec
from msgspec import Struct

from k8slint.location import Notice
from k8slint.models.python import PythonFile
from k8slint.models.python_facts import Assignment, Call, Class, EnvRead, Function, Import, Loop
from k8slint.models.python_resolve import Values
from k8slint.models.source import Source
from k8slint.models.yaml import Document

T = TypeVar("T")


class DamagedError(Exception):
    """Bytes that are not what was stored."""


class _Python(Struct, frozen=True, array_like=True):
    """A ``PythonFile`` without its text."""

    imports: tuple[Import, ...]
    calls: tuple[Call, ...]
    loops: tuple[Loop, ...]
    functions: tuple[Function, ...]
    classes: tuple[Class, ...]
    assignments: tuple[Assignment, ...]
    env_reads: tuple[EnvRead, ...]
    names_used: frozenset[str]
    comments: tuple[tuple[int, str], ...]
    full: bool
    values: Values


class _Documents(Struct, frozen=True, array_like=True):
    documents: tuple[Document, ...]
    notices: tuple[Notice, ...]


def python_stored(file: PythonFile) -> bytes | None:
    """None for the rare file that holds what cannot be stored, such as a complex number."""
    names = (name for name in file.__struct_fields__ if name not in ("path", "source"))
    return _encoded(_Python(*(getattr(file, name) for name in names)))


def python_restored(data: bytes, source: Source) -> PythonFile:
    """The facts of ``source``. Raises ``DamagedError``."""
    found = _decoded(data, _python_decoder().decode)
    return PythonFile(source.path, source, *(getattr(found, name) for name in found.__struct_fields__))


def documents_stored(documents: list[Document], notices: list[Notice]) -> bytes | None:
    return _encoded(_Documents(tuple(documents), tuple(notices)))


def documents_restored(data: bytes) -> tuple[list[Document], list[Notice]]:
    """Raises ``DamagedError``."""
    found = _decoded(data, _documents_decoder().decode)
    return list(found.documents), list(found.notices)


def _encoded(value: Struct) -> bytes | None:
    try:
        return msgspec.msgpack.encode(value)
    except (TypeError, ValueError, OverflowError):  # a complex number, half a character, a number of over 64 bits
        return None


def _decoded(data: bytes, decode: Callable[[bytes], T]) -> T:
    try:
        return decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise DamagedError(str(error)) from error


@cache
def _python_decoder() -> msgspec.msgpack.Decoder[_Python]:
    return msgspec.msgpack.Decoder(_Python)


@cache
def _documents_decoder() -> msgspec.msgpack.Decoder[_Documents]:
    return msgspec.msgpack.Decoder(_Documents)
