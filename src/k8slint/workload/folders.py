"""How near the files of a repository stand to each other."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator


def shared_folders(one: str, other: str) -> int:
    """How many folders two files have in common, from the top."""
    count = 0
    for left, right in zip(one.split("/")[:-1], other.split("/")[:-1], strict=False):
        if left != right:
            break
        count += 1
    return count


def folders_above(path: str) -> Iterator[str]:
    """The folders that a file is in, the inner ones first."""
    while path := posixpath.dirname(path):
        yield path


def depth(folder: str) -> int:
    """How many folders down a folder is, 1 at the top."""
    return folder.count("/") + 1
