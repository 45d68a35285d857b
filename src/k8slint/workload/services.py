"""Which pods a Service sends traffic to."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from itertools import product

from msgspec import Struct

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.models.manifest import Container, KubernetesObject
from k8slint.models.yaml import YamlMapping, YamlSequence, text
from k8slint.workload.beside import Beside

_PROBES = ("readinessProbe", "livenessProbe", "startupProbe")


class ServicesBeside(Struct, frozen=True, eq=False):
    """The Services that exist where ``owner`` does."""

    beside: Beside
    owner: KubernetesObject | None

    def with_port_variable(self, name: str) -> tuple[KubernetesObject, ...]:
        """The Services for which Kubernetes sets the variable ``name``, which ends in ``_PORT``."""
        return self.beside.find(self.owner, _port_variable, name)

    @property
    def any_namespace(self) -> bool:
        """Whether any of them says in which namespace it is."""
        return bool(self.beside.find(self.owner, _has_namespace, True))


class Services:
    """The Services of a project."""

    def __init__(self, beside: Beside) -> None:
        self._beside = beside

    def of(self, owner: KubernetesObject | None, container: Container | None) -> Fact[str]:
        """The name of a Service whose selector fits the pod's labels and whose port may lead to this container."""
        if owner is None or owner.pod is None or container is None:
            return unknown("there is no manifest")
        for service in self.all_of(owner, container):
            place = Place(service.location, f"Service {service.name} sends traffic to this pod")
            return known(service.name or "", place)
        because = self._beside.open_because(owner)
        return unknown(because) if because else absent()

    def all_of(self, owner: KubernetesObject | None, container: Container | None) -> tuple[KubernetesObject, ...]:
        """Every Service whose selector fits the pod's labels and whose port may lead to this container."""
        if owner is None or owner.pod is None or container is None:
            return ()
        labels = owner.pod.labels if owner.kind != "Pod" else owner.labels
        found = []
        for service in self._beside.find(owner, _first_label, *labels.items()):
            wanted = _selector(service)
            fits = all(labels.get(key) == value for key, value in wanted) and _same_namespace(service, owner)
            if fits and _leads_to(service, owner, container):
                found.append(service)
        return tuple(found)


def _is_service(one: KubernetesObject) -> bool:
    return one.kind == "Service" and one.api_version == "v1"


def _port_variable(one: KubernetesObject) -> Iterable[Hashable]:
    """https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables"""
    if _is_service(one) and one.name is not None:
        yield one.name.upper().replace("-", "_") + "_PORT"


def _has_namespace(one: KubernetesObject) -> Iterable[Hashable]:
    if _is_service(one):
        yield one.namespace is not None


def _first_label(one: KubernetesObject) -> Iterable[Hashable]:
    if _is_service(one):
        yield from _selector(one)[:1]


def _selector(service: KubernetesObject) -> tuple[tuple[str, str | None], ...]:
    selector = service.root.get("spec", "selector")
    return tuple((key, text(node)) for key, node in selector.items()) if isinstance(selector, YamlMapping) else ()


def _same_namespace(one: KubernetesObject, other: KubernetesObject) -> bool:
    return one.namespace == other.namespace or one.namespace is None or other.namespace is None


def _leads_to(service: KubernetesObject, owner: KubernetesObject, container: Container) -> bool:
    """Whether a port of the Service is one that this container declares, or one that nobody does and its probe asks."""
    containers = owner.pod.containers if owner.pod is not None else ()
    if len(containers) < 2:
        return True
    ports = service.root.get("spec", "ports")
    targets = set()
    for port in ports.items if isinstance(ports, YamlSequence) else ():
        node = port.get("targetPort") if isinstance(port, YamlMapping) else None
        node = node or (port.get("port") if isinstance(port, YamlMapping) else None)
        targets.add(text(node) if node is not None else None)
    undeclared = targets - {name for one in containers for name in _declared(one)}
    return bool(targets & _declared(container) or undeclared & _asked(container))


def _declared(container: Container) -> set[str | None]:
    return {name for port in container.ports for name in (port.name, str(port.number))}


def _asked(container: Container) -> set[str | None]:
    """The ports that the probes ask."""
    ports = (container.get(*probe, "port") for probe in product(_PROBES, ("httpGet", "tcpSocket", "grpc")))
    return {text(port) for port in ports if port is not None}
