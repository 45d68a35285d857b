"""Tiltfiles: which images ``docker_build`` builds from what, as far as it is literal."""

from __future__ import annotations

import ast
import posixpath
import warnings
from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.python_expr import Positions
from k8slint.models.source import Source


class TiltBuild(Struct, frozen=True):
    """One ``docker_build`` call: paths as written, relative to the Tiltfile."""

    image: str
    context: str
    dockerfile: str | None
    target: str | None
    location: Location


def is_tiltfile(path: str) -> bool:
    name = posixpath.basename(path).lower()
    return name == "tiltfile" or name.endswith(".tiltfile")


def parse_tiltfile(source: Source) -> tuple[TiltBuild, ...]:
    """The builds of a Tiltfile; none where it is not the common part of Starlark and Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the compiler, about odd literals
            tree = ast.parse(source.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    return tuple(_builds(tree, source))


def _builds(tree: ast.Module, source: Source) -> Iterator[TiltBuild]:
    positions = Positions(source)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id not in ("docker_build", "docker_build_with_restart"):
            continue
        given = dict(zip(("ref", "context"), node.args, strict=False))
        given.update({one.arg: one.value for one in node.keywords if one.arg})
        image, context = _literal(given.get("ref")), _literal(given.get("context"))
        named, target = given.get("dockerfile"), given.get("target")
        is_inline = "dockerfile_contents" in given
        if not image or context is None or is_inline or (named is not None and _literal(named) is None):
            continue
        if target is not None and _literal(target) is None:
            continue
        yield TiltBuild(image, context, _literal(named), _literal(target), source.line_span(positions.of(node).line))


def _literal(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
