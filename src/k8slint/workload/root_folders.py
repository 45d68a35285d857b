"""Which folders of an image root made, so that no other user can create a file in them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from itertools import chain

from k8slint.location import Location
from k8slint.models.dockerfile import Instruction
from k8slint.regex import regex
from k8slint.workload.image_files import Image
from k8slint.workload.workload import Workload

_ROOT = ("root", "0")
# Whose folders these are, the base image or the system says.
_OTHERS = ("/tmp", "/var/tmp", "/var/lock", "/run", "/dev", "/proc", "/home")
# A command that may give a folder to somebody else, or let everybody write.
_GIVES = regex(r"\b(?:ch(?:own|mod|grp)|setfacl|fix-permissions|rsync|tar|unzip|user(?:add|mod)|umask|make)\b")
_GIVES_ELSE = regex(r"\badduser\b.*(?:--home|\s-h\s)|(?:^|[;&])\s*install\s|\.sh\b")


def root_folder(workload: Workload, folder: str) -> Location | None:
    """The instruction by which root made ``folder``, an absolute path; None where somebody else may own it."""
    stage, image = workload.stage, workload.image
    if stage is None or image is None or workload.base.user not in _ROOT:
        return None
    if folder == "/" or any(_is_in(folder, other) for other in _OTHERS):
        return None
    instructions = tuple(one for part in stage.lineage for one in part.instructions)
    if any(_may_give(one) for one in instructions):
        return None
    return next(chain(_by_workdir(instructions, folder), _by_copy(image, folder)), None)


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _may_give(instruction: Instruction) -> bool:
    if instruction.keyword == "RUN":
        text = " ".join((instruction.value, *instruction.heredocs))
        return _GIVES.search(text) is not None or _GIVES_ELSE.search(text) is not None
    return instruction.keyword in ("COPY", "ADD") and any(name in ("chown", "chmod") for name, _ in instruction.flags)


def _by_workdir(instructions: tuple[Instruction, ...], folder: str) -> Iterator[Location]:
    """WORKDIR makes a folder, and those above it, for the user of its line."""
    current = "/"
    for one in instructions:
        if one.keyword == "USER" and one.value.split(":", 1)[0] not in _ROOT:
            return
        if one.keyword == "WORKDIR" and "$" not in one.value:
            current = posixpath.normpath(posixpath.join(current, one.value))
            if _is_in(current, folder):
                yield one.location


def _by_copy(image: Image, folder: str) -> Iterator[Location]:
    """COPY makes files and folders for root, whatever USER says before it."""
    for copy in image.stage.copies:
        target = posixpath.normpath(copy.destination)
        if copy.destination.endswith("/") and target == folder:
            yield copy.location
        for source in copy.sources if copy.from_stage is None and _is_in(folder, target) else ():
            inside = posixpath.relpath(folder, target)
            origin = posixpath.normpath(posixpath.join(image.context or ".", source.lstrip("/"), inside))
            prefix = "" if origin == "." else f"{origin}/"
            if origin not in image.files and any(file.startswith(prefix) for file in image.files):
                yield copy.location
