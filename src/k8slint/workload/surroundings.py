"""Where a command line stands, and which file of the repository a word of it names."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from msgspec import Struct

from k8slint.fact import Fact, Place, known, unknown
from k8slint.location import Location
from k8slint.models.manifest import Container
from k8slint.models.yaml import Scalar, YamlSequence
from k8slint.workload.artifacts import Artifacts
from k8slint.workload.image_files import Image, absolute, in_repository
from k8slint.workload.modules import Modules
from k8slint.workload.process import Word
from k8slint.workload.project_scripts import ConsoleScript
from k8slint.workload.shell_words import Variables


class Surroundings(Struct, frozen=True):
    """What a command line is read in: the image, its ``/bin/sh``, the project and its modules.

    ``shell`` is "dash", "bash", "busybox" or None where it is not known; ``clones`` tells that the image takes its
    files from a clone instead of the build context, so that paths are those of the repository; ``lines`` maps the
    locations of command words that hold several lines of text to the location of each line.
    """

    artifacts: Artifacts
    modules: Modules
    scripts: tuple[ConsoleScript, ...]
    image: Image | None
    shell: str | None
    clones: bool
    lines: Mapping[Location, tuple[Location, ...]]


class Here(Struct, frozen=True):
    """Where a command line stands: the variables it sees, its folder, and what entry scripts export to it."""

    variables: Variables
    cwd: str
    exports: tuple[tuple[str, str | None], ...] = ()


def file_of(word: Word, cwd: str, around: Surroundings) -> str | None:
    """The repository's file that a program word names."""
    if not word.text:
        return None
    if around.image is None or around.clones:
        return _same_path(word.text, cwd, around)
    if "/" in word.text:
        return in_repository(around.image, absolute(word.text, cwd))
    for folder in ("/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin"):
        found = in_repository(around.image, f"{folder}/{word.text}")
        if found is not None:
            return found
    # dash, bash and BusyBox look a script's name up in the working directory too: `sh run.sh`.
    return in_repository(around.image, absolute(word.text, cwd))


def _same_path(text: str, cwd: str, around: Surroundings) -> str | None:
    """The file at the same path from the repository's root, for images that are built elsewhere or clone it."""
    path = posixpath.normpath(text).lstrip("/")
    inside = "/" in path or (around.clones and around.image is not None)
    return path if inside and path in around.artifacts.files else None


def module_file(word: Word, here: Here, around: Surroundings) -> Fact[str]:
    """The file in the image that a word names by its path; unknown where it is not the repository's."""
    if word.text is None:
        return unknown(f"{word.written} is not known")
    if around.image is not None:
        path = in_repository(around.image, absolute(word.text, here.cwd))
        if path is None and around.clones:
            path = _same_path(word.text, here.cwd, around)
        if path is not None:
            return known(path, Place(word.location, f"{word.text} is {path}"))
    return unknown(f"{word.text} is not among the files that the repository puts into the image")


def text_lines(container: Container | None) -> dict[Location, tuple[Location, ...]]:
    """For command words that are block scalars: the location of each line of their text."""
    lines: dict[Location, tuple[Location, ...]] = {}
    if container is None:
        return lines
    for name in ("command", "args"):
        node = container.get(name)
        for item in node.items if isinstance(node, YamlSequence) else ():
            if isinstance(item, Scalar) and item.style in ("literal", "folded"):
                lines[item.location] = tuple(item.line_locations())
    return lines
