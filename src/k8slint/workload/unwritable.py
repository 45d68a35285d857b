"""Which files of a process its user may not write."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.yaml import YamlMapping
from k8slint.workload.file_writes import FileWrite, file_writes
from k8slint.workload.mounts import claim_at, mounts, own_claim_at, read_only_root
from k8slint.workload.process import Process
from k8slint.workload.root_folders import root_folder
from k8slint.workload.workload import Workload


class UnwritableFile(Struct, frozen=True):
    """``write`` fails in a folder that root has, by ``folder``: an instruction, or the mount of a volume."""

    write: FileWrite
    folder: Location
    on_volume: bool


def unwritable_files(workload: Workload, process: Process) -> Iterator[UnwritableFile]:
    """The writes of a process that its user is known not to be allowed, one for each path."""
    user, volumes = workload.user, mounts(workload)
    if not user.is_known or user.value.is_root or user.value.refused or process.drops_root or not volumes.is_known:
        return
    read_only = read_only_root(workload)
    seen = set()
    for write in file_writes(workload, process):
        if write.path in seen:
            continue
        seen.add(write.path)
        mount = claim_at(workload, write.path) or own_claim_at(workload, write.path)
        is_mounted = any(write.path.startswith(one.path.rstrip("/") + "/") for one in volumes.value)
        if mount is not None and _stays_roots(workload):
            yield UnwritableFile(write, mount, True)
        folder = root_folder(workload, posixpath.dirname(write.path)) if not is_mounted else None
        if folder is not None and not read_only.is_unknown and not read_only.or_else(False):
            yield UnwritableFile(write, folder, False)


def _stays_roots(workload: Workload) -> bool:
    """Whether nothing in the pod gives its volumes to another user: neither ``fsGroup`` nor an init container."""
    pod = workload.owner.pod if workload.owner is not None else None
    if pod is None or pod.spec.get("initContainers") is not None:
        return False
    context = pod.spec.get("securityContext")
    if context is None:
        return True
    return isinstance(context, YamlMapping) and context.template() is None and context.get("fsGroup") is None
