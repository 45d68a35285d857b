"""What every file of a project is taken for, and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from k8slint.models.bake import is_bake_file
from k8slint.models.makefile import is_makefile
from k8slint.models.manifest import KubernetesObject
from k8slint.models.project_path import project_path
from k8slint.models.tiltfile import is_tiltfile
from k8slint.workload.artifacts import Artifacts, is_dockerfile
from k8slint.workload.file_class import FileKind
from k8slint.workload.workload import Workload

_SHOWN = 3


class ListedFile(Struct, frozen=True):
    """One file: ``kind`` in the words of people ("manifest", "patch", "entry script"), and why it is one."""

    path: str
    kind: str
    why: str


def listed_files(artifacts: Artifacts, workloads: Sequence[Workload]) -> Iterator[ListedFile]:
    """All files that were read, by path. What only looked like a manifest or a Compose file is "other"."""
    patches = dict(_patches(artifacts))
    compose = {one.path: len(one.services) for one in artifacts.compose}
    objects: dict[str, list[KubernetesObject]] = defaultdict(list)
    for one in artifacts.written:
        objects[one.path].append(one)
    started = dict(_started(workloads))
    for path in sorted(artifacts.files):
        file_class = artifacts.classes.get(path)
        kind, why = ("", "") if file_class is None else (file_class.kind.value, file_class.why)
        if path in patches:
            yield ListedFile(path, "patch", f"{patches[path]} uses it as a patch")
        elif file_class is None:
            yield ListedFile(path, *_by_name(path, artifacts, started))
        elif file_class.kind is FileKind.MANIFEST:
            here = objects[path]
            yield ListedFile(path, kind if here else "other", _names(here) if here else f"{why}, but no object")
        elif file_class.kind is FileKind.COMPOSE and path not in compose:
            yield ListedFile(path, "other", "nothing in it that k8slint reads")
        elif file_class.kind is FileKind.COMPOSE:
            yield ListedFile(path, kind, f"{compose[path]} service{'s' if compose[path] != 1 else ''}")
        else:
            yield ListedFile(path, kind, why)


def _patches(artifacts: Artifacts) -> Iterator[tuple[str, str]]:
    """Every file that a kustomization uses as a patch, with the kustomization."""
    for one in artifacts.kustomizations:
        for patch in (*one.merge_patches, *one.patches, *one.json_patches):
            path = project_path(one.folder, patch.path.text) if patch.path is not None else None
            if path is not None:
                yield path, one.path


def _by_name(path: str, artifacts: Artifacts, started: dict[str, str]) -> tuple[str, str]:
    if is_dockerfile(path):
        return "Dockerfile", "its name" if artifacts.dockerfile(path) is not None else "its name, but it cannot be read"
    is_script = path.endswith((".sh", ".bash")) or artifacts.files[path].data.startswith(b"#!")
    if path.endswith(".py"):
        return "Python", f"{started[path]} starts it" if path in started else "its name"
    if path in started and is_script:
        return "entry script", f"{started[path]} starts it"
    if is_script:
        return "shell script", "its name" if path.endswith((".sh", ".bash")) else "its first line"
    if is_makefile(path) or is_bake_file(path) or is_tiltfile(path):
        return "build tool", "its name"
    return "other", "it may tell how an image is built or started"


def _started(workloads: Iterable[Workload]) -> Iterator[tuple[str, str]]:
    """Every script and module that a container starts, with what to call the container."""
    for one in workloads:
        for process in one.processes.value if one.processes.is_known else ():
            entry = process.entry
            if entry.module.is_known:
                yield entry.module.value, one.label
            for path in {entry.location.path, *(step.location.path for step in process.steps)}:
                yield path, one.label


def _names(objects: Sequence[KubernetesObject]) -> str:
    if len(objects) <= _SHOWN:
        return ", ".join(f"{one.kind} {one.name or '(without a name)'}" for one in objects)
    kinds = Counter(one.kind for one in objects)
    return ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
