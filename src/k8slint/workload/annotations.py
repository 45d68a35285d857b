"""Annotations that ask k8slint to ignore rules, and the lines that each of them covers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from msgspec import Struct

from k8slint.fact import Place
from k8slint.location import Location
from k8slint.models.manifest import KubernetesObject
from k8slint.models.yaml import Node, YamlMapping, YamlSequence, has_expression, text

_NAME = "k8slint.dev/ignore"


class Lines(Struct, frozen=True):
    """The lines ``first`` to ``last`` of a file."""

    path: str
    first: int
    last: int


class Annotation(Struct, frozen=True):
    """One annotation as it is written at ``location``.

    It covers ``lines``; only of the objects put together with ``variants``, where there are any.
    """

    text: str
    location: Location
    lines: tuple[Lines, ...]
    variants: frozenset[Place]


def ignore_annotations(objects: Iterable[KubernetesObject]) -> tuple[Annotation, ...]:
    """Those of all objects and pod templates; what overlays make of one annotation is one."""
    lines: dict[tuple[Location, str], dict[Lines, None]] = defaultdict(dict)
    variants: dict[tuple[Location, str], set[Place]] = defaultdict(set)
    for one in objects:
        for node, covered in _written(one):
            key = node.location, text(node) or ""
            lines[key].update(dict.fromkeys(_lines(one, covered)))
            variants[key].update([one.variant] if one.variant is not None else [])
    return tuple(
        Annotation(said, place, tuple(found), frozenset(variants[place, said]))
        for (place, said), found in lines.items()
    )


def _written(one: KubernetesObject) -> Iterator[tuple[Node, YamlMapping]]:
    holders = [(one.root.get("metadata"), one.root)]
    holders.extend((pod.metadata, pod.spec) for pod in one.pods)
    for holder, covered in holders:
        node = holder.get("annotations", _NAME) if isinstance(holder, YamlMapping) else None
        if node is not None and not has_expression(text(node) or ""):
            yield node, covered


def _lines(one: KubernetesObject, covered: YamlMapping) -> Iterator[Lines]:
    if one.variant is None:
        place = covered.location
        yield Lines(one.path, place.line, place.end_line)
        return
    # Patches have their part in it: what is covered is each line that a value of the object comes from.
    numbers: dict[str, set[int]] = defaultdict(set)
    for place in _places(covered):
        numbers[place.path].update(range(place.line, place.end_line + 1))
    for path, found in numbers.items():
        for first, last in _runs(sorted(found)):
            yield Lines(path, first, last)


def _places(node: Node) -> Iterator[Location]:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, YamlMapping):
            waiting.extend(part for entry in one.entries for part in (entry.key, entry.value))
        elif isinstance(one, YamlSequence):
            waiting.extend(one.items)
        else:
            yield one.location


def _runs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for at in range(1, len(numbers) + 1):
        if at == len(numbers) or numbers[at] != numbers[at - 1] + 1:
            yield numbers[start], numbers[at - 1]
            start = at
