"""What ``helm template`` wrote of a chart, with the places of the chart's files that it is made from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from k8slint.location import Location, Notice, NoticeLevel, whole_file
from k8slint.models.manifest import KubernetesObject, is_manifest, objects_in
from k8slint.models.source import Source
from k8slint.models.yaml import (
    Entry,
    Node,
    Scalar,
    YamlMapping,
    YamlSequence,
    has_expression,
    is_null,
    load_documents,
    text,
)
from k8slint.models.yaml_edit import relocated
from k8slint.regex import regex
from k8slint.workload.chart_templates import is_test

_MARK = regex(r"^# Source: [^/\s]+/(?P<template>\S+)[ \t]*\r?$", re.MULTILINE)


class HelmOutput(Struct, frozen=True):
    """The objects of one chart, and notices for what could not be read."""

    objects: tuple[KubernetesObject, ...]
    notices: tuple[Notice, ...]


def read_output(output: str, template: Callable[[str], str], read: Iterable[KubernetesObject]) -> HelmOutput:
    """The objects in helm's ``output``.

    ``template`` gives the path in the project of what helm calls by a path in the chart, "" for what is not judged.
    ``read`` are the objects as they were read without helm: a field has its place where they have it, too, and else
    the first line of its template.
    """
    known = {(one.path, one.kind, one.name): one for one in reversed(list(read))}
    objects: list[KubernetesObject] = []
    notices: list[Notice] = []
    for written, content in _parts(output):
        path = template(written)
        if not path:
            continue
        documents, found = load_documents(Source(path, content), is_manifest)
        errors = [one for one in found if one.level is NoticeLevel.ERROR]
        if errors:
            message = f"what helm makes of this template is no YAML: {errors[0].message}"
            notices.append(Notice(whole_file(path), message, NoticeLevel.ERROR))
        for document in documents:
            for one in objects_in(path, document.root):
                same = known.get((path, one.kind, one.name)) or _only(known, path, one.kind)
                root = _placed(one.root, same.root if same is not None else None, whole_file(path))
                objects.extend(made for made in objects_in(path, root) if not is_test(made))
    return HelmOutput(tuple(objects), tuple(dict.fromkeys(notices)))


def _parts(output: str) -> Iterator[tuple[str, str]]:
    """The template that each part of the output names, and the part."""
    marks = list(_MARK.finditer(output))
    ends = [*(mark.start() for mark in marks[1:]), len(output)]
    for mark, end in zip(marks, ends, strict=False):
        content = output[mark.end() : end].rstrip()
        yield mark["template"], content.removesuffix("---") if content.endswith("\n---") else content


def _only(known: dict[tuple[str, str, str | None], KubernetesObject], path: str, kind: str) -> KubernetesObject | None:
    """The one object of a kind in a template, where its name was not known without helm."""
    found = [one for (where, what, _), one in known.items() if (where, what) == (path, kind)]
    return found[0] if len(found) == 1 and found[0].name is None else None


def _placed(node: Node, same: Node | None, whole: Location) -> Node:
    """``node`` with the places of ``same``, the same field as it was read without helm."""
    if same is None or (isinstance(same, Scalar) and has_expression(same.text)):
        place = same.location if same is not None else whole
        return relocated(node, lambda _: place)
    if isinstance(node, YamlMapping) and isinstance(same, YamlMapping):
        # What the values leave out stays there with null, at the line that leaves it out.
        left_out = (one for one in same.entries if is_null(one.value) and node.entry(one.key.text) is None)
        return YamlMapping((*(_entry(one, same, whole) for one in node.entries), *left_out), same.location)
    if isinstance(node, YamlSequence) and isinstance(same, YamlSequence):
        return YamlSequence(tuple(_item(node, at, same, whole) for at in range(len(node.items))), same.location)
    if isinstance(node, Scalar) and isinstance(same, Scalar) and node.text == same.text:
        return replace(node, location=same.location, content_line=same.content_line, content_column=same.content_column)
    # Another value than the one that was read there comes from somewhere else.
    return relocated(node, lambda _: whole)


def _entry(one: Entry, same: YamlMapping, whole: Location) -> Entry:
    there = same.entry(one.key.text)
    if there is not None:
        return Entry(replace(one.key, location=there.key.location), _placed(one.value, there.value, whole))
    template = same.template()
    place = template.location if template is not None else whole
    return Entry(replace(one.key, location=place), relocated(one.value, lambda _: place))


def _item(node: YamlSequence, at: int, same: YamlSequence, whole: Location) -> Node:
    item = node.items[at]
    name = _name(item)
    if name is not None:
        match = next((one for one in same.items if _name(one) == name), None)
    else:
        match = same.items[at] if len(same.items) == len(node.items) else None
    if match is None:
        match = next((one for one in same.items if isinstance(one, Scalar) and has_expression(one.text)), None)
    return _placed(item, match, whole)


def _name(item: Node) -> str | None:
    return text(item.get("name")) if isinstance(item, YamlMapping) else None
