"""Images that no manifest runs: those that hold tools only, and those that a chart may run."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection

from k8slint.workload.artifacts import Artifacts
from k8slint.workload.development_paths import is_development
from k8slint.workload.images import whole_image
from k8slint.workload.link_names import names_of
from k8slint.workload.links import ImageLink, Links


def is_tool(link: ImageLink, links: Links, python: Collection[str]) -> bool:
    """Whether the image of a Dockerfile starts nothing, and is for development or holds nothing of the project's.

    ``python`` are the paths of the project's Python files. Whoever runs the image says what it does; nothing is known
    of a container of it.
    """
    whole, base = whole_image(link.stage, links, link.dockerfile.path)
    if whole.cmd is not None or whole.entrypoint is not None:
        return False
    if is_development(link.stage.name or ""):
        return True
    is_interpreter = base.listed and base.entrypoint is None and base.cmd in (None, ("python3",))
    has_tools = any(stage.runs for stage in link.stage.lineage)
    return is_interpreter and has_tools and not _may_hold_code(link, python)


def is_named_in_values(path: str, artifacts: Artifacts) -> bool:
    """Whether the values of a chart name an image as the Dockerfile at ``path`` is called: a cheap question."""
    names = {name.encode() for name in names_of(path, artifacts.name)}
    if not names:
        return False
    named = re.compile(rb"(?:^|[/\s\"'-])(?:" + b"|".join(map(re.escape, sorted(names))) + rb")[\s\"':@]")
    charts = {one.chart for one in artifacts.classes.values() if one.chart}
    values = (artifacts.files.get(posixpath.normpath(f"{chart}/values.yaml")) for chart in charts)
    return any(file is not None and named.search(file.data) is not None for file in values)


def _may_hold_code(link: ImageLink, python: Collection[str]) -> bool:
    """Whether Python of the project stands beside the Dockerfile, or is copied, or may be: from another stage."""
    own = posixpath.dirname(link.dockerfile.path)
    if any(not own or path.startswith(f"{own}/") for path in python):
        return True
    for stage in link.stage.lineage:
        for run in stage.runs:
            if any(name == "mount" for name, _ in run.flags) or "git clone" in run.value:
                return True
        for copy in stage.copies:
            if copy.from_stage is not None or copy.content or any("$" in one or "*" in one for one in copy.sources):
                return True
            sources = [posixpath.normpath(posixpath.join(link.context, one.lstrip("/") or ".")) for one in copy.sources]
            if posixpath.normpath(link.context or ".") in sources:
                return True
            if any(path == one or path.startswith(f"{one}/") for one in sources for path in python):
                return True
    return False
