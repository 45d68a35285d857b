"""An object on its way through a kustomization: what it was called before, and which selectors fit it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import force_setattr, replace

from k8slint.models.yaml_nodes import YamlMapping, string_map, text
from k8slint.regex import regex

# Patterns come from the linted tree: no repeated groups and few repetitions, so that matching takes no time.
_PATTERN = regex(r"(?:[\w/:@, -]|\\.|\.|\^|\$|\||\[[\w.-]+\]|\((?:\?:)?|\)(?![*+?{])|(?<=[\w.\]])[*+?])*")
_MOST_REPETITIONS = 4
_REQUIREMENT = regex(r"\s*(?:(?P<not>!)\s*)?(?P<key>[\w./-]+)\s*(?:(?P<how>==?|!=|in|notin)\s*(?P<value>.*))?")


class Id(Struct, frozen=True):
    """What kustomize knows an object by. An object without a namespace is in "default", as far as it goes."""

    group: str
    version: str
    kind: str
    name: str
    namespace: str


_NO_ID = Id("", "", "", "", "")


class Resource(Struct, frozen=True):
    """An object of a kustomization: ``path`` is the file it comes from, ``former`` are its earlier ids, oldest first.

    ``affixes`` are the prefixes and suffixes it was given, by which objects that belong together know each other;
    ``size`` is about how many values it holds.
    """

    path: str
    root: YamlMapping
    former: tuple[Id, ...] = ()
    affixes: tuple[tuple[str, str], ...] = ()
    size: int = 1
    id: Id = _NO_ID
    """Follows from ``root``."""

    def __post_init__(self) -> None:
        group, _, version = (text(self.root.get("apiVersion")) or "").rpartition("/")
        name, namespace = (text(self.root.get("metadata", key)) or "" for key in ("name", "namespace"))
        force_setattr(self, "id", Id(group, version, text(self.root.get("kind")) or "", name, namespace))

    @property
    def ids(self) -> tuple[Id, ...]:
        return (*self.former, self.id)

    @property
    def written(self) -> Id:
        """Its id in the file it comes from."""
        return self.former[0] if self.former else self.id

    def with_root(self, root: YamlMapping) -> Resource:
        """The same object with other content; a name or a namespace that changes is remembered."""
        changed = replace(self, root=root)
        before = self.id
        return changed if changed.id == before else replace(changed, former=(*self.former, before))


class Selector(Struct, frozen=True):
    """What a patch is for: patterns that a part of an id must match as a whole, "" for any."""

    group: str = ""
    version: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""
    labels: str = ""
    annotations: str = ""

    def fits(self, one: Resource) -> bool | None:
        """Whether ``one`` is meant; None where a pattern cannot be read."""
        answers = [self._fits_id(each) for each in one.ids]
        fits = True if True in answers else (None if None in answers else False)
        labels = _fits_labels(self.labels, string_map(one.root.get("metadata", "labels")))
        annotations = _fits_labels(self.annotations, string_map(one.root.get("metadata", "annotations")))
        return _all((fits, labels, annotations))

    def _fits_id(self, one: Id) -> bool | None:
        pairs = ((self.group, one.group), (self.version, one.version), (self.kind, one.kind), (self.name, one.name))
        return _all((*(_matches(*pair) for pair in pairs), _matches(self.namespace, one.namespace)))


def read_selector(node: YamlMapping) -> Selector:
    """The ``target`` of a patch."""
    values = {key: text(node.get(key)) or "" for key in ("group", "version", "kind", "name", "namespace")}
    labels, annotations = (text(node.get(f"{key}Selector")) or "" for key in ("label", "annotation"))
    return Selector(**values, labels=labels, annotations=annotations)


def _all(answers: tuple[bool | None, ...]) -> bool | None:
    if False in answers:
        return False
    return None if None in answers else True


def _matches(pattern: str, value: str) -> bool | None:
    if not pattern or pattern == value:
        return True
    compiled = _compiled(pattern)
    return None if compiled is None else compiled.fullmatch(value[:300]) is not None


@lru_cache(maxsize=1000)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    repetitions = sum(pattern.count(sign) for sign in "*+?")
    if len(pattern) > 500 or repetitions > _MOST_REPETITIONS or _PATTERN.fullmatch(pattern) is None:
        return None
    try:
        return re.compile(pattern)
    except re.error:
        return None


def _fits_labels(selector: str, labels: dict[str, str]) -> bool | None:
    """A label selector as kubectl takes it: ``a=b,c!=d,e in (f,g),!h``."""
    return _all(tuple(_fits_requirement(part, labels) for part in _requirements(selector)))


def _requirements(selector: str) -> Iterator[str]:
    depth, part = 0, ""
    for sign in selector:
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            yield part
            part = ""
        else:
            part += sign
    if part.strip():
        yield part


def _fits_requirement(part: str, labels: dict[str, str]) -> bool | None:
    found = _REQUIREMENT.fullmatch(part)
    if found is None:
        return None
    value = labels.get(found["key"])
    if found["how"] is None:
        return (value is None) == bool(found["not"])
    wanted = found["value"].strip()
    if found["how"] in ("in", "notin"):
        wanted_values = [one.strip() for one in wanted.strip("()").split(",")]
        return (value in wanted_values) == (found["how"] == "in")
    return (value == wanted) == (found["how"] != "!=")
