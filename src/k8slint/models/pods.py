"""The pod templates inside a Kubernetes object."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from k8slint.fact import Fact, unknown
from k8slint.models.container import Argument, Container, read_container
from k8slint.models.kinds import Kind, Route, Traits
from k8slint.models.workflow_steps import step_pods
from k8slint.models.yaml import Node, YamlMapping, YamlSequence, string_map
from k8slint.regex import regex

_PLAIN = Traits()
_FIELD = regex(r"\{(\w+)\}")


class PodTemplate(Struct, frozen=True):
    """A pod template: ``containers`` are the main ones and the native sidecars, in the order written.

    ``init_containers`` are those that run before them to completion. ``name`` is what the part of the object is called
    where it may have several ("worker group gpu"), else "". ``traits`` is what the object's controller does to the pod.
    """

    spec: YamlMapping
    metadata: YamlMapping | None
    containers: tuple[Container, ...]
    init_containers: tuple[Container, ...]
    name: str = ""
    traits: Traits = _PLAIN

    @property
    def labels(self) -> dict[str, str]:
        return string_map(self.metadata.get("labels")) if self.metadata is not None else {}

    @property
    def annotations(self) -> dict[str, str]:
        return string_map(self.metadata.get("annotations")) if self.metadata is not None else {}


def pods_of(root: YamlMapping, kind: Kind | None) -> tuple[PodTemplate, ...]:
    """The pod templates of an object of ``kind``, in the order of the kind's routes; none where they are templates."""
    if kind is None:
        return ()
    return tuple(pod for route in kind.routes for pod in _along(root, route, kind.traits))


def _along(root: YamlMapping, route: Route, traits: Traits) -> Iterator[PodTemplate]:
    found: list[tuple[Node | None, dict[str, str]]] = [(root, {})]
    for step in route.steps:
        if step == "*":
            found = [inner for node, fields in found for inner in _items(node, fields)]
        else:
            found = [(node.get(step) if isinstance(node, YamlMapping) else None, fields) for node, fields in found]
    for node, fields in found:
        if not isinstance(node, YamlMapping):
            continue
        if route.shape == "steps":
            for one in step_pods(node):
                yield _pod(one.spec, one.metadata, one.name, traits)
            continue
        spec = node if route.shape == "spec" else node.get("spec")
        if isinstance(spec, YamlMapping) and (route.shape != "spec" or spec.entry("containers") is not None):
            metadata = node.get("metadata") if route.shape == "template" else None
            yield _pod(spec, metadata, _name(route.name, fields), traits)


def _name(pattern: str, fields: dict[str, str]) -> str:
    return _FIELD.sub(lambda field: fields.get(field.group(1), "?"), pattern)


def _items(node: Node | None, fields: dict[str, str]) -> Iterator[tuple[Node, dict[str, str]]]:
    """Each item of a list or value of a map with its own fields, by which the part can be named."""
    if isinstance(node, YamlMapping):
        for key, value in node.items():
            yield value, {**fields, "key": key}
    for item in node.items if isinstance(node, YamlSequence) else ():
        yield item, {**fields, **string_map(item)}


def _pod(spec: YamlMapping, metadata: Node | None, name: str, traits: Traits) -> PodTemplate:
    main = _containers(spec.get("containers"), is_init=False)
    before = _containers(spec.get("initContainers"), is_init=True)
    if traits.own_command and main:
        by_controller: Fact[tuple[Argument, ...]] = unknown("the controller writes the command")
        main = (replace(main[0], command=by_controller, args=by_controller), *main[1:])
    return PodTemplate(
        spec=spec,
        metadata=metadata if isinstance(metadata, YamlMapping) else None,
        containers=main + tuple(one for one in before if one.role == "sidecar"),
        init_containers=tuple(one for one in before if one.role == "init"),
        name=name,
        traits=traits,
    )


def _containers(node: Node | None, is_init: bool) -> tuple[Container, ...]:
    items = node.items if isinstance(node, YamlSequence) else ()
    return tuple(read_container(item, is_init) for item in items if isinstance(item, YamlMapping))
