"""Finding and reading the files to lint; the only reader of the linted tree."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field

from k8slint.discover import ignore, names, reading
from k8slint.discover.ignore import Patterns
from k8slint.discover.names import Interest
from k8slint.location import Location, Notice, NoticeLevel
from k8slint.project import FileText

_DEPTH_LIMIT = 64
_REFUSED_LIMIT = 10


class Exclude(Struct, frozen=True):
    """Patterns in ``.gitignore`` syntax, relative to the absolute folder ``base``."""

    base: str
    patterns: tuple[str, ...]


class Discovery(Struct, frozen=True):
    """The files read, by path relative to the root; what was not read, and how often for which reason."""

    files: Mapping[str, FileText]
    notices: tuple[Notice, ...]
    skipped: Mapping[str, int]

    def having(self, files: Mapping[str, FileText], notices: Iterable[Notice] = ()) -> Discovery:
        """This with further files, or others in the place of some, and further notices."""
        return Discovery({**self.files, **files}, (*self.notices, *notices), self.skipped)


class _Found(Struct):
    root: str
    files: dict[str, FileText] = field(default_factory=dict)
    notices: dict[Notice, None] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    chains: dict[str, tuple[Patterns, ...]] = field(default_factory=dict)
    """The patterns that hold in each folder that was entered."""

    def path(self, full: str) -> str:
        below = os.path.join(self.root, "")
        relative = full[len(below) :] if full.startswith(below) else os.path.relpath(full, self.root)
        return relative.replace(os.sep, "/")

    def note(self, full: str, message: str, level: NoticeLevel = NoticeLevel.NOTE, line: int = 1) -> None:
        place = Location(names.printable(self.path(full)), line, 1, line, 1)
        self.notices[Notice(place, message, level)] = None

    def error(self, full: str, message: str) -> None:
        self.note(full, message, NoticeLevel.ERROR)


class _Folder(Struct, frozen=True):
    full: str
    depth: int
    chain: tuple[Patterns, ...]


def root_of(paths: Sequence[str]) -> str:
    """The absolute folder that all paths of a run are named from.

    The current folder if it holds all given paths, else their common parent; a single folder elsewhere is its own root.
    Raises ``ValueError`` when there is none (two drives).
    """
    current = os.path.realpath(os.getcwd())
    full = [_absolute(path) for path in paths]
    if all(path == current or path.startswith(os.path.join(current, "")) for path in full):
        return current
    return os.path.commonpath([path if os.path.isdir(path) else os.path.dirname(path) for path in full])


def files(paths: Sequence[str], root: str, exclude: Sequence[Exclude] = ()) -> Discovery:
    """Read what k8slint may lint below ``paths``.

    A given file is always read, a given folder always entered, whatever it is called. Below it, links, version control,
    caches, vendored code, environments, tests, what ``.gitignore`` names and what ``exclude`` names are left out.
    """
    found = _Found(root)
    excluded = tuple(_compiled_exclude(found, entry) for entry in exclude if entry.patterns)
    for path in paths:
        full = _absolute(path)
        if os.path.isdir(full):
            _walk(found, full, excluded)
        else:
            _take(found, full, Interest.NAME, given=True)
    _take_named(found, excluded)
    in_order = {path: found.files[path] for path in sorted(found.files)}
    notices = sorted(found.notices, key=lambda notice: (notice.location, notice.message))
    return Discovery(in_order, tuple(notices), dict(sorted(found.skipped.items())))


def _take_named(found: _Found, excluded: tuple[Patterns, ...]) -> None:
    """Read what kustomizations name and nothing else asks for, such as files of settings and JSON patches."""
    for path, file in sorted(found.files.items()):
        if not names.is_kustomization(path):
            continue
        folder = os.path.dirname(os.path.join(found.root, path))
        for name in names.named_files(file.data):
            full = os.path.normpath(os.path.join(folder, name))
            chain = found.chains.get(os.path.dirname(full))
            if chain is None or os.path.islink(full) or not os.path.isfile(full):
                continue
            if not any(ignore.is_ignored(patterns, full, is_folder=False) for patterns in (excluded, chain)):
                _take(found, full, Interest.NAME, given=False)


def _absolute(path: str) -> str:
    """The path with links resolved in its parents: a given path may itself be a link and keeps its name."""
    full = os.path.abspath(path)
    return os.path.join(os.path.realpath(os.path.dirname(full)), os.path.basename(full))


def _compiled_exclude(found: _Found, exclude: Exclude) -> Patterns:
    patterns, refused = ignore.compile_patterns(exclude.base, exclude.patterns)
    for number in refused:
        pattern = names.printable(exclude.patterns[number - 1])
        found.error(found.root, f"the exclude pattern {pattern!r} is not valid or has too many wildcards")
    return patterns


def _walk(found: _Found, start: str, excluded: tuple[Patterns, ...]) -> None:
    stack = [_Folder(start, 0, _inherited(found, start))]
    while stack:
        folder = stack.pop()
        try:
            with os.scandir(folder.full) as scan:
                entries = list(scan)
        except OSError as error:
            found.error(folder.full, f"the folder cannot be read: {error.strerror}")
            continue
        present = frozenset(entry.name for entry in entries)
        if folder.depth and names.is_environment(present):
            found.skipped["vendored folders"] += 1
            continue
        # A repository inside a repository has its own patterns only.
        chain = () if folder.depth and ".git" in present else folder.chain
        if ignore.NAME in present:
            chain = (*chain, *_ignore_file(found, folder.full))
        inner = _Folder(folder.full, folder.depth, chain)
        found.chains[folder.full] = chain
        stack.extend(_enter(found, entries, inner, excluded))


def _enter(
    found: _Found, entries: list[os.DirEntry[str]], folder: _Folder, excluded: tuple[Patterns, ...]
) -> Iterator[_Folder]:
    """Take the files of one folder; yield the folders to enter next."""
    for entry in entries:
        name = entry.name
        is_folder = not entry.is_symlink() and entry.is_dir(follow_symlinks=False)
        if is_folder:
            if names.is_version_control(name):
                continue
            reason = names.folder_skipped(name)
            if reason:
                found.skipped[reason] += 1
                continue
        kind = Interest.NONE if is_folder else names.interest(name)
        if not is_folder and kind is Interest.NONE:
            continue
        if entry.is_symlink():
            found.skipped["links"] += 1
        elif not is_folder and not entry.is_file(follow_symlinks=False):
            found.skipped["special files"] += 1  # not even opened: that alone can start a device or free a writer
        elif names.is_odd(name):
            found.skipped["oddly named paths"] += 1
            found.note(entry.path, "the name holds control or undecodable characters: not read")
        elif ignore.is_ignored(excluded, entry.path, is_folder):
            found.skipped["excluded paths"] += 1
        elif ignore.is_ignored(folder.chain, entry.path, is_folder):
            found.skipped["git-ignored paths"] += 1
        elif not is_folder:
            _take(found, entry.path, kind, given=False)
        elif folder.depth >= _DEPTH_LIMIT:
            found.note(entry.path, f"more than {_DEPTH_LIMIT} folders deep: not entered", NoticeLevel.ERROR)
        else:
            yield _Folder(entry.path, folder.depth + 1, folder.chain)


def _take(found: _Found, full: str, kind: Interest, given: bool) -> None:
    path = found.path(full)
    if path in found.files:
        return
    if given and names.is_odd(path):
        found.error(full, "the name holds control or undecodable characters: not read")
        return
    limit = names.limit(full)
    try:
        content = reading.read(full, kind, limit, follow=given)
    except OSError as error:
        found.error(full, f"the file cannot be read: {error.strerror}")
    except reading.NotRegularError:
        if given:
            found.error(full, 'not a regular file; use "-" to read a manifest from standard input')
        else:
            found.skipped["special files"] += 1
    except reading.TooLargeError as error:
        found.skipped["large files"] += 1
        level = NoticeLevel.ERROR if given else NoticeLevel.NOTE
        found.note(full, f"{error.size} bytes, more than the limit of {error.limit}: not read", level)
    else:
        if content is not None:
            found.files[path] = FileText(path, content.data, content.mode)


def _inherited(found: _Found, start: str) -> tuple[Patterns, ...]:
    """The ``.gitignore`` files of the folders above ``start`` up to the top of its repository, outermost first."""
    if os.path.lexists(os.path.join(start, ".git")):
        return ()
    above: list[str] = []
    folder = os.path.dirname(start)
    while folder != os.path.dirname(folder):
        above.append(folder)
        if os.path.lexists(os.path.join(folder, ".git")):
            break
        folder = os.path.dirname(folder)
    else:
        return ()
    chain: tuple[Patterns, ...] = ()
    for folder in reversed(above):
        if os.path.lexists(os.path.join(folder, ignore.NAME)):
            chain = (*chain, *_ignore_file(found, folder))
    # Whoever names an ignored folder wants it read.
    return () if _is_below_ignored(chain, start) else chain


def _is_below_ignored(chain: tuple[Patterns, ...], start: str) -> bool:
    if not chain:
        return False
    folder = start
    while len(folder) > len(chain[0].base):
        applicable = tuple(patterns for patterns in chain if len(patterns.base) < len(folder))
        if ignore.is_ignored(applicable, folder, is_folder=True):
            return True
        folder = os.path.dirname(folder)
    return False


def _ignore_file(found: _Found, folder: str) -> tuple[Patterns, ...]:
    full = os.path.join(folder, ignore.NAME)
    try:
        content = reading.read(full, Interest.NAME, ignore.SIZE_LIMIT)
    except (OSError, reading.NotRegularError, reading.TooLargeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        found.note(full, f"the patterns are not used: {names.printable(str(reason))}")
        return ()
    if content is None:
        return ()
    lines = content.data.decode("utf-8", errors="replace").split("\n")
    patterns, refused = ignore.compile_patterns(folder, [line.rstrip("\r") for line in lines])
    for number in refused[:_REFUSED_LIMIT]:
        found.note(full, "the pattern is not valid or has too many wildcards: not used", line=number)
    if len(refused) > _REFUSED_LIMIT:
        found.note(full, f"{len(refused) - _REFUSED_LIMIT} more patterns are not used")
    return (patterns,)
