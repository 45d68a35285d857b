"""Which packages bring rules, as ``importlib.metadata`` would say, which takes longer to import than a file to lint."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from msgspec import Struct

_METADATA = (".dist-info", ".egg-info")


class EntryPoint(Struct, frozen=True):
    """A line ``name = value`` of a group."""

    name: str
    value: str


def entry_points(group: str) -> Iterator[EntryPoint]:
    """The entry points of ``group`` in all packages that are installed in the folders of ``sys.path``.

    What is on the path and no folder, such as an archive, is left to ``importlib.metadata``.
    """
    for folder in dict.fromkeys(sys.path):
        if os.path.isfile(folder):
            yield from _in_archive(folder, group)
            continue
        try:
            names = os.listdir(folder or os.curdir)
        except OSError:
            continue  # A path may name folders that are not there.
        for name in names:
            if name.endswith(_METADATA):
                yield from _written(os.path.join(folder, name, "entry_points.txt"), group)


def _written(path: str, group: str) -> Iterator[EntryPoint]:
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError:
        return  # Most packages have none.
    if group not in text:
        return
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            section = line.strip("[]").strip()
        elif section == group and "=" in line and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            yield EntryPoint(name.strip(), value.strip())


def _in_archive(path: str, group: str) -> Iterator[EntryPoint]:
    from importlib.metadata import distributions

    for found in distributions(path=[path]):
        for entry in found.entry_points.select(group=group):
            yield EntryPoint(entry.name, entry.value)
