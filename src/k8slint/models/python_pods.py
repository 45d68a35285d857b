"""The images of the pods that Python code creates: manifests written as dicts, the classes of Kubernetes' client."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from k8slint.location import Location
from k8slint.models.python_expr import Positions
from k8slint.models.python_tree import syntax_tree
from k8slint.models.source import Source

# https://github.com/kubernetes-client/python and https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes
_CALLS = frozenset(("V1Container", "KubernetesPodOperator"))
_LISTS = frozenset(("containers", "initContainers"))


def created_images(source: Source) -> tuple[tuple[str, Location], ...]:
    """Each image that is written out as that of a container, with its place; none where the code may put in another."""
    if "image" not in source.text or not any(word in source.text for word in (*_CALLS, *_LISTS)):
        return ()
    tree = syntax_tree(source.text)
    if tree is None or _sets_images(tree):
        return ()
    positions = Positions(source)
    return tuple((value, positions.of(node)) for node, value in _written(tree))


def _written(tree: ast.Module) -> Iterator[tuple[ast.expr, str]]:
    for node in ast.walk(tree):
        found: list[ast.expr] = []
        if isinstance(node, ast.Call) and _last_name(node.func) in _CALLS:
            found = [one.value for one in node.keywords if one.arg == "image"]
        elif isinstance(node, ast.Dict):
            lists = [value for key, value in _items(node) if key in _LISTS and isinstance(value, ast.List)]
            dicts = [one for each in lists for one in each.elts if isinstance(one, ast.Dict)]
            found = [value for one in dicts for key, value in _items(one) if key == "image"]
        for one in found:
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield one, one.value


def _sets_images(tree: ast.Module) -> bool:
    """Whether the code speaks of an image other than in a dict: ``pod["image"] = ...``, ``container.image = ...``."""
    nodes = tuple(ast.walk(tree))
    keys = {id(key) for node in nodes if isinstance(node, ast.Dict) for key in node.keys}
    return any(
        (isinstance(node, ast.Constant) and node.value == "image" and id(node) not in keys)
        or (isinstance(node, ast.Attribute) and node.attr == "image" and not isinstance(node.ctx, ast.Load))
        for node in nodes
    )


def _items(node: ast.Dict) -> Iterator[tuple[str, ast.expr]]:
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value, value


def _last_name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
