"""Kustomizations: what they put together, and how they change it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.resource import Selector, read_selector
from k8slint.models.source import Source
from k8slint.models.yaml import (
    Node,
    Scalar,
    YamlMapping,
    YamlSequence,
    as_bool,
    is_null,
    load_documents,
    mappings,
    text,
)

_FILE_NAMES = ("kustomization.yaml", "kustomization.yml", "kustomization")
_KINDS = ("Kustomization", "Component")
# What may add objects, and what may change any object, in ways that are not followed here.
_ADDS = ("helmCharts", "helmChartInflationGenerator", "generators")
_CHANGES = ("transformers",)


class ImageOverride(Struct, frozen=True):
    """An image that a kustomization renames; ``location`` is the place of ``name``, the image that manifests write.

    ``set_by`` is the value that a reader would edit: the tag or digest, else the new name.
    """

    name: str
    new_name: str | None
    new_tag: str | None
    digest: str | None
    suffix: str | None
    location: Location
    set_by: Location


class Patch(Struct, frozen=True):
    """``text`` is the patch itself, else ``path`` the file that holds it; without ``target`` it names its object."""

    text: Scalar | None
    path: Scalar | None
    target: Selector | None
    location: Location
    may_rename: bool = False


class Generator(Struct, frozen=True):
    """One ConfigMap or Secret that is made: ``entry`` is its part of the kustomization."""

    kind: str
    name: Scalar
    entry: YamlMapping


class Labels(Struct, frozen=True):
    """Labels or annotations that are added, to ``selectors`` and pod templates too where asked for."""

    pairs: YamlMapping
    selectors: bool
    templates: bool


class Replicas(Struct, frozen=True):
    name: str
    count: Scalar


class Kustomization(Struct, frozen=True):
    """One kustomization; paths are as written, from ``folder``: where it is, or where a script copies it to.

    ``adds`` and ``changes`` are the places of what may add objects or change any of them and is not followed;
    ``variables`` the names that ``vars`` fill in, ``replacements`` those that write into objects,
    ``configurations`` the files that name further fields for what kustomize does.
    """

    path: str
    is_component: bool
    location: Location
    resources: tuple[Scalar, ...]
    components: tuple[Scalar, ...]
    merge_patches: tuple[Patch, ...]
    patches: tuple[Patch, ...]
    json_patches: tuple[Patch, ...]
    images: tuple[ImageOverride, ...]
    replicas: tuple[Replicas, ...]
    generators: tuple[Generator, ...]
    labels: tuple[Labels, ...]
    annotations: YamlMapping | None
    options: YamlMapping | None
    prefix: Scalar | None
    suffix: Scalar | None
    namespace: Scalar | None
    adds: tuple[Scalar, ...]
    changes: tuple[Scalar, ...]
    variables: tuple[Scalar, ...]
    replacements: tuple[Node, ...]
    configurations: tuple[Scalar, ...] = ()
    applied_in: str | None = None

    @property
    def folder(self) -> str:
        return posixpath.dirname(self.path) if self.applied_in is None else self.applied_in


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
    options, annotations = root.get("generatorOptions"), root.get("commonAnnotations")
    first = root.entries[0].key.location if root.entries else root.location
    return Kustomization(
        path=path,
        is_component=text(root.get("kind")) == "Component",
        location=first,
        resources=(*_scalars(root.get("resources")), *_scalars(root.get("bases"))),
        components=_scalars(root.get("components")),
        merge_patches=tuple(_merge_patches(root.get("patchesStrategicMerge"))),
        patches=tuple(_patches(root.get("patches"))),
        json_patches=tuple(_patches(root.get("patchesJson6902"))),
        images=tuple(_images(root.get("images"))),
        replicas=tuple(_replicas(root.get("replicas"))),
        generators=(
            *_generators("ConfigMap", root.get("configMapGenerator")),
            *_generators("Secret", root.get("secretGenerator")),
        ),
        labels=tuple(_labels(root)),
        annotations=annotations if isinstance(annotations, YamlMapping) else None,
        options=options if isinstance(options, YamlMapping) else None,
        prefix=_scalar(root.get("namePrefix")),
        suffix=_scalar(root.get("nameSuffix")),
        namespace=_scalar(root.get("namespace")),
        adds=_keys(root, _ADDS),
        changes=_keys(root, _CHANGES),
        variables=tuple(name for one in mappings(root.get("vars")) if (name := _scalar(one.get("name")))),
        replacements=_items(root.get("replacements")),
        configurations=_scalars(root.get("configurations")),
    )


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, YamlSequence) else ()


def _scalars(node: Node | None) -> tuple[Scalar, ...]:
    return tuple(item for item in _items(node) if isinstance(item, Scalar) and not is_null(item))


def _scalar(node: Node | None) -> Scalar | None:
    return node if isinstance(node, Scalar) and text(node) else None


def _keys(root: YamlMapping, names: tuple[str, ...]) -> tuple[Scalar, ...]:
    return tuple(entry.key for entry in root.entries if entry.key.text in names and not is_null(entry.value))


def _merge_patches(node: Node | None) -> Iterator[Patch]:
    for one in _scalars(node):
        inline = _is_inline(one)
        yield Patch(one if inline else None, None if inline else one, None, one.location)


def _patches(node: Node | None) -> Iterator[Patch]:
    for item in _items(node):
        if isinstance(item, Scalar) and not is_null(item):
            yield Patch(None, item, None, item.location)
        elif isinstance(item, YamlMapping):
            inline, path = _scalar(item.get("patch")), _scalar(item.get("path"))
            if inline is not None or path is not None:
                target = item.get("target")
                options = item.get("options")
                renames = isinstance(options, YamlMapping) and as_bool(options.get("allowNameChange")) is True
                selector = read_selector(target) if isinstance(target, YamlMapping) else None
                place = inline if inline is not None else path
                yield Patch(inline, path, selector, place.location if place is not None else item.location, renames)


def _is_inline(patch: Scalar) -> bool:
    """A patch as text has several lines or is YAML or JSON in one; a path has no ``: `` and no brackets."""
    return "\n" in patch.text.strip() or ": " in patch.text or patch.text.lstrip().startswith(("{", "[", "- "))


def _images(node: Node | None) -> Iterator[ImageOverride]:
    for item in mappings(node):
        name = _scalar(item.get("name"))
        if name is not None:
            values = {key: _scalar(item.get(key)) for key in ("newTag", "digest", "tagSuffix", "newName")}
            place = next((one for one in values.values() if one is not None), name)
            tag, digest, suffix, new_name = (one.text if one is not None else None for one in values.values())
            yield ImageOverride(name.text, new_name, tag, digest, suffix, name.location, place.location)


def _replicas(node: Node | None) -> Iterator[Replicas]:
    for item in mappings(node):
        name, count = _scalar(item.get("name")), _scalar(item.get("count"))
        if name is not None and count is not None:
            yield Replicas(name.text, count)


def _generators(kind: str, node: Node | None) -> Iterator[Generator]:
    for item in mappings(node):
        name = _scalar(item.get("name"))
        if name is not None:
            yield Generator(kind, name, item)


def _labels(root: YamlMapping) -> Iterator[Labels]:
    common = root.get("commonLabels")
    if isinstance(common, YamlMapping):
        yield Labels(common, True, True)
    for item in mappings(root.get("labels")):
        pairs = item.get("pairs")
        if isinstance(pairs, YamlMapping):
            selectors = as_bool(item.get("includeSelectors")) is True
            yield Labels(pairs, selectors, selectors or as_bool(item.get("includeTemplates")) is True)
