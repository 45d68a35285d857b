"""Which paths a container can write to: its read-only root, its volumes, and the folders of temporary files."""

from __future__ import annotations

import posixpath
from collections.abc import Collection

from msgspec import Struct

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.location import Location
from k8slint.models.yaml import Node, Scalar, YamlMapping, YamlSequence, as_bool, has_expression, is_null, text
from k8slint.workload.process import Process
from k8slint.workload.workload import Workload

# CPython's tempfile tries the folders of these variables, then these paths, then the working directory.
_TEMPORARY_VARIABLES = ("TMPDIR", "TEMP", "TMP")
_TEMPORARY_PATHS = ("/tmp", "/var/tmp", "/usr/tmp")
_READ_ONLY_KINDS = ("configMap", "secret", "downwardAPI", "projected", "image")


class Mount(Struct, frozen=True):
    """A volume in a container: where it is mounted, and whether the container can write to it (None: not known).

    ``volume`` is what the pod says of it, None for a claim template or where it says nothing; ``is_part`` tells that
    ``subPath`` mounts one file or folder of it.
    """

    path: str
    writable: bool | None
    location: Location
    volume: YamlMapping | None = None
    is_part: bool = False


def read_only_root(workload: Workload) -> Fact[bool]:
    """Whether the container's root file system is read-only, with the place that says so."""
    if workload.container is None:
        return unknown("there is no manifest")
    node = workload.container.get("securityContext", "readOnlyRootFilesystem")
    if is_null(node) or node is None:
        return absent()
    value = as_bool(node)
    place = Place(node.location, "readOnlyRootFilesystem")
    return unknown("it is filled in later", place) if value is None else known(value, place)


def mounts(workload: Workload) -> Fact[tuple[Mount, ...]]:
    """The volumes of a container; unknown where a template may add one."""
    if workload.container is None or workload.owner is None or workload.owner.pod is None:
        return unknown("there is no manifest")
    if workload.owner.kind == "StatefulSet" and workload.owner.root.get("spec", "volumeClaimTemplates") is not None:
        claims = _names(workload.owner.root.get("spec", "volumeClaimTemplates"))
    else:
        claims = {}
    volumes = {**_names(workload.owner.pod.spec.get("volumes")), **claims}
    node = workload.container.get("volumeMounts")
    if is_null(node):
        return known(())
    found = []
    for item in node.items if isinstance(node, YamlSequence) else (node,):
        path = text(item.get("mountPath")) if isinstance(item, YamlMapping) else None
        if not isinstance(item, YamlMapping) or path is None or has_expression(path):
            return unknown("volumeMounts is filled in later")
        if item.template() is not None:
            return unknown("volumeMounts is filled in later")
        volume = volumes.get(text(item.get("name")) or "")
        is_part = item.entry("subPath") is not None or item.entry("subPathExpr") is not None
        writable = _is_writable(item, volumes)
        found.append(Mount(posixpath.normpath(path), writable, item.location, volume, is_part))
    return known(tuple(found))


def has_claim(workload: Workload) -> bool:
    """Whether the pod has a volume that outlives it."""
    volumes = workload.owner.pod.spec.get("volumes") if workload.owner is not None and workload.owner.pod else None
    return any(one.get("persistentVolumeClaim") is not None for one in _names(volumes).values())


def claim_at(workload: Workload, path: str) -> Location | None:
    """The mount of the persistent volume that ``path`` is on, the same one in all pods; None where none is known."""
    volumes = workload.owner.pod.spec.get("volumes") if workload.owner is not None and workload.owner.pod else None
    claims = [name for name, volume in _names(volumes).items() if volume.get("persistentVolumeClaim") is not None]
    return _mount_at(workload, path, claims)


def own_claim_at(workload: Workload, path: str) -> Location | None:
    """The mount of the persistent volume that ``path`` is on where a StatefulSet gives each pod one of its own."""
    if workload.owner is None or workload.owner.kind != "StatefulSet":
        return None
    return _mount_at(workload, path, _names(workload.owner.root.get("spec", "volumeClaimTemplates")))


def _mount_at(workload: Workload, path: str, names: Collection[str]) -> Location | None:
    """The mount that ``path`` is on, if its volume is one of ``names``."""
    found = mounts(workload)
    inside = [one for one in found.or_else(()) if path == one.path or path.startswith(one.path.rstrip("/") + "/")]
    if not inside or workload.container is None:
        return None
    mount = max(inside, key=lambda one: len(one.path))
    node = workload.container.get("volumeMounts")
    items = node.items if isinstance(node, YamlSequence) else ()
    mounted = [
        text(one.get("name")) for one in items if isinstance(one, YamlMapping) and one.location == mount.location
    ]
    return mount.location if any(name in names for name in mounted) else None


def can_write(workload: Workload, path: str) -> bool | None:
    """Whether a container with a read-only root can write below ``path``; None where that is not known."""
    if path == "/dev/shm" or path.startswith(("/dev/shm/", "/dev/mqueue/", "/proc/")):
        return True  # Every container has its own, even with a read-only root.
    found = mounts(workload)
    if not found.is_known:
        return None
    inside = [one for one in found.value if path == one.path or path.startswith(one.path.rstrip("/") + "/")]
    return max(inside, key=lambda one: len(one.path)).writable if inside else False


def temporary_folder(workload: Workload, process: Process) -> Fact[str]:
    """The folder that ``tempfile`` would use in a container with a read-only root; absent where it finds none."""
    folders = []
    for name in _TEMPORARY_VARIABLES:
        variable = workload.environment.get(name, process)
        if variable.is_unknown:
            return unknown(variable.reason)
        if variable.is_known and variable.value:
            folders.append(variable.value)
    for folder in (*folders, *_TEMPORARY_PATHS, process.entry.cwd):
        writable = can_write(workload, posixpath.normpath(posixpath.join(process.entry.cwd, folder)))
        if writable is None:
            return unknown(f"whether {folder} can be written to is not known")
        if writable:
            return known(folder)
    return absent()


def _names(volumes: Node | None) -> dict[str, YamlMapping]:
    found = {}
    for item in volumes.items if isinstance(volumes, YamlSequence) else ():
        name = None
        if isinstance(item, YamlMapping):
            name = text(item.get("name")) or text(item.get("metadata", "name"))
        if name is not None and isinstance(item, YamlMapping):
            found[name] = item
    return found


def _is_writable(mount: YamlMapping, volumes: dict[str, YamlMapping]) -> bool | None:
    flag = mount.get("readOnly")
    if flag is not None:
        read_only = as_bool(flag)
        if read_only is None and isinstance(flag, Scalar):
            return None
        if read_only:
            return False
    volume = volumes.get(text(mount.get("name")) or "")
    if volume is None or volume.template() is not None:
        return None
    return not any(volume.get(kind) is not None for kind in _READ_ONLY_KINDS)
