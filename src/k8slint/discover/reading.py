"""Opening files of an untrusted tree without following links or waiting on pipes."""

from __future__ import annotations

import os
import stat

from msgspec import Struct

from k8slint.discover import names
from k8slint.discover.names import Interest


class NotRegularError(Exception):
    """The path names a pipe, a socket or a device."""


class TooLargeError(Exception):
    """The file is larger than its limit; ``size`` and ``limit`` are in bytes."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"{size} bytes, the limit is {limit}")
        self.size = size
        self.limit = limit


class Content(Struct, frozen=True):
    data: bytes
    mode: int


def read(full: str, kind: Interest, limit: int, follow: bool = False) -> Content | None:
    """The bytes and mode of a regular file, or None when its first bytes say that it is not ours.

    Raises ``OSError``, ``NotRegularError`` or ``TooLargeError``. A final link is followed only if ``follow``.
    """
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    if not follow:
        flags |= getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(full, flags), "rb", buffering=0) as stream:
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise NotRegularError(full)
        head = _read_up_to(stream.fileno(), names.HEAD)
        if not names.accepts(kind, head, status.st_size):
            return None
        if status.st_size > limit:
            raise TooLargeError(status.st_size, limit)
        # The file may grow while it is read: what counts is what arrives.
        data = head + _read_up_to(stream.fileno(), limit + 1 - len(head)) if len(head) == names.HEAD else head
        if len(data) > limit:
            raise TooLargeError(len(data), limit)
        return Content(data, stat.S_IMODE(status.st_mode))


def _read_up_to(descriptor: int, size: int) -> bytes:
    chunks: list[bytes] = []
    while size > 0:
        chunk = os.read(descriptor, size)
        if not chunk:
            break
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)
