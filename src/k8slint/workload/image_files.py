"""Where a file of the image comes from in the repository: COPY and ADD read backwards."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase

from msgspec import Struct

from k8slint.models.dockerfile import Copy, Dockerfile, Stage

_MOST_LOOKED_AT = 200


class Image(Struct, frozen=True):
    """An image as the repository builds it: a stage of a Dockerfile and the build context, a folder ("" is the root).

    ``files`` are the paths of all files in the repository.
    """

    dockerfile: Dockerfile
    stage: Stage
    context: str
    files: Collection[str]


def absolute(path: str, workdir: str) -> str:
    """``path`` inside the image as an absolute, normalised path."""
    return posixpath.normpath(posixpath.join(workdir or "/", path))


def in_repository(image: Image, path: str) -> str | None:
    """The repository's file that ends up at ``path`` (absolute) in the image, or None where that cannot be told."""
    return _in_stage(image, image.stage, path, set())


def folders_in_repository(image: Image, path: str) -> tuple[str, ...]:
    """The repository's folders whose content ends up in folder ``path`` of the image, the last copied first."""
    found = []
    for copy in reversed(image.stage.copies):
        if copy.from_stage is not None:
            continue
        for source in copy.sources:
            folder = _join(image.context, source)
            target = posixpath.normpath(copy.destination)
            if folder in image.files:
                continue
            if path == target or path.startswith(target.rstrip("/") + "/"):
                inside = path[len(target.rstrip("/")) :].strip("/")
                found.append(posixpath.normpath(posixpath.join(folder, inside)) if inside else folder)
    return tuple("" if folder == "." else folder for folder in dict.fromkeys(found))


def files_in_folder(image: Image, folder: str) -> Iterator[tuple[str, str]]:
    """What COPY and ADD put right into a folder of the image: each file's path there, and the repository's file."""
    for copy in image.stage.copies if not any(sign in folder for sign in "*?[") else ():
        for source in copy.sources if copy.from_stage is None else ():
            origin = _join(image.context, source)
            for file in image.files:
                is_named = file == origin or ("*" in origin and fnmatchcase(file, origin))
                if not is_named and origin != "." and not file.startswith(f"{origin}/"):
                    continue
                inside = posixpath.basename(file) if is_named else file.removeprefix(f"{origin}/")
                into_folder = copy.destination.endswith("/") or not is_named or len(copy.sources) > 1 or "*" in origin
                path = absolute(inside, copy.destination) if into_folder else posixpath.normpath(copy.destination)
                if posixpath.dirname(path) == posixpath.normpath(folder):
                    yield path, file


def _in_stage(image: Image, stage: Stage, path: str, seen: set[tuple[int, str]]) -> str | None:
    """``seen`` are the stages and paths that have been looked at: stages may copy from each other in a circle."""
    if (stage.index, path) in seen or len(seen) >= _MOST_LOOKED_AT:
        return None
    seen.add((stage.index, path))
    for copy in reversed(stage.copies):
        from_context = copy.from_stage is None
        found = _from_context(image, copy, path) if from_context else _from_stage(image, copy, path, seen)
        if found is not None:
            return found
    return None


def _from_context(image: Image, copy: Copy, path: str) -> str | None:
    for source in copy.sources:
        for candidate in _candidates(copy, _join(image.context, source), path):
            normal = posixpath.normpath(candidate)
            if normal in image.files:
                return normal
    return None


def _candidates(copy: Copy, source: str, path: str) -> list[str]:
    target = posixpath.normpath(copy.destination)
    into_folder = copy.destination.endswith("/") or len(copy.sources) > 1 or copy.destination in (".", "./")
    found = []
    if path == target and not into_folder:
        found.append(source)
    prefix = target.rstrip("/") + "/"
    if path.startswith(prefix):
        inside = path[len(prefix) :]
        found.append(posixpath.join(source, inside))
        if "/" not in inside and fnmatchcase(inside, posixpath.basename(source)):
            found.append(posixpath.join(posixpath.dirname(source), inside))
    return found


def _from_stage(image: Image, copy: Copy, path: str, seen: set[tuple[int, str]]) -> str | None:
    source_stage = image.dockerfile.stage(copy.from_stage) or _by_index(image.dockerfile, copy.from_stage)
    if source_stage is None or source_stage is image.stage:
        return None
    workdir = source_stage.workdir.or_else("/")
    for source in copy.sources:
        for candidate in _candidates(copy, absolute(source, "/" if source.startswith("/") else workdir), path):
            found = _in_stage(image, source_stage, posixpath.normpath(candidate), seen)
            if found is not None:
                return found
    return None


def _by_index(dockerfile: Dockerfile, text: str | None) -> Stage | None:
    if text is None or not text.isdigit() or int(text) >= len(dockerfile.stages):
        return None
    return dockerfile.stages[int(text)]


def _join(context: str, source: str) -> str:
    return posixpath.normpath(posixpath.join(context or ".", source.lstrip("/"))).removeprefix("./")


def guess_context(dockerfile: Dockerfile, files: Collection[str], folders: Collection[str]) -> str:
    """The build context that makes the COPY sources of a Dockerfile exist: its own folder, else a folder above it."""
    own = posixpath.dirname(dockerfile.path)
    wanted = [
        source
        for stage in dockerfile.stages
        for copy in stage.copies
        if copy.from_stage is None and not copy.content
        for source in copy.sources
        if "$" not in source and not source.startswith(("http://", "https://", "git@"))
    ]
    started = [
        (stage, absolute(word, stage.workdir.or_else("/")))
        for stage in dockerfile.stages
        for command in (stage.entrypoint, stage.cmd)
        for word in (command.argv if command is not None and command.argv else ())
        if word.endswith((".py", ".sh"))
    ]
    best, best_score = own, -1
    folder = own
    while True:
        score = sum(
            _exists(_join(folder, source), files, folders) for source in wanted if posixpath.normpath(source) != "."
        )
        score += sum(
            in_repository(Image(dockerfile, stage, folder, files), path) is not None for stage, path in started
        )
        if score > best_score:
            best, best_score = folder, score
        if not folder:
            return best
        folder = posixpath.dirname(folder)


def _exists(path: str, files: Collection[str], folders: Collection[str]) -> bool:
    if any(sign in path for sign in "*?["):
        return any(fnmatchcase(file, path) for file in files)
    return path in files or path in folders
