"""Edits of manifests that keep comments, quoting, indentation and line ends."""

from __future__ import annotations

import re

from k8slint.fix.refusal import Refused
from k8slint.location import Location
from k8slint.models.manifest import KubernetesObject, objects
from k8slint.models.source import Source
from k8slint.models.yaml import Node, Scalar, YamlMapping, YamlSequence, text
from k8slint.regex import regex
from k8slint.repair import Edit, Field, Item, Level

# Wider than YAML's own rule: what only looks like an anchor or an alias is left alone as well.
_ANCHOR = regex(r"(?:^|[\s\[,{:-])[&*][A-Za-z0-9_]|<<\s*:", re.MULTILINE)
_STEP = 2


def manifest_edit(source: Source, change: Field | Item) -> Edit:
    """The edit that makes ``change``. Raises ``Refused``."""
    if "{{" in source.text or "{%" in source.text:
        raise Refused("the file is a template")
    if _ANCHOR.search(source.text):
        raise Refused("the file has anchors or aliases")
    one, node = _target(source, change)
    route = change.route
    at = 0
    while at < len(route):
        found = node.entry(route[at])
        if found is None:
            break
        if at == len(route) - 1 and isinstance(change, Field):
            return _replaced(source, found.value, change.value)
        at += 1
        if at == len(route) and isinstance(change, Item) and isinstance(found.value, YamlSequence):
            return _appended(source, found.value, change.values)
        if not isinstance(found.value, YamlMapping):
            raise Refused(f"{route[at - 1]} holds something else")
        node = found.value
    _demand_block(source, node.location)
    indent = node.entries[0].key.location.column - 1
    lines = _written(route[at:], change, indent, _list_indent(source, one))
    return _after(source, node, lines)


def _target(source: Source, change: Field | Item) -> tuple[KubernetesObject, YamlMapping]:
    """The object in which a change is made, and the mapping at which its route begins."""
    found, _ = objects(source)
    for one in found:
        if not _holds(one.root, change.location):
            continue
        if change.level is Level.OBJECT:
            return one, one.root
        for pod in one.pods:
            for container in pod.containers:
                if container.location == change.location:
                    return one, container.node if change.level is Level.CONTAINER else pod.spec
        if change.level is Level.POD and len(one.pods) == 1 and _holds(one.pods[0].spec, change.location):
            return one, one.pods[0].spec
    raise Refused("it is put together from several files")


def _holds(node: Node, place: Location) -> bool:
    return node.location.line <= place.line <= node.location.end_line


def _replaced(source: Source, value: Node, written: str) -> Edit:
    """A scalar's text replaced inside its quotes."""
    is_scalar = isinstance(value, Scalar) and value.style in ("plain", "single", "double") and not value.tag
    if not isinstance(value, Scalar) or not is_scalar or "\n" in written:
        raise Refused("what stands there is no plain value")
    if not value.text:
        raise Refused("the value is empty")
    quote = {"single": "'", "double": '"'}.get(value.style, "")
    return Edit(value.location, f"{quote}{written}{quote}")


def _appended(source: Source, items: YamlSequence, values: tuple[str, ...]) -> Edit:
    if not items.items:
        raise Refused("the list is written as []")
    _demand_block(source, items.location)
    names = {text(one.get("name")) for one in items.items if isinstance(one, YamlMapping)}
    for value in values:
        name = value.split("\n")[0].removeprefix("name: ")
        if name in names:
            raise Refused(f"there is an item called {name} already")
    last = items.items[-1]
    line = source.line(last.location.line)
    dash = line.rfind("-", 0, last.location.column - 1)
    if dash < 0 or line[:dash].strip(" -"):
        raise Refused("the list is written in an unusual way")
    return _after(source, items, _items(values, dash))


def _written(route: tuple[str, ...], change: Field | Item, indent: int, deeper: int) -> list[str]:
    """The lines of a new entry: the keys of ``route``, each in the one before, and the value."""
    lines = [f"{' ' * (indent + _STEP * depth)}{key}:" for depth, key in enumerate(route)]
    last = indent + _STEP * (len(route) - 1)
    if isinstance(change, Item):
        return [*lines, *_items(change.values, last + deeper)]
    if "\n" in change.value:
        return [*lines, *(f"{' ' * (last + _STEP)}{line}" for line in change.value.split("\n"))]
    return [*lines[:-1], f"{lines[-1]} {change.value}"]


def _items(values: tuple[str, ...], dash: int) -> list[str]:
    lines = []
    for value in values:
        first, *rest = value.split("\n")
        lines += [f"{' ' * dash}- {first}", *(f"{' ' * (dash + 2)}{line}" for line in rest)]
    return lines


def _list_indent(source: Source, one: KubernetesObject) -> int:
    """How far the file indents the items of a list below its key."""
    for pod in one.pods:
        entry = pod.spec.entry("containers")
        if entry is not None and isinstance(entry.value, YamlSequence):
            line = source.line(entry.value.location.line)
            return max(0, len(line) - len(line.lstrip()) - (entry.key.location.column - 1))
    return _STEP


def _demand_block(source: Source, place: Location) -> None:
    if source.text[source.offset(place.line, place.column)] in "{[":
        raise Refused("it is written in braces on one line")


def _after(source: Source, node: Node, lines: list[str]) -> Edit:
    """An insertion of lines below the last line of ``node``."""
    number = _last_line(source, node)
    start = source.offset(number, 1) + len(source.line(number))
    end = source.line_end(number)
    return Edit(source.span(start, start), "".join(f"{end}{line}" for line in lines))


def _last_line(source: Source, node: Node) -> int:
    """The last line that a node fills; what its parser takes for its end may be the next node's beginning."""
    while not isinstance(node, Scalar):
        if source.text[source.offset(node.location.line, node.location.column)] in "{[":
            return node.location.end_line
        node = node.entries[-1].value if isinstance(node, YamlMapping) else node.items[-1]
    if node.style not in ("literal", "folded"):
        return node.location.end_line
    number = min(node.location.end_line, source.line_count)
    if node.location.end_column == 1 and number > node.location.line:
        number -= 1
    while number > node.location.line and not source.line(number).strip():
        number -= 1
    return number
