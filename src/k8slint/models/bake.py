"""Bake files: the targets that ``docker buildx bake`` builds."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.source import Source
from k8slint.regex import regex

_BLOCK = regex(r'^[ \t]*(target|variable)[ \t]+"([\w.-]+)"[ \t]*\{', re.MULTILINE)
_STRING = regex(r'"((?:[^"\\\n]|\\.)*)"')
_DEEPEST = 4
_MOST_PARENTS = 8
_MOST_BLOCKS = 500
_LONGEST_BLOCK = 20_000


class BakeTarget(Struct, frozen=True):
    """One target, with what it inherits. ``${X}`` stays as written where the file gives ``X`` no value."""

    name: str
    context: str
    dockerfile: str
    stage: str | None
    tags: tuple[str, ...]
    location: Location


class BakeFile(Struct, frozen=True):
    targets: tuple[BakeTarget, ...]
    variables: dict[str, str]


def is_bake_file(path: str) -> bool:
    return re.fullmatch(r"docker-bake(\..*)?\.(hcl|json)", posixpath.basename(path).lower()) is not None


def parse_bake(source: Source) -> BakeFile:
    """Read a bake file in either of its languages; what is no literal is left out."""
    blocks = _json_blocks(source) if source.path.endswith(".json") else list(_hcl_blocks(source))
    variables = {name: one for kind, name, body, _ in blocks if kind == "variable" for one in body.get("default", ())}
    bodies = {name: body for kind, name, body, _ in blocks if kind == "target"}
    targets = []
    for kind, name, _, location in blocks:
        if kind == "target":
            body = _inherited(bodies, name, 0)
            stage = next(iter(body.get("target", ())), None)
            context = next(iter(body.get("context", ())), ".")
            dockerfile = next(iter(body.get("dockerfile", ())), "Dockerfile")
            targets.append(BakeTarget(name, context, dockerfile, stage, body.get("tags", ()), location))
    return BakeFile(tuple(targets), variables)


_Body = dict[str, tuple[str, ...]]


def _inherited(bodies: dict[str, _Body], name: str, depth: int) -> _Body:
    body = bodies.get(name, {})
    found: _Body = {}
    if depth < _DEEPEST:
        for parent in body.get("inherits", ())[:_MOST_PARENTS]:
            found.update(_inherited(bodies, parent, depth + 1))
    found.update(body)
    return found


def _hcl_blocks(source: Source) -> Iterator[tuple[str, str, _Body, Location]]:
    for block in islice(_BLOCK.finditer(source.text), _MOST_BLOCKS):
        end = _closing(source.text, block.end())
        body = re.sub(r"(?m)(?:^|[ \t])(?:#|//).*$", "", source.text[block.end() : end])
        found: _Body = {}
        for name in ("context", "dockerfile", "target", "tags", "inherits", "default"):
            at = re.search(rf"^[ \t]*{name}[ \t]*=[ \t]*(\[[^\]]*\]|\"[^\n]*)", body, re.MULTILINE)
            if at is not None:
                strings = tuple(_STRING.findall(at[1]))
                found[name] = strings if at[1].startswith("[") else strings[:1]
        yield block[1], block[2], found, source.span(block.start(1), block.end(2) + 1)


def _closing(text: str, at: int) -> int:
    depth = 1
    for found in re.finditer(r'"(?:[^"\\\n]|\\.)*"|[{}]', text[at : at + _LONGEST_BLOCK]):
        depth += {"{": 1, "}": -1}.get(found.group(), 0)
        if depth == 0:
            return at + found.start()
    return min(len(text), at + _LONGEST_BLOCK)


def _json_blocks(source: Source) -> list[tuple[str, str, _Body, Location]]:
    try:
        root: Any = json.loads(source.text)
    except (ValueError, RecursionError):
        return []
    found = []
    for kind in ("target", "variable"):
        blocks = root.get(kind) if isinstance(root, dict) else None
        for name, block in blocks.items() if isinstance(blocks, dict) else ():
            body = {key: _texts(value) for key, value in block.items()} if isinstance(block, dict) else {}
            at = max(source.text.find(json.dumps(name)), 0)
            found.append((kind, name, body, source.span(at, at + len(name) + 2)))
    return found


def _texts(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    return tuple(item for item in items if isinstance(item, str))
