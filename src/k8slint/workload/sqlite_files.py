"""SQLite databases of a program that are files of its container, gone with it, or of a volume that pods share."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.regex import regex
from k8slint.workload.mounts import claim_at, mounts
from k8slint.workload.process import Process
from k8slint.workload.program import Program
from k8slint.workload.values import value
from k8slint.workload.workload import Workload

SQLITE_CALLS = (
    *("sqlalchemy.create_engine", "sqlalchemy.ext.asyncio.create_async_engine", "sqlmodel.create_engine"),
    *("sqlite3.connect", "aiosqlite.connect"),
)
_URL = regex(r"sqlite(?:\+\w+)?:///(?P<path>[^?]+)")
_WRITES = regex(r"(?i)\bcommit\(|\binsert\s+(?:or\s+\w+\s+)?into\b")
_TEMPORARY = ("/tmp/", "/var/tmp/", "/dev/shm/")


class SqliteFile(Struct, frozen=True):
    """``path`` in the container; ``volume`` is the mount of a persistent volume that it is on, None for the image."""

    path: str
    location: Location
    volume: Location | None


def sqlite_files(workload: Workload, process: Process, program: Program) -> Iterator[SqliteFile]:
    """The databases that a program writes to, where their paths and the container's volumes are known."""
    volumes = mounts(workload)
    calls = tuple(program.calls(*SQLITE_CALLS)) if volumes.is_known else ()
    if not calls or not any(_WRITES.search(module.source.text) for module in program.modules):
        return
    for module, call in calls:
        first = call.args[0] if call.args else call.keyword("url") or call.keyword("database")
        if first is None or call.keyword("uri") is not None or not program.reaches(module, call.scope):
            continue
        found = value(module, first, call.scope, lambda name: workload.environment.get(name, process))
        path = _path(call.name, str(found.value)) if found.is_known else None
        if path is None:
            continue
        whole = posixpath.normpath(posixpath.join(process.entry.cwd, path))
        is_mounted = any(whole.startswith(one.path.rstrip("/") + "/") for one in volumes.value)
        volume = claim_at(workload, whole)
        if volume is not None or not (is_mounted or _may_be_lost(whole) or _is_shipped(workload, path)):
            yield SqliteFile(whole, call.location, volume)


def _path(name: str, text: str) -> str | None:
    """The file that a call opens, None for a database in memory or another one."""
    if name.endswith(".connect"):
        return text if text and not text.startswith((":memory:", "file:")) else None
    url = _URL.match(text)
    path = url.group("path") if url is not None else ""
    return path if path and ":memory:" not in path else None


def _may_be_lost(path: str) -> bool:
    return path.startswith(_TEMPORARY) or "cache" in path.lower()


def _is_shipped(workload: Workload, path: str) -> bool:
    """Whether the repository has a file of that name, which the image may bring along."""
    name = posixpath.basename(path)
    files = workload.image.files if workload.image is not None else ()
    return workload.image is None or any(posixpath.basename(one) == name for one in files)
