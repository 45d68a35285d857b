"""Writing changed files back, all of them or none."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping

from k8slint.fix.refusal import Refused


def write_all(root: str, contents: Mapping[str, tuple[bytes, bytes]]) -> None:
    """Replace files below the absolute folder ``root``: for each path what it held when it was read, and what it gets.

    Every file is replaced in one step and keeps its mode; all are prepared before the first is replaced. Raises
    ``Refused`` where one lies behind a link or is not what was read any more, and ``OSError`` where one cannot be
    written.
    """
    prepared: list[tuple[str, str]] = []
    try:
        for path, (old, new) in sorted(contents.items()):
            full = os.path.join(root, path)
            mode = _demand_unchanged(root, path, old)
            temporary = f"{full}.{os.getpid()}.tmp"
            prepared.append((temporary, full))
            _create(temporary, new, mode)
        while prepared:
            temporary, full = prepared[0]
            os.replace(temporary, full)
            prepared.pop(0)
    finally:
        for temporary, _ in prepared:
            if os.path.lexists(temporary):
                os.unlink(temporary)


def _demand_unchanged(root: str, path: str, old: bytes) -> int:
    """The mode of a file that still is what was read. Raises ``Refused``."""
    full = os.path.join(root, path)
    folders = path.split("/")[:-1]
    expected = os.path.join(os.path.realpath(root), *folders)
    if os.path.isabs(path) or ".." in folders or os.path.realpath(os.path.dirname(full)) != expected:
        raise Refused(f"{path} lies behind a link")
    try:
        status = os.lstat(full)
    except FileNotFoundError:
        raise Refused(f"{path} is gone") from None
    if not stat.S_ISREG(status.st_mode):
        raise Refused(f"{path} is a link")
    with open(full, "rb") as stream:
        if stream.read(len(old) + 1) != old:
            raise Refused(f"{path} was changed after it was read")
    return stat.S_IMODE(status.st_mode)


def _create(full: str, data: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(full, flags, 0o600), "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    os.chmod(full, mode)
