"""JSON patches (RFC 6902) on YAML nodes, so that what a patch sets keeps the place where the patch says it.

The libraries for this work on plain values, which have no places; what is left to do is short.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from k8slint.location import Location
from k8slint.models.yaml_edit import nodes, with_entry, without
from k8slint.models.yaml_nodes import Entry, Node, Scalar, YamlMapping, YamlSequence, text
from k8slint.models.yaml_tree import MAX_DEPTH, MAX_NODES


class PatchError(Exception):
    """A patch cannot be applied; ``location`` is the operation that fails."""

    def __init__(self, reason: str, location: Location) -> None:
        super().__init__(reason)
        self.reason = reason
        self.location = location


def json_patched(root: Node, operations: Sequence[Node]) -> Node:
    """``root`` after all ``operations``. Raises ``PatchError``, where kustomize refuses the patch too.

    As in kustomize, and unlike in the standard, a key that is replaced need not be there.
    """
    for operation in operations:
        root = _applied(root, operation)
    return root


def _applied(root: Node, operation: Node) -> Node:
    path = operation.get("path") if isinstance(operation, YamlMapping) else None
    if not isinstance(operation, YamlMapping) or not isinstance(path, Scalar):
        raise PatchError("an operation has no path", operation.location)
    kind, steps, value = text(operation.get("op")), _steps(path), operation.get("value")
    if kind in ("move", "copy"):
        origin = operation.get("from")
        source = _steps(origin) if isinstance(origin, Scalar) else ()
        value = _found(root, source, path)
        if kind == "move":
            root = _changed(root, source, "remove", None, path)
        kind = "add"
    if kind == "remove":
        return _changed(root, steps, kind, None, path)
    if value is None:
        raise PatchError(f"the operation {kind} has no value", operation.location)
    if kind == "test":
        if _plain(_found(root, steps, path)) != _plain(value):
            raise PatchError(f"{path.text} is not what the patch tests for", path.location)
        return root
    if kind not in ("add", "replace"):
        raise PatchError(f"there is no operation {kind}", operation.location)
    root = _changed(root, steps, kind, value, path)
    _bound(root, path.location)
    return root


def _bound(root: Node, place: Location) -> None:
    """Copies of copies grow without bound."""
    for count, (_, depth) in enumerate(nodes((root,)), 1):
        if count > MAX_NODES or depth > MAX_DEPTH:
            raise PatchError(f"the object grows to more than {MAX_NODES} values, or too deep", place)


def _steps(path: Scalar) -> tuple[str, ...]:
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in path.text.split("/")[1:])


def _index(sequence: YamlSequence, step: str, path: Scalar, most: int) -> int:
    if not step.isdecimal() or len(step) > len(str(MAX_NODES)) or int(step) > most:
        raise PatchError(f"there is no item {step} for {path.text}", path.location)
    return int(step)


def _found(node: Node, steps: tuple[str, ...], path: Scalar) -> Node:
    for step in steps:
        inner: Node | None = None
        if isinstance(node, YamlSequence):
            inner = node.items[_index(node, step, path, len(node.items) - 1)]
        elif isinstance(node, YamlMapping):
            entry = node.entry(step)
            inner = entry.value if entry is not None else None
        if inner is None:
            raise PatchError(f"there is no {step} for {path.text}", path.location)
        node = inner
    return node


def _changed(node: Node, steps: tuple[str, ...], kind: str, value: Node | None, path: Scalar) -> Node:
    """``node`` with ``value`` at the end of ``steps``, or without what is there."""
    if not steps:
        if value is None:
            raise PatchError("the whole object cannot be removed", path.location)
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(node, YamlSequence):
        return _changed_item(node, step, rest, kind, value, path)
    if not isinstance(node, YamlMapping):
        raise PatchError(f"there is no {step} for {path.text}", path.location)
    entry = node.entry(step)
    if entry is None and not rest and kind == "remove":
        raise PatchError(f"there is no {step} for {path.text}", path.location)
    if not rest and value is None:
        return without(node, step)
    if not rest and value is not None:
        return with_entry(node, replace(path, text=step), value)
    if entry is None and step == "annotations" and kind == "add":
        # Kustomize keeps annotations of its own on every object while it works.
        entry = Entry(replace(path, text=step), YamlMapping((), path.location))
    if entry is None:
        raise PatchError(f"there is no {step} for {path.text}", path.location)
    return with_entry(node, entry.key, _changed(entry.value, rest, kind, value, path))


def _changed_item(
    node: YamlSequence, step: str, rest: tuple[str, ...], kind: str, value: Node | None, path: Scalar
) -> YamlSequence:
    items = list(node.items)
    if rest:
        at = _index(node, step, path, len(items) - 1)
        items[at] = _changed(items[at], rest, kind, value, path)
    elif kind == "add" and value is not None:
        items.insert(len(items) if step == "-" else _index(node, step, path, len(items)), value)
    else:
        at = _index(node, step, path, len(items) - 1)
        items[at : at + 1] = [value] if value is not None else []
    return replace(node, items=tuple(items))


def _plain(node: Node) -> object:
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, YamlSequence):
        return [_plain(item) for item in node.items]
    return {key: _plain(value) for key, value in node.items()}
