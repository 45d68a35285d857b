"""The combinations of values that a GitHub job's matrix runs with."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product

from k8slint.models.yaml import Node, Scalar, YamlMapping, YamlSequence

_MOST = 64


def combinations(matrix: Node | None) -> list[dict[str, str]]:
    """Each combination as ``matrix.x`` to its value; one empty combination where there is no matrix to be read."""
    if not isinstance(matrix, YamlMapping):
        return [{}]
    axes = [
        [dict(_flat(f"matrix.{key}", item)) for item in node.items]
        for key, node in matrix.items()
        if key not in ("include", "exclude") and isinstance(node, YamlSequence) and node.items
    ]
    found = [_merged(parts) for parts in islice(product(*axes), _MOST)] if axes else []
    of_axes, own = list(found), frozenset(found[0]) if found else frozenset()
    for item in _items(matrix.get("include")):
        extra = dict(_flat("matrix", item))
        fits = [one for one in of_axes if all(one.get(key) == value for key, value in extra.items() if key in own)]
        for one in fits:
            one.update(extra)
        if not fits:
            found.append(extra)
    left_out = [dict(_flat("matrix", item)) for item in _items(matrix.get("exclude"))]
    kept = [one for one in found if not any(out.items() <= one.items() for out in left_out)]
    return kept[:_MOST] or [{}]


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, YamlSequence) else ()


def _merged(parts: tuple[dict[str, str], ...]) -> dict[str, str]:
    return {key: value for part in parts for key, value in part.items()}


def _flat(prefix: str, node: Node) -> Iterator[tuple[str, str]]:
    if isinstance(node, Scalar):
        yield prefix, node.text
    elif isinstance(node, YamlMapping):
        for key, value in node.items():
            yield from _flat(f"{prefix}.{key}", value)
