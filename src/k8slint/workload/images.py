"""The image of a container as a whole: the stage, the stages of other Dockerfiles below it, and the external base."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from msgspec.structs import replace

from k8slint.models.dockerfile import Stage
from k8slint.regex import regex
from k8slint.workload.artifacts import FileText
from k8slint.workload.image_files import Image
from k8slint.workload.knowledge import BaseImage, base_image
from k8slint.workload.links import Links

_INSTALLS_OWN_PYTHON = regex(
    r"\bpip3?\s+install\b[^&|;]*(\s-r\b|--requirement|requirements|\s\.(\s|$|\[)|\s-e\b)"
    r"|\buv\s+(sync|pip\s+install)\b|\bpoetry\s+install\b|\bpipenv\s+(install|sync)\b|\bpdm\s+(install|sync)\b"
)


def whole_image(stage: Stage, links: Links, near: str, depth: int = 0) -> tuple[Stage, BaseImage]:
    """``stage`` with what it inherits from images that other Dockerfiles of the project build, and the base's facts."""
    if not stage.base_image.is_known:
        return stage, BaseImage()
    facts = base_image(stage.base_image.value)
    if facts.listed or depth > 4:
        return stage, facts
    built = links.reference(stage.base_image.value, near)
    if not built.is_known or built.value.dockerfile.path == near:
        return stage, facts
    parent, below = whole_image(built.value.stage, links, built.value.dockerfile.path, depth + 1)
    return _on_top(stage, parent), below


def _on_top(stage: Stage, parent: Stage) -> Stage:
    resets_cmd = stage.entrypoint is not None
    return replace(
        stage,
        env={**parent.env, **stage.env},
        user=parent.user if stage.user.is_absent else stage.user,
        workdir=parent.workdir if stage.workdir.is_absent else stage.workdir,
        entrypoint=stage.entrypoint or parent.entrypoint,
        cmd=stage.cmd or (None if resets_cmd else parent.cmd),
        stopsignal=parent.stopsignal if stage.stopsignal.is_absent else stage.stopsignal,
        copies=parent.copies + stage.copies,
        runs=parent.runs + stage.runs,
    )


def shell_of(stage: Stage, base: BaseImage) -> str | None:
    """What ``/bin/sh`` is in an image: from the table of bases, else from the package manager that it calls."""
    if base.shell is not None:
        return base.shell
    for run in stage.runs:
        if re.search(r"\bapt(-get)?\s+(-\S+\s+)*(update|install)\b", run.value):
            return "dash"
        if re.search(r"\bapk\s+(-\S+\s+)*(add|update)\b", run.value):
            return "busybox"
        if re.search(r"\b(dnf|yum|microdnf)\s+(-\S+\s+)*(install|update|upgrade)\b", run.value):
            return "bash"
    return None


def holds_python(stage: Stage, base: BaseImage) -> bool | None:
    """Whether an image is there to run Python: by its base, or because it installs the project's own requirements."""
    if base.python is not None:
        return base.python
    return True if any(_INSTALLS_OWN_PYTHON.search(run.value) for run in stage.runs) else None


def copies_package(image: Image) -> bool:
    """Whether COPY or ADD puts a Python package of the repository into an image, as a folder of its own."""
    return any(
        posixpath.normpath(posixpath.join(image.context, source, "__init__.py")) in image.files
        for copy in image.stage.copies
        if copy.from_stage is None
        for source in copy.sources
        if posixpath.normpath(source) not in (".", "/")
    )


def can_switch_user(stage: Stage) -> bool:
    """Whether an image holds a tool that entry programs use to give up root."""
    texts = [run.value for run in stage.runs]
    texts.extend(" ".join((copy.from_stage or "", *copy.sources)) for copy in stage.copies)
    return any(re.search(r"\b(gosu|su-exec|s6-overlay|s6-setuidgid|setuidgid|setpriv)\b", text) for text in texts)


def clones(stage: Stage, image: Image, files: Mapping[str, FileText]) -> bool:
    """Whether an image takes the program from a clone made while it is built, by a command or by a script it runs."""
    if any(re.search(r"\bgit\s+clone\b", run.value) for run in stage.runs):
        return True
    named = (word for run in stage.runs for word in re.findall(r"[\w./-]+\.sh\b", run.value))
    paths = (posixpath.normpath(posixpath.join(image.context, word)) for word in named)
    return any(path in files and b"git clone" in files[path].data for path in paths)
