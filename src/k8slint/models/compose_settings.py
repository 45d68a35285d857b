"""What a Compose service sets for its container besides image and command."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeVar

from msgspec import Struct

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.models.quantity import Quantity
from k8slint.models.yaml import Node, Scalar, YamlMapping, YamlSequence, as_bool, is_null, strings, text
from k8slint.regex import regex

T = TypeVar("T")

# https://docs.docker.com/reference/compose-file/extension/#specifying-durations and #specifying-byte-values
_DURATION = regex(r"(?=.)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?(?:(\d+)us)?")
_BYTES = regex(r"(\d+(?:\.\d+)?)\s*(b|kb?|mb?|gb?|tb?)?", re.IGNORECASE)
_POWERS = {"b": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_REFERENCE = regex(r"(?<!\$)(?:\$\$)*\$(?!\$)")


class ComposeSettings(Struct, frozen=True):
    """Each setting as a fact with its place: absent where it is not written, unknown where ``${X}`` decides.

    ``stop_grace_seconds`` are the seconds between the stop signal and SIGKILL. ``shm_size`` is in bytes.
    ``env_files``, ``bind_mounts`` (their sources on the host) and ``profiles`` are as written. ``extends`` tells
    whether another service gives what is not written here.
    """

    init: Fact[bool]
    stop_grace_seconds: Fact[float]
    stop_signal: Fact[str]
    user: Fact[str]
    working_dir: Fact[str]
    read_only: Fact[bool]
    tmpfs: Fact[tuple[str, ...]]
    shm_size: Fact[Quantity]
    replicas: Fact[int]
    env_files: tuple[str, ...]
    bind_mounts: tuple[str, ...]
    profiles: tuple[str, ...]
    extends: bool


def read_settings(service: YamlMapping) -> ComposeSettings:
    """The settings of one service."""
    return ComposeSettings(
        init=_fact(service.get("init"), "init", as_bool),
        stop_grace_seconds=_fact(service.get("stop_grace_period"), "stop_grace_period", _seconds),
        stop_signal=_fact(service.get("stop_signal"), "stop_signal", text),
        user=_fact(service.get("user"), "user", text),
        working_dir=_fact(service.get("working_dir"), "working_dir", text),
        read_only=_fact(service.get("read_only"), "read_only", as_bool),
        tmpfs=_fact(service.get("tmpfs"), "tmpfs", _list),
        shm_size=_fact(service.get("shm_size"), "shm_size", _bytes),
        replicas=_first(service, _count, ("deploy", "replicas"), ("scale",)),
        env_files=tuple(_paths(service.get("env_file"))),
        bind_mounts=tuple(_bind_mounts(service.get("volumes"))),
        profiles=strings(service.get("profiles")) or (),
        extends=service.entry("extends") is not None,
    )


def is_interpolated(written: str) -> bool:
    """Whether Compose fills in a part of a value; ``$$`` stands for a dollar sign."""
    return _REFERENCE.search(written) is not None


def _fact(node: Node | None, name: str, read: Callable[[Node], T | None]) -> Fact[T]:
    if node is None or is_null(node):
        return absent()
    place = Place(node.location, f"{name} in the Compose file")
    if isinstance(node, Scalar) and is_interpolated(node.text):
        return unknown(f"{name} is filled in later", place)
    value = read(node)
    return unknown(f"{name} cannot be read", place) if value is None else known(value, place)


def _first(service: YamlMapping, read: Callable[[Node], T | None], *routes: tuple[str, ...]) -> Fact[T]:
    facts = (_fact(service.get(*route), ".".join(route), read) for route in routes)
    return next((one for one in facts if not one.is_absent), absent())


def _seconds(node: Node) -> float | None:
    found = _DURATION.fullmatch(text(node) or "")
    if found is None:
        return None
    factors = (3600.0, 60.0, 1.0, 0.001, 0.000001)
    return sum(float(part) * factor for part, factor in zip(found.groups(), factors, strict=True) if part)


def _bytes(node: Node) -> Quantity | None:
    found = _BYTES.fullmatch((text(node) or "").strip())
    if found is None:
        return None
    return Quantity(float(found[1]) * 1024 ** _POWERS[(found[2] or "b")[0].lower()], text(node) or "", node.location)


def _count(node: Node) -> int | None:
    written = text(node) or ""
    return int(written) if re.fullmatch(r"\d{1,6}", written) else None


def _list(node: Node) -> tuple[str, ...] | None:
    written = text(node)
    return (written,) if written is not None else strings(node)


def _paths(node: Node | None) -> Iterator[str]:
    """The files of ``env_file``: one, a list of them, or of mappings with a path."""
    items = node.items if isinstance(node, YamlSequence) else (node,)
    for item in items:
        written = text(item.get("path") if isinstance(item, YamlMapping) else item)
        if written is not None:
            yield written


def _bind_mounts(volumes: Node | None) -> Iterator[str]:
    """What the service mounts from the host: a source that is a path is no named volume."""
    for item in volumes.items if isinstance(volumes, YamlSequence) else ():
        if isinstance(item, YamlMapping):
            source = text(item.get("source")) if text(item.get("type")) == "bind" else None
        else:
            source = (text(item) or "").partition(":")[0]
        if source and source.startswith((".", "/", "~", "$")):
            yield source
