"""Files of the image that the program needs, and that a volume of the pod stands in front of."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.manifest import KubernetesObject
from k8slint.models.yaml import YamlMapping, YamlSequence, text
from k8slint.workload.beside import Beside
from k8slint.workload.environment import config_map
from k8slint.workload.image_files import Image, absolute, in_repository
from k8slint.workload.mounts import Mount, mounts
from k8slint.workload.process import Process
from k8slint.workload.workload import Workload

# Volumes that hold what the manifest says, or nothing; a claim or a folder of the node may hold the program itself.
_KINDS = ("configMap", "secret", "emptyDir", "downwardAPI")


class HiddenFile(Struct, frozen=True):
    """``path`` in the image, that a volume of ``kind`` at ``mount`` hides; ``file`` is it in the repository, or ""."""

    path: str
    file: str
    kind: str
    mount: str
    location: Location


def hidden_files(workload: Workload) -> tuple[HiddenFile, ...]:
    """What the start of a container needs and certainly does not see, the first for each volume."""
    found = mounts(workload)
    if not found.is_known or workload.image is None or not workload.processes.is_known:
        return ()
    needed = [tuple(_needed(workload, workload.image, one)) for one in workload.processes.value]
    hidden: dict[Location, HiddenFile] = {}
    for mount in found.value:
        kind = _kind(mount)
        if not kind or mount.is_part or not _is_alone(workload, mount):
            continue
        covered = [next((one for one in paths if _hides(workload, mount, kind, one[0])), None) for paths in needed]
        if covered and all(covered):
            path, file = covered[0] or ("", "")
            hidden[mount.location] = HiddenFile(path, file, kind, mount.path, mount.location)
    return tuple(hidden.values())


def volume_keys(owner: KubernetesObject | None, beside: Beside) -> dict[str, frozenset[str]]:
    """The keys of each ConfigMap that a pod has as a volume, by the volume's name; none where it is not known."""
    volumes = owner.pod.spec.get("volumes") if owner is not None and owner.pod is not None else None
    found = {}
    for item in volumes.items if isinstance(volumes, YamlSequence) else ():
        name = text(item.get("name")) if isinstance(item, YamlMapping) else None
        source = item.get("configMap", "name") if isinstance(item, YamlMapping) else None
        data = config_map(text(source), owner, beside) if source is not None else None
        if name is not None and data is not None and data.template() is None:
            found[name] = frozenset(key for key, _ in data.items())
    return found


def _needed(workload: Workload, image: Image, process: Process) -> Iterator[tuple[str, str]]:
    """The files and folders that a process starts with: the path in the image, the file in the repository."""
    entry = process.entry
    if workload.started_file is not None:
        yield workload.started_file.target, workload.started_file.path
    if entry.module.is_known:
        script = entry.words[0].text or "" if entry.words else ""
        dotted = entry.module.places[0].note.split(" is ", 1)[0].split(":", 1)[0] if entry.module.places else ""
        tail = dotted.replace("python -m ", "").replace(".", "/")
        for path in (script, f"{tail}.py", f"{tail}/__init__.py", f"{tail}/__main__.py"):
            target = absolute(path, entry.cwd)
            if in_repository(image, target) == entry.module.value:
                yield target, entry.module.value
                break
    environment = workload.environment.get("VIRTUAL_ENV", process)
    if environment.is_known and environment.value.startswith("/") and entry.is_python:
        yield f"{environment.value.rstrip('/')}/bin/python", ""
    if workload.base.python and entry.is_python and workload.base.listed and _is_official(workload):
        yield "/usr/local/bin/python3", ""


def _is_official(workload: Workload) -> bool:
    image = workload.stage.base_image if workload.stage is not None else None
    return image is not None and image.is_known and image.value.rpartition("/")[2].startswith("python:")


def _kind(mount: Mount) -> str:
    volume = mount.volume
    if volume is None or volume.template() is not None:
        return ""
    return next((kind for kind in _KINDS if volume.entry(kind) is not None), "")


def _is_alone(workload: Workload, mount: Mount) -> bool:
    """Whether no other container of the pod has the volume, and could put files into it."""
    spec = workload.owner.pod.spec if workload.owner is not None and workload.owner.pod is not None else None
    name = text(mount.volume.get("name")) if mount.volume is not None else None
    if spec is None or name is None:
        return False
    users = 0
    for key in ("containers", "initContainers"):
        node = spec.get(key)
        for one in node.items if isinstance(node, YamlSequence) else ():
            volumes = one.get("volumeMounts") if isinstance(one, YamlMapping) else None
            items = volumes.items if isinstance(volumes, YamlSequence) else ()
            users += any(isinstance(item, YamlMapping) and text(item.get("name")) == name for item in items)
        if node is not None and not isinstance(node, YamlSequence):
            return False
    return users == 1


def _hides(workload: Workload, mount: Mount, kind: str, path: str) -> bool:
    """Whether a path is below a mount and the volume cannot have a file there."""
    if mount.path == "/" or not path.startswith(mount.path + "/"):
        return False
    if kind == "emptyDir":
        return not _is_filled_at_start(workload, mount)
    source = mount.volume.get(kind) if mount.volume is not None else None
    items = source.get("items") if isinstance(source, YamlMapping) else None
    if isinstance(items, YamlSequence):
        paths = [text(item.get("path")) if isinstance(item, YamlMapping) else None for item in items.items]
        return None not in paths and path[len(mount.path) + 1 :] not in paths
    # The keys of a ConfigMap are files right in the folder; what stands deeper it cannot have.
    if posixpath.dirname(path) != mount.path:
        return True
    keys = workload.volume_keys.get(text(mount.volume.get("name")) or "") if mount.volume is not None else None
    return keys is not None and posixpath.basename(path) not in keys


def _is_filled_at_start(workload: Workload, mount: Mount) -> bool:
    """Whether a shell that starts the program may copy it into the volume first."""
    return any(
        mount.path in " ".join(words) or words[:1] in (("cp",), ("rsync",), ("git",), ("tar",))
        for process in workload.processes.or_else(())
        for step in process.steps
        for words, _ in step.commands
    )
