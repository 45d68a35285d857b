"""What a kustomization does to its objects, step by step in kustomize's order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeAlias

from msgspec.structs import replace

from k8slint.location import Location
from k8slint.models.kustomization import Kustomization, Patch
from k8slint.models.resource import Resource, read_selector
from k8slint.models.transformers import affixed, annotated, edited, in_namespace, labelled, scaled, with_images
from k8slint.models.yaml import Node, Scalar, YamlMapping, YamlSequence, text
from k8slint.models.yaml_edit import mapped, nodes, obscured, unknown_node
from k8slint.regex import regex
from k8slint.workload.kustomize_patches import Note, patched, unknown, with_unknown_value

Change: TypeAlias = Callable[[tuple[Resource, ...]], Iterable[Resource]]
# The parts of a field path, which are separated by dots: a condition in brackets may hold some.
_STEP = regex(r"\[[^\]]*\]|(?:[^.\\]|\\.)+")


def steps(
    one: Kustomization, read: Callable[[Patch], tuple[Node, ...] | None], is_open: bool, note: Note
) -> Iterator[tuple[Location, Change]]:
    """Each change with the place in the kustomization that asks for it; ``read`` gives the text of a patch."""
    for patch in (*one.merge_patches, *one.patches):
        yield patch.location, _patching(patch, read, is_open, note)
    if one.namespace is not None:
        yield one.namespace.location, _each(partial(in_namespace, namespace=one.namespace))
    affix = one.prefix or one.suffix
    if affix is not None:
        prefix, suffix = (node.text if node is not None else "" for node in (one.prefix, one.suffix))
        yield affix.location, _each(partial(affixed, prefix=prefix, suffix=suffix))
    for labels in one.labels:
        yield labels.pairs.location, _each(partial(labelled, labels=labels))
    if one.annotations is not None:
        yield one.annotations.location, _each(partial(annotated, pairs=one.annotations))
    for patch in one.json_patches:
        yield patch.location, _patching(patch, read, is_open, note)
    for replicas in one.replicas:
        yield replicas.count.location, _each(partial(scaled, replicas=replicas))
    if one.images:
        yield one.images[0].location, _each(partial(with_images, overrides=one.images))
    yield from _not_followed(one, read, note)


def _not_followed(
    one: Kustomization, read: Callable[[Patch], tuple[Node, ...] | None], note: Note
) -> Iterator[tuple[Location, Change]]:
    for written in one.configurations:
        note(written.location, f"{written.text} is not followed: the fields that it names are not known")
        rows = tuple(_field_specs(read(Patch(None, written, None, written.location)) or ()))
        yield written.location, _each(partial(_configured, rows=rows, place=written.location))
    for replacement in one.replacements:
        place = replacement.location
        note(place, "replacements are not followed: the values that they set are not known")
        yield place, _each(partial(_replaced, replacement=replacement))
    for plugin in one.changes:
        note(plugin.location, f"{plugin.text} are not followed: what they may set is not known")
        yield plugin.location, _each(partial(unknown, place=plugin.location))


def _field_specs(documents: Iterable[Node]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The fields that a file of ``configurations`` names, each with the kind of object it speaks of, "" for any."""
    for root, _ in nodes(documents):
        path = root.get("path") if isinstance(root, YamlMapping) else None
        if isinstance(root, YamlMapping) and isinstance(path, Scalar):
            steps = tuple(step.removesuffix("[]") for step in path.text.split("/"))
            yield text(root.get("kind")) or "", steps


def _configured(one: Resource, rows: Iterable[tuple[str, tuple[str, ...]]], place: Location) -> Resource:
    root: Node = one.root
    for kind, path in rows:
        if kind in ("", one.id.kind) and path[0] != "metadata":
            root = (
                edited(root, path, None, lambda old: unknown_node(place) if old is None else obscured(old, place))
                or root
            )
    return replace(one, root=root) if isinstance(root, YamlMapping) else one


def _each(change: Callable[[Resource], Resource]) -> Change:
    return lambda resources: [change(one) for one in resources]


def _patching(patch: Patch, read: Callable[[Patch], tuple[Node, ...] | None], is_open: bool, note: Note) -> Change:
    return lambda resources: patched(resources, patch, read(patch), is_open, note)


def without_variables(resources: Iterable[Resource], variables: Iterable[str]) -> tuple[Resource, ...]:
    """``resources`` with every value unknown that one of the ``vars`` is written into."""
    names = re.compile(r"\$\((?:" + "|".join(re.escape(name) for name in variables) + r")\)")

    def change(value: Scalar) -> Scalar:
        return unknown_node(value.location) if names.search(value.text) else value

    changed = []
    for one in resources:
        root = mapped(one.root, change)
        changed.append(replace(one, root=root) if isinstance(root, YamlMapping) else one)
    return tuple(changed)


def _replaced(one: Resource, replacement: Node) -> Resource:
    """The object without the values that a replacement writes into it; all are lost where it stands in a file."""
    targets = replacement.get("targets") if isinstance(replacement, YamlMapping) else None
    if not isinstance(targets, YamlSequence):
        return unknown(one, replacement.location)
    for target in targets.items:
        select = target.get("select") if isinstance(target, YamlMapping) else None
        if not isinstance(target, YamlMapping) or not isinstance(select, YamlMapping):
            continue
        paths = target.get("fieldPaths")
        if read_selector(select).fits(one) is not False and isinstance(paths, YamlSequence):
            for path in paths.items:
                names = tuple(_STEP.findall(text(path) or ""))
                one = with_unknown_value(one, tuple(_unescaped(name) for name in names), path.location)
    return one


def _unescaped(step: str) -> str:
    return step.replace("\\.", ".")
