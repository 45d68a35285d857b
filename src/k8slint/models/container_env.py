"""The environment of a container: what ``env`` and ``envFrom`` say."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.fact import Fact, Place, known, unknown
from k8slint.location import Location
from k8slint.models.yaml import (
    Node,
    Scalar,
    YamlMapping,
    YamlSequence,
    as_bool,
    has_expression,
    is_null,
    is_template,
    text,
)

_VALUE_SOURCES = ("secretKeyRef", "configMapKeyRef", "fieldRef", "resourceFieldRef")


class EnvVar(Struct, frozen=True):
    """One variable of ``env``.

    ``source`` is "value" or the kind of reference ("secretKeyRef", "configMapKeyRef", "fieldRef", "resourceFieldRef",
    "valueFrom" where it cannot be told). ``ref`` is what it refers to: "name/key" of a Secret or ConfigMap, the field
    path, the resource. ``value`` is unknown unless it is written here; references to other variables, ``$(NAME)``,
    stay as written. ``location`` is the name's.
    """

    name: str
    value: Fact[str]
    location: Location
    source: str
    ref: str | None


class EnvFrom(Struct, frozen=True):
    """Variables from elsewhere: ``kind`` is "configMap", "secret", or "template" for what is filled in later.

    ``name`` is None where it is not known. ``prefix`` stands before the name of every variable.
    """

    kind: str
    name: str | None
    optional: bool
    location: Location
    prefix: str = ""


def environment_variables(container: YamlMapping) -> Iterator[EnvVar]:
    """The items of ``env`` whose name is known."""
    env = container.get("env")
    for item in env.items if isinstance(env, YamlSequence) else ():
        name = item.get("name") if isinstance(item, YamlMapping) else None
        if not isinstance(item, YamlMapping) or not isinstance(name, Scalar) or has_expression(name.text):
            continue
        source, ref = _value_source(item)
        yield EnvVar(name.text, _value(item, source, name.location), name.location, source, ref)


def _value(variable: YamlMapping, source: str, location: Location) -> Fact[str]:
    node = variable.get("value")
    if source != "value":
        return unknown(f"it comes from {source}", Place(location, source))
    if is_null(node):
        return known("", Place(location, "env"))
    place = Place(location if node is None else node.location, "env")
    if not isinstance(node, Scalar):
        return unknown("its value is not a string", place)
    return unknown("it is filled in later", place) if is_template(node.text) else known(node.text, place)


def _value_source(variable: YamlMapping) -> tuple[str, str | None]:
    entry = variable.entry("valueFrom")
    if entry is None:
        is_open = variable.template() is not None and variable.entry("value") is None
        return "valueFrom" if is_open else "value", None
    if is_null(entry.value):
        return "value", None
    for kind in _VALUE_SOURCES:
        reference = variable.get("valueFrom", kind)
        if isinstance(reference, YamlMapping):
            return kind, _reference(kind, reference)
    return "valueFrom", None


def _reference(kind: str, reference: YamlMapping) -> str | None:
    if kind == "fieldRef":
        return text(reference.get("fieldPath"))
    if kind == "resourceFieldRef":
        return text(reference.get("resource"))
    name, key = text(reference.get("name")), text(reference.get("key"))
    return None if name is None or key is None else f"{name}/{key}"


def environment_sources(container: YamlMapping) -> Iterator[EnvFrom]:
    """The items of ``envFrom``, and one of kind "template" for each part of ``env`` or ``envFrom`` filled in later."""
    for key in ("env", "envFrom"):
        node = container.get(key)
        items = node.items if isinstance(node, YamlSequence) else (node,)
        for item in items:
            filled_in = _filled_in_item(item)
            if filled_in is not None:
                yield EnvFrom("template", None, False, filled_in.location)
            elif key == "envFrom" and isinstance(item, YamlMapping):
                yield from _source(item)


def _filled_in_item(item: Node | None) -> Scalar | None:
    """The template that an item of ``env`` or ``envFrom`` is, or that its name is."""
    if isinstance(item, YamlMapping):
        item = item.template() or item.get("name")
    return item if isinstance(item, Scalar) and has_expression(item.text) else None


def _source(item: YamlMapping) -> Iterator[EnvFrom]:
    for kind in ("configMap", "secret"):
        reference = item.get(f"{kind}Ref")
        if isinstance(reference, YamlMapping):
            name = text(reference.get("name"))
            yield EnvFrom(
                kind,
                None if name is None or is_template(name) else name,
                as_bool(reference.get("optional")) is True,
                reference.location,
                text(item.get("prefix")) or "",
            )
