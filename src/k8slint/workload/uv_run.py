"""What ``uv run`` does to the environment, each time that a container starts with it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from enum import Enum

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.requirements import Requirements
from k8slint.regex import regex
from k8slint.workload.image_files import in_repository
from k8slint.workload.installs import Install
from k8slint.workload.mounts import can_write, mounts, read_only_root
from k8slint.workload.process import Process, Step
from k8slint.workload.workload import Workload

_INSTALLS = regex(r"\buv\b|\bpip[\d.]*\b|\bvenv\b|\.sh\b|\bmake\b|\bjust\b")
# Measured with uv 0.13: dev groups are installed by default, the project itself where it is a package.
_NO_DEV = ("--no-dev", "--no-default-groups", "--only-group", "--no-group")
_NO_PROJECT = ("--no-install-project", "--no-install-workspace", "--no-install-local")


class AtStart(Enum):
    """What happens at the start."""

    NO_CACHE = "its cache cannot be written"
    EVERYTHING = "it installs all packages"
    DEV_GROUP = "it installs the dev group"
    PROJECT = "it builds and installs the project"
    NOTHING = "it compares the environment with the lock file"


class UvRun(Struct, frozen=True):
    """One ``uv run`` that starts a container's program, and what it does first; ``because`` is what decides that."""

    what: AtStart
    location: Location
    because: Location | None = None


def uv_runs(workload: Workload) -> Iterator[UvRun]:
    """Those of all ways the container may start; nothing for one about which too little is known."""
    for process in workload.processes.value if workload.processes.is_known else ():
        for step in process.steps:
            if step.name == "uv" and (found := _of_step(workload, process, step)) is not None:
                yield found


def _of_step(workload: Workload, process: Process, step: Step) -> UvRun | None:
    root = read_only_root(workload)
    if root.is_known and root.value and not _may_write_cache(workload, process, step):
        return UvRun(AtStart.NO_CACHE, step.location, root.places[0].location if root.places else None)
    names = ("UV_NO_SYNC", "UV_PROJECT", "UV_PROJECT_ENVIRONMENT", "UV_NO_DEV", "UV_NO_PROJECT", "UV_WORKING_DIRECTORY")
    if any(not workload.environment.get(name, process).is_absent for name in names):
        return None
    if {"--no-sync", "--no-project", "--project", "--isolated", "--package", "--directory"} & set(step.options):
        return None
    module = dict(workload.programs_by_module).get(process.entry.module.or_else(""))
    if module is not None and module.is_known and "# /// script" in module.value.entry.source.text:
        return None
    return _synced(workload, process, step)


def _synced(workload: Workload, process: Process, step: Step) -> UvRun | None:
    """What is left to be done after the syncs of the image's build."""
    image = workload.image
    project = in_repository(image, posixpath.join(process.entry.cwd, "pyproject.toml")) if image is not None else None
    syncs = [one for one in workload.installs if one.tool == "uv sync" and _is_of(one, project)]
    if project is None or image is None or workload.stage is None:
        return None
    if not syncs:
        texts = [run.value for run in workload.stage.runs]
        copied = [copy for copy in workload.stage.copies if copy.from_stage is not None]
        is_bare = workload.base.listed and not any(_INSTALLS.search(text) for text in texts)
        tools = all(copy.destination.startswith(("/bin", "/usr/")) for copy in copied)
        return UvRun(AtStart.EVERYTHING, step.location) if is_bare and tools else None
    read = syncs[-1].project
    if not read.is_known:
        return None
    return _left(read.value, syncs, step)


def _left(project: Requirements, syncs: list[Install], step: Step) -> UvRun | None:
    wants_dev = project.has_dev_group and not any(word.split("=")[0] in _NO_DEV for word in step.options)
    if wants_dev and all(one.has(*_NO_DEV) or not one.variable("UV_NO_DEV").is_absent for one in syncs):
        return UvRun(AtStart.DEV_GROUP, step.location, syncs[-1].location)
    if project.is_package and all(one.has(*_NO_PROJECT) for one in syncs):
        return UvRun(AtStart.PROJECT, step.location, syncs[-1].location)
    return UvRun(AtStart.NOTHING, step.location)


def _is_of(sync: Install, project: str | None) -> bool:
    return sync.project.is_known and sync.project.value.path == project


def _may_write_cache(workload: Workload, process: Process, step: Step) -> bool:
    """Whether uv may find a place for its cache: it needs one even where there is nothing to be installed."""
    if {"--no-cache", "-n", "--no-cache-dir", "--cache-dir"} & set(step.options) or workload.user.is_unknown:
        return True
    environment = workload.environment
    if any(not environment.get(name, process).is_absent for name in ("UV_NO_CACHE", "HOME", "XDG_CACHE_HOME")):
        return True
    folder = environment.get("UV_CACHE_DIR", process)
    if folder.is_unknown:
        return True
    if folder.is_known:
        return can_write(workload, folder.value) is not False
    found = mounts(workload)
    # Without HOME the cache is in the home of the user, wherever that is.
    return not found.is_known or any(one.writable is not False and not _is_plain(one.path) for one in found.value)


def _is_plain(path: str) -> bool:
    return path.split("/")[1] in ("tmp", "var", "run", "dev", "mnt", "data", "srv") if path.startswith("/") else False
