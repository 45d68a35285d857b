"""The Ingresses that send requests to a container through its Services."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from msgspec import Struct

from k8slint.models.manifest import KubernetesObject
from k8slint.models.yaml import Node, YamlMapping, YamlSequence, text
from k8slint.workload.beside import by_kind
from k8slint.workload.workload import Workload


class Way(Struct, frozen=True):
    """An Ingress and the Service of the container that it names."""

    ingress: KubernetesObject
    service: KubernetesObject


def ways_in(workload: Workload) -> Iterator[Way]:
    """Every Ingress that names a Service of the container; both are applied together with its pod."""
    if workload.services is None or workload.owner is None:
        return
    ingresses = workload.services.beside.find(workload.owner, by_kind, "Ingress")
    for service in workload.selected_by if ingresses else ():
        if not stand_together(service, workload.owner):
            continue
        for ingress in ingresses:
            if stand_together(ingress, service) and next(backend_ports(ingress, service.name or ""), None) is not None:
                yield Way(ingress, service)


def stand_together(one: KubernetesObject, other: KubernetesObject) -> bool:
    """Whether two objects are applied together: put together by the same overlay, or written in one folder."""
    if None not in (one.namespace, other.namespace) and one.namespace != other.namespace:
        return False
    same_folder = posixpath.dirname(one.path) == posixpath.dirname(other.path)
    return one.variant == other.variant and (one.variant is not None or same_folder)


def backend_ports(ingress: KubernetesObject, service: str) -> Iterator[Node]:
    """The ports that an Ingress asks of one Service, in the spelling of both versions of the API."""
    waiting: list[Node] = [ingress.root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, YamlSequence):
            waiting.extend(node.items)
        if not isinstance(node, YamlMapping):
            continue
        waiting.extend(value for _, value in node.items())
        inner = node.get("service")
        if isinstance(inner, YamlMapping) and text(inner.get("name")) == service:
            port = inner.get("port", "number") or inner.get("port", "name")
            if port is not None:
                yield port
        old = node.get("servicePort")
        if old is not None and text(node.get("serviceName")) == service:
            yield old
