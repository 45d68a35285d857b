"""The objects of a project as its overlays apply them: one variant for each overlay that uses an object."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field

from k8slint.fact import Place
from k8slint.location import Notice, NoticeLevel
from k8slint.models.kustomization import Kustomization
from k8slint.models.manifest import KubernetesObject, objects, objects_in
from k8slint.models.source import Source
from k8slint.models.yaml import Node, YamlMapping, load_documents
from k8slint.models.yaml_edit import scalar, with_entry

if TYPE_CHECKING:
    from k8slint.workload.kustomize import Kustomize
    from k8slint.workload.kustomize_files import Manifest

# Every object of every overlay is joined and judged by itself.
_MOST_OBJECTS = 20_000


class _File(Protocol):
    @property
    def data(self) -> bytes: ...


class Overlays(Struct, frozen=True):
    """``objects`` are put together; ``sources`` the files of which none is applied as it is written.

    ``open_because`` says for an overlay why it may hold further objects; ``files`` are those it is made of.
    """

    objects: tuple[KubernetesObject, ...] = ()
    sources: frozenset[str] = frozenset()
    open_because: Mapping[Place, str] = field(default_factory=dict)
    files: Mapping[Place, frozenset[str]] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()


def kustomize(
    kustomizations: Sequence[Kustomization],
    written: Mapping[str, Sequence[KubernetesObject]],
    unread: AbstractSet[str],
    files: Mapping[str, _File],
    source: Callable[[str], Source],
) -> Kustomize:
    """The kustomizations of a project whose files hold the objects ``written``.

    ``unread`` are the files of which a part could not be read.
    """
    from k8slint.workload.copied_kustomizations import where_applied
    from k8slint.workload.kustomize import Kustomize
    from k8slint.workload.kustomize_files import Files, Manifest

    def manifest(path: str) -> Manifest | None:
        if path not in files:
            return None
        if path in unread and path not in written:
            # In the folder of a chart, and yet no template: what helm makes of a chart is often kept beside it.
            found, notices = objects(source(path))
            return Manifest(tuple(_typed(one) for one in found), not notices)
        return Manifest(tuple(_typed(one) for one in written.get(path, ())), path not in unread)

    def patch(path: str) -> tuple[Node, ...] | None:
        if path not in files:
            return None
        documents, notices = load_documents(source(path))
        is_whole = all("written twice" in notice.message for notice in notices)
        return tuple(document.root for document in documents) if is_whole else None

    def content(path: str) -> bytes | None:
        return files[path].data if path in files else None

    named = tuple(_found_by_name(kustomizations))
    folders = {posixpath.dirname(one.path) for one in named}
    applied = where_applied(named, files, lambda path: path in files or path in folders)
    return Kustomize(applied, Files(manifest, patch, content))


def put_together(kustomize: Kustomize) -> Overlays:
    """What the kustomizations that no other one uses make."""
    made: list[KubernetesObject] = []
    reasons: dict[Place, str] = {}
    used: dict[Place, frozenset[str]] = {}
    for folder in kustomize.roots():
        one = kustomize.by_folder[folder]
        if len(made) > _MOST_OBJECTS:
            message = f"the overlays before this one make more than {_MOST_OBJECTS} objects: this one is left out"
            kustomize.notices.append(Notice(one.location, message, NoticeLevel.NOTE))
            continue
        rendered = kustomize.render(folder)
        variant = Place(one.location, folder or ".")
        used[variant] = rendered.files
        if rendered.open_because or one.is_component:
            reasons[variant] = rendered.open_because or f"{one.path} is a part of other kustomizations"
        for each in rendered.resources:
            made.extend(objects_in(each.path, each.root, variant))
    return Overlays(tuple(made), kustomize.used_files(), reasons, used, tuple(dict.fromkeys(kustomize.notices)))


def _found_by_name(kustomizations: Iterable[Kustomization]) -> Iterable[Kustomization]:
    """Kustomize finds them by the name of their file alone."""
    return (one for one in kustomizations if posixpath.basename(one.path).lower().startswith("kustomization"))


def _typed(one: KubernetesObject) -> YamlMapping:
    """The object's content; an item of a typed list is given the type that the list says."""
    root = one.root
    for key, value in (("apiVersion", one.api_version), ("kind", one.kind)):
        if root.get(key) is None:
            root = with_entry(root, scalar(key, root.location, "plain"), scalar(value, root.location, "plain"))
    return root
