"""Kustomizations put together: bases, components, generators and transformers, in the order that kustomize has."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from k8slint.location import Location, Notice, NoticeLevel
from k8slint.models.generators import generated, merged_data
from k8slint.models.inline_yaml import inline_documents
from k8slint.models.kustomization import Kustomization, Patch
from k8slint.models.name_references import with_new_names
from k8slint.models.project_path import project_path
from k8slint.models.resource import Resource
from k8slint.models.yaml import Node, Scalar, text
from k8slint.models.yaml_edit import nodes
from k8slint.workload.kustomize_files import Files
from k8slint.workload.kustomize_patches import unknown
from k8slint.workload.kustomize_steps import steps, without_variables

# Against trees that are made to keep a reader busy: the largest real ones need a thousandth.
_MOST_RESOURCES = 2_000
_MOST_WORK = 20_000_000
_DEEPEST = 50
_LOCAL = "config.kubernetes.io/local-config"


class Rendered(Struct, frozen=True):
    """What a kustomization makes: ``open_because`` says why there may be further objects, "" where there are none.

    ``files`` are the manifests and patches that it is made of, ``variables`` the names of its ``vars``.
    """

    resources: tuple[Resource, ...]
    open_because: str
    files: frozenset[str]
    variables: frozenset[str] = frozenset()


class Kustomize:
    """The kustomizations of a project, by the folder of their file. What they could not follow is in ``notices``."""

    def __init__(self, kustomizations: Iterable[Kustomization], files: Files) -> None:
        self.by_folder = {posixpath.dirname(one.path): one for one in kustomizations}
        self.files = files
        self.notices: list[Notice] = []
        self._rendered: dict[str, Rendered] = {}
        self._under_way: list[str] = []
        self._work = 0

    def render(self, folder: str) -> Rendered:
        """The objects of the kustomization in ``folder``, with references led to their new names."""
        found = self.built(folder, ())
        resources = with_new_names(found.resources)
        if found.variables:
            resources = without_variables(resources, found.variables)
        return replace(found, resources=resources)

    def roots(self) -> tuple[str, ...]:
        """The folders of the kustomizations that no other one refers to."""
        used = {path for one in self.by_folder.values() for path in self._references(one)}
        found = [folder for folder in sorted(self.by_folder) if folder not in used]
        reached: set[str] = set()
        for folder in (*found, *sorted(self.by_folder)):
            if folder not in reached:
                if folder in used:
                    found.append(folder)  # A circle that nothing leads into.
                self._reach(folder, reached)
        return tuple(found)

    def used_files(self) -> frozenset[str]:
        """The manifests and patches that any kustomization names: none of them is applied as it is written."""
        found = set()
        for one in self.by_folder.values():
            patches = (*one.merge_patches, *one.patches, *one.json_patches)
            for written in (*one.resources, *(patch.path for patch in patches)):
                path = project_path(one.folder, written.text) if written is not None else None
                if path is not None:
                    found.add(path)
        return frozenset(found)

    def _references(self, one: Kustomization) -> Iterator[str]:
        for written in (*one.resources, *one.components):
            path = project_path(one.folder, written.text)
            if path is not None and path in self.by_folder:
                yield path

    def _reach(self, folder: str, reached: set[str]) -> None:
        waiting = [folder]
        while waiting:
            at = waiting.pop()
            if at not in reached:
                reached.add(at)
                waiting.extend(self._references(self.by_folder[at]))

    def note(self, place: Location, message: str) -> None:
        self.notices.append(Notice(place, message, NoticeLevel.NOTE))

    def built(self, folder: str, inherited: tuple[Resource, ...]) -> Rendered:
        """A kustomization by itself, or a component put on the objects of ``inherited``."""
        one = self.by_folder[folder]
        if not one.is_component and folder in self._rendered:
            return self._rendered[folder]
        if folder in self._under_way or len(self._under_way) >= _DEEPEST:
            why = "builds on itself" if folder in self._under_way else f"is nested more than {_DEEPEST} deep"
            self.note(one.location, f"this kustomization {why}: not followed further")
            return Rendered(inherited, f"{one.path} {why}", frozenset())
        self._under_way.append(folder)
        found = _Build(self, one, inherited).result()
        self._under_way.pop()
        if not one.is_component:
            self._rendered[folder] = found
        return found

    def is_affordable(self, place: Location, walked: Sequence[Resource], count: int) -> bool:
        """Whether one more step over ``walked`` is within bounds, as ``count`` objects are; a note says where not."""
        self._work += sum(one.size for one in walked)
        if count <= _MOST_RESOURCES and self._work <= _MOST_WORK:
            return True
        self.note(place, "too large to be put together: its objects are left out")
        return False


class _Build:
    """One kustomization while it is put together."""

    def __init__(self, kustomize: Kustomize, one: Kustomization, inherited: tuple[Resource, ...]) -> None:
        self._all = kustomize
        self._one = one
        self._resources = list(inherited)
        self._ids = {each.id for each in inherited}
        self._open = ""
        self._files: set[str] = {one.path}
        self._variables = {name.text for name in one.variables}

    def result(self) -> Rendered:
        one = self._one
        for written in one.resources:
            walked = self._add_resource(written)
            if not self._all.is_affordable(written.location, walked, len(self._resources)):
                return self._nothing()
        for written in one.components:
            self._put_on(written)
        self._generate()
        for added in one.adds:
            self._open_for(added.location, f"what {added.text} adds is not known")
        is_open = bool(self._open) or one.is_component
        for place, step in steps(one, self._patch_documents, is_open, self._all.note):
            if not self._all.is_affordable(place, self._resources, len(self._resources)):
                return self._nothing()
            self._resources = list(step(tuple(self._resources)))
        if one.variables:
            self._all.note(one.variables[0].location, "vars are not followed: the values that hold them are not known")
        kept = tuple(each for each in self._resources if not _is_local(each))
        return Rendered(kept, self._open, frozenset(self._files), frozenset(self._variables))

    def _nothing(self) -> Rendered:
        return Rendered((), f"{self._one.path} is too large to be put together", frozenset(self._files))

    def _open_for(self, place: Location, message: str) -> None:
        self._open = self._open or f"{self._one.path}: {message}"
        self._all.note(place, message)

    def _add(self, each: Resource) -> None:
        known = each.id
        if known not in self._ids:
            self._ids.add(known)
            self._resources.append(each)

    def _add_resource(self, written: Scalar) -> Sequence[Resource]:
        """Add what one line names; all objects that it names, those that were there before too."""
        path = project_path(self._one.folder, written.text)
        if path is not None and path in self._all.by_folder:
            base = self._all.built(path, ())
            for each in base.resources:
                self._add(each)
            self._open = self._open or base.open_because
            self._files |= base.files
            self._variables |= base.variables
            return base.resources
        found = self._all.files.manifest(path) if path is not None else None
        if path is None or found is None:
            what = "is not in the repository" if path is None else "is not there"
            self._open_for(written.location, f"{written.text} {what}: the objects that it adds are not known")
            return ()
        self._files.add(path)
        added = [Resource(path, root, size=sum(1 for _ in nodes((root,)))) for root in found.roots]
        for each in added:
            self._add(each)
        if not found.complete:
            self._open = self._open or f"a part of {path} cannot be read"
        return added

    def _put_on(self, written: Scalar) -> None:
        path = project_path(self._one.folder, written.text)
        if path is None or path not in self._all.by_folder:
            self._open_for(written.location, f"{written.text} is not in the repository, and may change any object")
            self._resources = [unknown(each, written.location) for each in self._resources]
            return
        found = self._all.built(path, tuple(self._resources))
        self._resources = list(found.resources)
        self._ids = {each.id for each in self._resources}
        self._open = self._open or found.open_because
        self._files |= found.files
        self._variables |= found.variables

    def _generate(self) -> None:
        for one in self._one.generators:
            made = generated(one, self._one.options, self._one.path, self._read)
            fits = [
                at
                for at, each in enumerate(self._resources)
                if each.id.kind == one.kind and any(former.name == one.name.text for former in each.ids)
            ]
            behavior = text(one.entry.get("behavior"))
            if fits and behavior == "merge":
                self._resources[fits[0]] = merged_data(self._resources[fits[0]], made)
            elif fits and behavior == "replace":
                old = self._resources[fits[0]]
                self._resources[fits[0]] = replace(made, former=old.former, affixes=old.affixes)
            else:
                self._add(made)

    def _read(self, written: str) -> tuple[str, bytes] | None:
        path = project_path(self._one.folder, written)
        data = self._all.files.content(path) if path is not None else None
        return (path, data) if path is not None and data is not None else None

    def _patch_documents(self, patch: Patch) -> tuple[Node, ...] | None:
        """The text of a patch; None where it cannot be read, which a note says."""
        if patch.text is not None:
            found = inline_documents(patch.text)
        else:
            path = project_path(self._one.folder, patch.path.text) if patch.path is not None else None
            found = self._all.files.patch(path) if path is not None else None
            if path is not None:
                self._files.add(path)
        if found is None:
            self._all.note(patch.location, "a patch that cannot be read: what it may set is not known")
        return found


def _is_local(one: Resource) -> bool:
    return text(one.root.get("metadata", "annotations", _LOCAL)) == "true"
