"""Which calls anybody asks for, and the byte test that tells the files that may hold one."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import force_setattr

from k8slint.regex import regex

_WHILE_STATEMENT = regex(rb"(?:^|[\n\r])[ \t\f]*while\b")
_TO_BLANKS = bytes(code if code >= 0x80 or chr(code).isalnum() or code == ord("_") else ord(" ") for code in range(256))
"""Leaves what identifiers are made of; outside strings and comments, bytes beyond ASCII are in identifiers only."""


class Interest(Struct, frozen=True, eq=False):
    """The calls to keep: qualified names (``os.cpu_count``) and methods of any object (``.memory_percent``).

    ``numpy.*`` stands for every call of something that belongs to the package; ``packages`` are the names of these.

    ``tokens`` are the last segments of the names. Each segment of a qualified name is written as a word in every file
    that holds the call, since such a name is only ever put together from what an import, a definition or the call
    itself spells out; of a method of any object, the last segment is. ``everything`` wants all calls of a file.
    """

    names: frozenset[str]
    everything: bool = False
    """Whether every call of a file is wanted, and so every file."""
    tokens: tuple[bytes, ...] = ()
    packages: frozenset[str] = frozenset()
    _words: frozenset[bytes] = frozenset()
    _needed: frozenset[frozenset[bytes]] = frozenset()

    def __post_init__(self) -> None:
        spelt = [name.removesuffix(".__call__").removesuffix(".*").encode() for name in self.names]
        needed = frozenset(frozenset(name.split(b".")) - {b""} for name in spelt)
        packages = frozenset(name.removesuffix(".*") for name in self.names if name.endswith(".*"))
        force_setattr(self, "packages", packages)
        force_setattr(self, "tokens", tuple(sorted({name.rpartition(b".")[2] for name in spelt})))
        force_setattr(self, "_words", frozenset({b"while"}).union(*needed))
        force_setattr(self, "_needed", needed)

    def matches(self, data: bytes) -> bool:
        """Whether a file of these bytes may hold a wanted call, or holds a ``while`` statement."""
        if self.everything:
            return True
        written = self._words.intersection(data.translate(_TO_BLANKS).split())
        if any(words <= written for words in self._needed):
            return True
        return b"while" in written and _WHILE_STATEMENT.search(data) is not None

    def wants(self, name: str) -> bool:
        """Whether a call of this qualified name is to be kept."""
        if self.everything or name in self.names or name.partition(".")[0] in self.packages:
            return True
        at = name.rfind(".")
        while at >= 0:
            if name[at:] in self.names:
                return True
            at = name.rfind(".", 0, at)
        return False
