"""Kustomizations that a script copies over another one before kustomize is run: their paths count from there."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from msgspec.structs import replace

from k8slint.models.kustomization import Kustomization
from k8slint.models.makefile import is_makefile
from k8slint.models.project_path import project_path
from k8slint.regex import regex
from k8slint.workload.build_names import folder_of, place_folders

_COPY = regex(
    r"""(?<![\w-])cp[ \t]+(?:-\w+[ \t]+)*["']?(?P<source>[^\s"';&|]*kustomization\.ya?ml)["']?[ \t]+"""
    r"""["']?(?P<target>[^\s"';&|]+)"""
)


class _File(Protocol):
    @property
    def data(self) -> bytes: ...


def where_applied(
    kustomizations: Iterable[Kustomization], files: Mapping[str, _File], exists: Callable[[str], bool]
) -> Iterator[Kustomization]:
    """Each kustomization, those that a script copies to one other folder with paths that count from that folder.

    Only where a path that a kustomization names is missing beside it, and all are there beside the copy.
    """
    targets: dict[str, set[str]] = {}
    for source, folder in _copies(files):
        targets.setdefault(source, set()).add(folder)
    for one in kustomizations:
        folders = targets.get(one.path, set())
        moved = replace(one, applied_in=next(iter(folders))) if len(folders) == 1 else one
        yield moved if not _is_whole(one, exists) and _is_whole(moved, exists) else one


def _is_whole(one: Kustomization, exists: Callable[[str], bool]) -> bool:
    patches = (*one.merge_patches, *one.patches, *one.json_patches)
    written = (*one.resources, *one.components, *(patch.path for patch in patches if patch.path is not None))
    paths = (project_path(one.folder, each.text) for each in written)
    return all(path is None or exists(path) for path in paths)


def _copies(files: Mapping[str, _File]) -> Iterator[tuple[str, str]]:
    """The file and the folder of each copy that the scripts and Makefiles make."""
    for path in sorted(files):
        data = files[path].data
        if b"kustomization.y" not in data or not (
            path.endswith((".sh", ".bash")) or data.startswith(b"#!") or is_makefile(path)
        ):
            continue
        folder = posixpath.dirname(path)
        for found in _COPY.finditer(place_folders(data.decode("utf-8", "replace"), folder)):
            for cwd in dict.fromkeys(("", folder)):
                source, target = folder_of(cwd, found["source"]), folder_of(cwd, found["target"])
                if source is not None and source in files and target is not None and "$" not in found.group():
                    is_file = target.endswith((".yaml", ".yml"))
                    yield source, posixpath.dirname(target) if is_file else target
                    break
