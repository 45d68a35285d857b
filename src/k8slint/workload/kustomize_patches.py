"""The patches of a kustomization, applied to its objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec.structs import replace

from k8slint.location import Location
from k8slint.models.json_patch import PatchError, json_patched
from k8slint.models.kustomization import Patch
from k8slint.models.merge_patch import fields_of, merged
from k8slint.models.resource import Resource, Selector
from k8slint.models.yaml import Node, YamlMapping, YamlSequence, has_expression, text
from k8slint.models.yaml_edit import obscured, scalar, with_entry, without

Note = Callable[[Location, str], None]


def patched(
    resources: Sequence[Resource], patch: Patch, documents: Sequence[Node] | None, is_open: bool, note: Note
) -> tuple[Resource, ...]:
    """``resources`` after one patch, whose text is ``documents``; None where it cannot be read.

    What a patch that is not understood may have set is unknown, and a note says so. Where objects may be missing
    (``is_open``) a patch may be for one of them.
    """
    if documents is None:
        return _unknown(resources, patch.target, patch.location)
    result = tuple(resources)
    for document in documents:
        if isinstance(document, YamlSequence):
            result = _json(result, patch, document, note)
        elif isinstance(document, YamlMapping):
            result = _merge(result, patch, document, is_open, note)
    return result


def _unknown(resources: Sequence[Resource], target: Selector | None, place: Location) -> tuple[Resource, ...]:
    return tuple(unknown(one, place) if target is None or target.fits(one) is not False else one for one in resources)


def unknown(one: Resource, place: Location) -> Resource:
    """``one`` when every part of it but its name may have been changed."""
    root = obscured(one.root, place)
    metadata = one.root.entry("metadata")
    if metadata is not None and isinstance(root, YamlMapping):
        root = with_entry(root, metadata.key, metadata.value)
    return replace(one, root=root) if isinstance(root, YamlMapping) else one


def _json(resources: tuple[Resource, ...], patch: Patch, operations: YamlSequence, note: Note) -> tuple[Resource, ...]:
    found = []
    for one in resources:
        fits = patch.target.fits(one) if patch.target is not None else None
        if fits:
            try:
                root = json_patched(one.root, operations.items)
            except PatchError as error:
                note(error.location, f"the patch does not fit {one.id.kind} {one.id.name}: {error.reason}")
                found.append(unknown(one, error.location))
                continue
            found.append(one.with_root(root) if isinstance(root, YamlMapping) else one)
        else:
            found.append(unknown(one, patch.location) if fits is None else one)
    return tuple(found)


def _merge(
    resources: tuple[Resource, ...], patch: Patch, document: YamlMapping, is_open: bool, note: Note
) -> tuple[Resource, ...]:
    if patch.target is not None:
        answers = [patch.target.fits(one) for one in resources]
    else:
        answers = _named(resources, document)
        if True not in answers and None not in answers and not is_open:
            kind, name = text(document.get("kind")), text(document.get("metadata", "name"))
            note(document.location, f"a patch for {kind} {name}, which this kustomization does not have")
    found: list[Resource] = []
    for one, fits in zip(resources, answers, strict=True):
        if fits:
            changed = _laid_over(one, document, patch.may_rename)
            if changed is not None:
                found.append(changed)
        else:
            found.append(unknown(one, patch.location) if fits is None else one)
    return tuple(found)


def _laid_over(one: Resource, document: YamlMapping, may_rename: bool) -> Resource | None:
    if not may_rename:
        document = without(document, "apiVersion", "kind")
        metadata = document.entry("metadata")
        if metadata is not None and isinstance(metadata.value, YamlMapping):
            document = with_entry(document, metadata.key, without(metadata.value, "name", "namespace"))
    known = one.id
    root = merged(one.root, document, fields_of(known.group, known.kind))
    return one.with_root(root) if isinstance(root, YamlMapping) and root.entries else None


def _named(resources: Sequence[Resource], document: YamlMapping) -> list[bool | None]:
    """Which objects a patch names itself: exactly, else whatever their version and namespace."""
    wanted = Resource("", document).id
    if has_expression(wanted.name):
        return [None if one.id.kind == wanted.kind else False for one in resources]
    exact = [any(each == wanted for each in one.ids) for one in resources]
    if True in exact:
        return list(exact)
    return list(_alike(resources, wanted.group, wanted.kind, wanted.name))


def _alike(resources: Sequence[Resource], group: str, kind: str, name: str) -> Iterator[bool]:
    for one in resources:
        yield any((each.group, each.kind, each.name) == (group, kind, name) for each in one.ids)


def with_unknown_value(one: Resource, steps: Sequence[str], place: Location) -> Resource:
    """``one`` with an unknown value at a field path (``spec.containers.[name=web].image``) that is written to."""
    root = _hidden(one.root, tuple(steps), place)
    return one.with_root(root) if isinstance(root, YamlMapping) else one


def _hidden(node: Node, steps: tuple[str, ...], place: Location) -> Node:
    if not steps:
        return obscured(node, place)
    step, rest = steps[0], steps[1:]
    if isinstance(node, YamlSequence):
        # A condition or a number picks some of the items: all of them may be meant.
        return replace(node, items=tuple(_hidden(item, rest, place) for item in node.items))
    if isinstance(node, YamlMapping) and (entry := node.entry(step)) is not None:
        return with_entry(node, entry.key, _hidden(entry.value, rest, place))
    if isinstance(node, YamlMapping):
        key = scalar(step, place, "plain")
        return with_entry(node, key, obscured(key, place))
    return node
