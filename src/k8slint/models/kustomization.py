"""Kustomizations: which files they patch with, build on, and which images they rename."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from k8slint.location import Location
from k8slint.models.project_path import project_path
from k8slint.models.source import Source
from k8slint.models.yaml import Node, Scalar, YamlMapping, YamlSequence, is_null, load_documents, text

_FILE_NAMES = ("kustomization.yaml", "kustomization.yml", "kustomization")
_KINDS = ("Kustomization", "Component")


@dataclass(frozen=True, slots=True)
class ImageOverride:
    """An image that a kustomization renames; ``location`` is the place of ``name``, the image that manifests write."""

    name: str
    new_name: str | None
    new_tag: str | None
    digest: str | None
    location: Location


@dataclass(frozen=True, slots=True)
class Kustomization:
    """One kustomization. Paths are from the project's root; what lies outside the project is left out.

    ``resources`` are files and folders, of ``bases`` too. ``patches`` are the files of all three kinds of patches,
    ``inline_patches`` those written in the kustomization itself.
    """

    path: str
    resources: tuple[str, ...]
    patches: tuple[str, ...]
    inline_patches: tuple[Scalar, ...]
    components: tuple[str, ...]
    images: tuple[ImageOverride, ...]


def parse_kustomization(source: Source) -> Kustomization | None:
    """The kustomization in a file, None where there is none.

    One is told by its file name, or by its kind and API group.
    """
    is_named = posixpath.basename(source.path).lower() in _FILE_NAMES
    if not is_named and "kustomize.config.k8s.io" not in source.text:
        return None
    documents, _ = load_documents(source)
    for document in documents:
        root = document.root
        if isinstance(root, YamlMapping) and _is_kustomization(root, is_named):
            return _kustomization(source.path, root)
    return None


def _is_kustomization(root: YamlMapping, is_named: bool) -> bool:
    version = text(root.get("apiVersion"))
    if version is None:
        return is_named
    return version.startswith("kustomize.config.k8s.io/") and text(root.get("kind")) in (*_KINDS, None)


def _kustomization(path: str, root: YamlMapping) -> Kustomization:
    folder = posixpath.dirname(path)
    patches = tuple(_patches(root))
    return Kustomization(
        path=path,
        resources=_paths(folder, [*_scalars(root.get("resources")), *_scalars(root.get("bases"))]),
        patches=_paths(folder, [patch for patch in patches if not _is_inline(patch)]),
        inline_patches=tuple(patch for patch in patches if _is_inline(patch)),
        components=_paths(folder, _scalars(root.get("components"))),
        images=tuple(_images(root.get("images"))),
    )


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, YamlSequence) else ()


def _scalars(node: Node | None) -> list[Scalar]:
    return [item for item in _items(node) if isinstance(item, Scalar)]


def _patches(root: YamlMapping) -> Iterator[Scalar]:
    """What each patch is: a path, or the patch itself."""
    yield from _scalars(root.get("patchesStrategicMerge"))
    for item in (*_items(root.get("patches")), *_items(root.get("patchesJson6902"))):
        if isinstance(item, Scalar):
            yield item
        elif isinstance(item, YamlMapping):
            for key in ("path", "patch"):
                value = item.get(key)
                if isinstance(value, Scalar) and not is_null(value):
                    yield value


def _is_inline(patch: Scalar) -> bool:
    """A patch as text has several lines or is YAML or JSON in one; a path has no ``: `` and no brackets."""
    return "\n" in patch.text.strip() or ": " in patch.text or patch.text.lstrip().startswith(("{", "[", "- "))


def _paths(folder: str, written: list[Scalar]) -> tuple[str, ...]:
    found = (project_path(folder, one.text) for one in written)
    return tuple(dict.fromkeys(path for path in found if path is not None))


def _images(node: Node | None) -> Iterator[ImageOverride]:
    for item in _items(node):
        name = item.get("name") if isinstance(item, YamlMapping) else None
        if isinstance(item, YamlMapping) and isinstance(name, Scalar) and not is_null(name):
            yield ImageOverride(
                name.text,
                text(item.get("newName")),
                text(item.get("newTag")),
                text(item.get("digest")),
                name.location,
            )
