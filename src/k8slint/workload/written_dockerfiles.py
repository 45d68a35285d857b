"""Dockerfiles that are not in the tree because a script makes them of one that is: with sed, envsubst, cp or mv."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import lru_cache

from k8slint.models.makefile import is_makefile
from k8slint.regex import regex
from k8slint.workload.artifacts import Artifacts, is_dockerfile
from k8slint.workload.build_names import folder_of, place_folders

_SCRIPTS = (".sh", ".bash", ".mk")
_CONTINUED = regex(r"\\\n[ \t]*")
_ENDS = regex(r"&&|\|\||;")
_WRITES = regex(r"""(?<![0-9&>=])>\s*["']?(?P<target>[\w./$(){}-]+)["']?\s*\)?\s*$""")
_MOVES = regex(r"""(?:^|\s)(?:cp|mv)\s+(?:-\w+\s+)*["']?(?P<source>[^\s"']+)["']?\s+["']?(?P<target>[^\s"']+)["']?$""")
_EDITS_IN_PLACE = regex(r"\bsed\s+(?:-\w+\s+)*-i|\bperl\s+-\w*i")
_WORD = regex(r"""[^\s"'<>|()]+""")
_LONGEST_LINE = 4000


def original(artifacts: Artifacts, path: str) -> str | None:
    """The Dockerfile of the tree that a script makes the one at ``path`` of, None where none or more than one does."""
    found = {source for target, source in _written(artifacts) if target == path}
    return next(iter(found)) if len(found) == 1 else None


@lru_cache(maxsize=1)
def _written(artifacts: Artifacts) -> tuple[tuple[str, str], ...]:
    """For each Dockerfile that is written, its path and that of its original."""
    found: list[tuple[str, str]] = []
    for path in sorted(artifacts.files):
        data = artifacts.files[path].data
        if b"ockerfile" in data and (path.endswith(_SCRIPTS) or is_makefile(path) or data.startswith(b"#!")):
            text = data.decode("utf-8", "replace")
            folder = posixpath.dirname(path)
            for cwd in dict.fromkeys((folder, "")):
                found.extend(_by_script(text, folder, cwd, artifacts))
    return tuple(dict.fromkeys(found))


def _by_script(text: str, folder: str, cwd: str, artifacts: Artifacts) -> Iterator[tuple[str, str]]:
    made: dict[str, str] = {}
    for command in _commands(text):
        step = _step(place_folders(command, folder), cwd, made, artifacts)
        if step is None:
            continue
        target, source = step
        made[target] = source
        if is_dockerfile(target) and target not in artifacts.files:
            yield target, source


def _commands(text: str) -> Iterator[str]:
    for line in _CONTINUED.sub(" ", text).split("\n"):
        if len(line) <= _LONGEST_LINE and not line.lstrip().startswith("#"):
            yield from (part.strip().lstrip("@-") for part in _ENDS.split(line))


def _step(command: str, cwd: str, made: dict[str, str], artifacts: Artifacts) -> tuple[str, str] | None:
    """What a command writes, and the Dockerfile that it is made of; None for any other command."""
    moved, written = _MOVES.search(command), _WRITES.search(command)
    if moved is not None:
        source = _original(moved["source"], cwd, made, artifacts)
        target = moved["target"]
        if target == "." or target.endswith(("/", "/.")):
            target = posixpath.join(target, posixpath.basename(moved["source"]))
    elif written is not None and _EDITS_IN_PLACE.search(command) is None:
        words = _WORD.findall(command[: written.start()])
        sources = {one for word in words if (one := _original(word, cwd, made, artifacts)) is not None}
        source = sources.pop() if len(sources) == 1 else None
        target = written["target"]
    else:
        return None
    path = folder_of(cwd, target) if "$" not in target else None
    return (path, source) if path and source is not None else None


def _original(word: str, cwd: str, made: dict[str, str], artifacts: Artifacts) -> str | None:
    path = folder_of(cwd, word) if "$" not in word else None
    if path is None:
        return None
    if path in made:
        return made[path]
    return path if is_dockerfile(path) and artifacts.dockerfile(path) is not None else None
