"""Facts of files between runs, in the user's cache folder: by content, so that nothing in there is ever out of date.

An entry is found by what it was made from: the bytes of the file, its path, the question, and the code that
answered it. What cannot be read, or cannot be written, is as if there were no cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import sys
import time
import zlib
from collections.abc import Iterator

from k8slint import models
from k8slint._version import __version__

_SUFFIX = ".k8slint.sqlite"
_DAY = 86_400
_KEPT_DAYS = 30
_LARGEST = 256 * 1024 * 1024
_LONGEST_WAIT = 0.2
_LARGEST_FACTS = 64 * 1024 * 1024
_TABLE = "CREATE TABLE IF NOT EXISTS facts (key BLOB PRIMARY KEY, day INTEGER NOT NULL, facts BLOB NOT NULL)"


def default_folder() -> str:
    """Where this system's programs keep what they can do without."""
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
    elif sys.platform == "darwin":
        base = os.path.join(home, "Library", "Caches")
    else:
        # https://specifications.freedesktop.org/basedir-spec/latest/: a relative path is to be ignored
        base = os.environ.get("XDG_CACHE_HOME", "")
        base = base if os.path.isabs(base) else os.path.join(home, ".cache")
    return os.path.join(base, "k8slint")


def clean(folder: str) -> list[str]:
    """Delete the caches in ``folder``, and it if nothing else is there; what was deleted. Raises ``OSError``."""
    try:
        names = sorted(os.listdir(folder))
    except FileNotFoundError:
        return []
    gone = [os.path.join(folder, name) for name in names if name.endswith((_SUFFIX, f"{_SUFFIX}-journal"))]
    for path in gone:
        os.unlink(path)
    with contextlib.suppress(OSError):  # something else is in it
        os.rmdir(folder)
    return [path for path in gone if path.endswith(_SUFFIX)]


class Cache:
    """The facts of one project's files. ``save`` writes what ``put`` was given, in one transaction, and is the end."""

    def __init__(self, folder: str, root: str) -> None:
        name = hashlib.blake2b(os.fsencode(root), digest_size=8).hexdigest()
        self._path = os.path.join(folder, f"{name}{_SUFFIX}")
        self._code = hashlib.blake2b(_code(), digest_size=16).digest()
        self._process = os.getpid()
        self._today = int(time.time()) // _DAY
        self._used: list[bytes] = []
        self._new: dict[bytes, bytes] = {}
        self._database = self._opened()

    def get(self, about: str, path: str, data: bytes) -> bytes | None:
        """The facts that were put for the same question about the same file."""
        # SQLite forbids to use a connection in a process that was forked.
        if self._database is None or os.getpid() != self._process:
            return None
        key = self._key(about, path, data)
        try:
            row = self._database.execute("SELECT facts, day FROM facts WHERE key = ?", (key,)).fetchone()
            if row is None or not isinstance(row[0], bytes):
                return None
            inflater = zlib.decompressobj()
            facts = inflater.decompress(row[0], _LARGEST_FACTS)
        except (sqlite3.Error, zlib.error):
            return None
        if row[1] != self._today:
            self._used.append(key)
        return facts if inflater.eof else None

    def put(self, about: str, path: str, data: bytes, facts: bytes) -> None:
        """Remember ``facts``, if ``save`` is called."""
        self._new[self._key(about, path, data)] = facts

    def save(self) -> None:
        """Write what is new, and forget what was not asked for in a month."""
        if self._database is None:
            return
        if self._new or self._used:
            self._write(self._database)
        self._database.close()
        self._database = None

    def _write(self, database: sqlite3.Connection) -> None:
        rows = [(key, self._today, zlib.compress(facts, 1)) for key, facts in self._new.items()]
        try:
            with database:
                database.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?, ?)", rows)
                database.executemany(
                    "UPDATE facts SET day = ? WHERE key = ?", [(self._today, key) for key in self._used]
                )
                database.execute("DELETE FROM facts WHERE day < ?", (self._today - _KEPT_DAYS,))
        except sqlite3.OperationalError:
            pass  # read-only, full, or written to by another run: what is new is lost, and nothing else
        except sqlite3.Error:
            self._delete()

    def _key(self, about: str, path: str, data: bytes) -> bytes:
        question = "\0".join((about, path)).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(b"\0".join((self._code, question, data)), digest_size=16).digest()

    def _opened(self) -> sqlite3.Connection | None:
        try:
            os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
            if os.path.exists(self._path) and os.path.getsize(self._path) > _LARGEST:
                self._delete()
            database = sqlite3.connect(self._path, timeout=_LONGEST_WAIT)
        except (OSError, sqlite3.Error):
            return None
        try:
            with database:
                database.execute(_TABLE)
        except sqlite3.OperationalError:
            return database  # read-only, or written to at this moment: what is in it can be read
        except sqlite3.Error:
            # No database, or a damaged one.
            database.close()
            self._delete()
            return None
        return database

    def _delete(self) -> None:
        """The next run begins a new one."""
        with contextlib.suppress(OSError):
            os.unlink(self._path)


def _code() -> bytes:
    """What answers the questions: this version, this Python, and the files of the models as they are."""
    files = (f"{name} {size} {changed}" for name, size, changed in _files(next(iter(models.__path__))))
    return "\n".join((__version__, sys.version, *sorted(files))).encode("utf-8", "surrogatepass")


def _files(folder: str) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                status = entry.stat()
                yield entry.name, status.st_size, status.st_mtime_ns
