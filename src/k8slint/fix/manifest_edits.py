"""Edits of manifests that keep comments, quoting, indentation and line ends."""

from __future__ import annotations

import re

from k8slint.fix.braces_edits import added, is_in_braces, opened
from k8slint.fix.refusal import Refused
from k8slint.fix.template_lines import TemplateLines, template_lines
from k8slint.location import Location
from k8slint.models.manifest import KubernetesObject, objects
from k8slint.models.source import Source
from k8slint.models.yaml import Entry, Node, Scalar, YamlMapping, YamlSequence, text
from k8slint.regex import regex
from k8slint.repair import Edit, Field, Item, Level

# An anchor that may hold more than a scalar on its line. Wider than YAML's own rule: what only looks like one, too.
_ANCHOR = regex(r"(?:^|[\s\[,{:-])&[A-Za-z0-9_][^\s,\]}]*[ \t]*(?:$|[\[{|>#&!*])|<<\s*:", re.MULTILINE)
_EXPRESSION = regex(r"\{\{|\{%")
_FILLING = regex(r"\b(?:toYaml|tpl|n?indent)\b|-\}\}\s*$")
# A key of the mapping that is there wherever the object is: what is added stands under the same conditions.
_CERTAIN = ("containers", "name", "image", "kind")
_STEP = 2


def manifest_edit(source: Source, change: Field | Item) -> Edit:
    """The edit that makes ``change``. Raises ``Refused``."""
    if change.level is Level.VALUE and isinstance(change, Field):
        return opened(source, change.location, change.value.split("\n"))
    if _ANCHOR.search(source.text):
        raise Refused("the file has anchors that hold more than a value")
    template = template_lines(source)
    one, node = _target(source if template is None else template.source, change)
    certain = _certain_line(node, change)
    route = change.route
    at = 0
    while at < len(route):
        found = node.entry(route[at])
        if found is None:
            break
        if template is not None and not template.same(found.key.location.line, certain):
            raise Refused("a condition of the template stands around it")
        if at == len(route) - 1 and isinstance(change, Field):
            return _replaced(source, found, change.value)
        at += 1
        if at == len(route) and isinstance(change, Item) and isinstance(found.value, YamlSequence):
            if template is not None:
                raise Refused("the template may write more of the list")
            return _appended(source, found.value, change.values)
        if not isinstance(found.value, YamlMapping) or _is_alias(source, found):
            raise Refused(f"{route[at - 1]} holds something else, or is filled in by a template")
        node = found.value
    deeper = _list_indent(source, one)
    if is_in_braces(source, node.location):
        if not node.entries:
            return opened(source, node.location, _written(route[at:], change, 0, deeper))
        if isinstance(change, Item):
            raise Refused("it is written in braces on one line")
        return added(source, node, route[at:], change.value)
    indent = node.entries[0].key.location.column - 1
    lines = _written(route[at:], change, indent, deeper)
    number = _last_line(source, node)
    return _below(source, number if template is None else _sure_line(template, node, number, certain), lines)


def _certain_line(node: YamlMapping, change: Field | Item) -> int:
    found = (entry for name in _CERTAIN if (entry := node.entry(name)) is not None)
    return next((entry.key.location.line for entry in found), change.location.line)


def _sure_line(template: TemplateLines, node: YamlMapping, last: int, certain: int) -> int:
    """The last line that is one whole field of a mapping and stands there whatever the template is given."""
    template.demand_no_entries(node.location.line, last, node.entries[0].key.location.column - 1)
    sure = 0
    for entry in node.entries:
        place = entry.value.location
        is_whole = isinstance(entry.value, Scalar) and place.line == place.end_line == entry.key.location.line
        line = template.source.line(place.line)
        if is_whole and text(entry.value) and template.same(place.line, certain) and not _FILLING.search(line):
            sure = max(sure, place.line)
    if not sure:
        raise Refused("no line of it is certain to be there")
    return sure


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
                if _begins(change.location, container.location, container.node.entry("name")):
                    return one, container.node if change.level is Level.CONTAINER else pod.spec
        if change.level is Level.POD and len(one.pods) == 1 and _holds(one.pods[0].spec, change.location):
            return one, one.pods[0].spec
    raise Refused("it is put together from several files")


def _begins(place: Location, name: Location, entry: Entry | None) -> bool:
    """Whether ``place`` is that of a container's name, or of its key, where a chart's values give the name."""
    places = (name, entry.key.location) if entry is not None else (name,)
    return (place.line, place.column) in [(one.line, one.column) for one in places]


def _holds(node: Node, place: Location) -> bool:
    return node.location.line <= place.line <= node.location.end_line


def _is_alias(source: Source, entry: Entry) -> bool:
    key = entry.key.location
    rest = source.line(key.end_line)[key.end_column - 1 :].lstrip(": \t")
    return rest.startswith(("*", "&"))


def _replaced(source: Source, entry: Entry, written: str) -> Edit:
    """A scalar's text replaced inside its quotes, or empty braces by a block."""
    value = entry.value
    if _is_alias(source, entry) or _EXPRESSION.search(source.written(value.location)):
        raise Refused("the value has an anchor, is an alias, or is filled in by a template")
    if isinstance(value, YamlMapping) and not value.entries:
        return opened(source, value.location, written.split("\n"))
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
    if is_in_braces(source, items.location):
        raise Refused("it is written in brackets on one line")
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
    return _below(source, _last_line(source, items), _items(values, dash))


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


def _below(source: Source, number: int, lines: list[str]) -> Edit:
    """An insertion of lines below line ``number``."""
    start = source.offset(number, 1) + len(source.line(number))
    end = source.line_end(number)
    return Edit(source.span(start, start), "".join(f"{end}{line}" for line in lines))


def _last_line(source: Source, node: Node) -> int:
    """The last line that a node fills; what its parser takes for its end may be the next node's beginning."""
    while not isinstance(node, Scalar):
        if is_in_braces(source, node.location):
            return node.location.end_line
        if isinstance(node, YamlMapping):
            entry = node.entries[-1]
            if _is_alias(source, entry):
                return entry.key.location.line
            node = entry.value
        elif node.items[-1].location.line < node.location.line:
            raise Refused("the list ends with an alias")
        else:
            node = node.items[-1]
    if node.style not in ("literal", "folded"):
        return node.location.end_line
    number = min(node.location.end_line, source.line_count)
    if node.location.end_column == 1 and number > node.location.line:
        number -= 1
    while number > node.location.line and not source.line(number).strip():
        number -= 1
    return number
