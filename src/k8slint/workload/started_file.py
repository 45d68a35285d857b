"""The file that the container runtime executes first, where it is one that the repository puts into the image."""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

from k8slint.fact import Fact
from k8slint.location import Location
from k8slint.workload.artifacts import Artifacts
from k8slint.workload.image_files import Image, absolute, in_repository
from k8slint.workload.launch import Launch
from k8slint.workload.wrappers import peel

_FIRST = 256
_FOLDERS = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin")


class StartedFile(Struct, frozen=True):
    """``target`` is its path in the image, ``path`` in the repository; ``location`` is the word that names it.

    ``first`` are its first bytes. ``is_direct``: nothing stands in front of it, so that the kernel alone decides.
    ``modes_count``: files of the repository have execute bits at all, which a copy without modes has not.
    """

    target: str
    path: str
    location: Location
    first: bytes
    mode: int
    is_direct: bool
    modes_count: bool


def started_file(started: Fact[Launch], image: Image | None, cwd: str, artifacts: Artifacts) -> StartedFile | None:
    """The file behind the inits and wrappers of a command line, None where the repository has no such file."""
    if not started.is_known or image is None:
        return None
    words = started.value.words
    is_direct = not started.value.before
    while (peeled := peel(words)) is not None and not peeled.opaque and peeled.shell_text is None:
        words, is_direct = peeled.words, False
    word = words[0].text if words else None
    if not word:
        return None
    targets = [absolute(word, cwd)] if "/" in word else [f"{folder}/{word}" for folder in _FOLDERS]
    for target in targets:
        path = in_repository(image, target)
        if path is not None:
            file = artifacts.files[path]
            counts = bool(file.mode & 0o111) or _has_executables(artifacts)
            return StartedFile(target, path, words[0].location, file.data[:_FIRST], file.mode, is_direct, counts)
    return None


@lru_cache(maxsize=1)
def _has_executables(artifacts: Artifacts) -> bool:
    """Whether any file of the project may be executed: asked for every workload."""
    return any(one.mode & 0o111 for one in artifacts.files.values())
