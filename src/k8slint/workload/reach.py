"""Who connects to a container from outside of it: the kubelet's probes and the Services that select its pod."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.yaml import Node, YamlMapping, YamlSequence, as_int, text
from k8slint.workload.knowledge import listening_table
from k8slint.workload.process import Process
from k8slint.workload.workload import Workload

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_LOCAL = ("127.0.0.1", "localhost", "::1")


class Caller(Struct, frozen=True):
    """``name`` is a probe's field or "Service web"; ``port`` is None where it is not known."""

    name: str
    port: int | None
    location: Location


def callers(workload: Workload) -> tuple[Caller, ...]:
    """The probes that connect to the container, then the ports that Services send there."""
    return (*_probes(workload), *_services(workload))


def _probes(workload: Workload) -> Iterator[Caller]:
    for kind in _PROBES:
        probe = workload.probe(kind)
        if not probe.is_known:
            continue
        for action in ("httpGet", "tcpSocket", "grpc"):
            node = probe.value.get(action)
            if isinstance(node, YamlMapping) and text(node.get("host")) not in _LOCAL:
                yield Caller(kind, _port(workload, node.get("port")), probe.places[0].location)


def _services(workload: Workload) -> Iterator[Caller]:
    if not workload.served_by.is_known:
        return
    place = workload.served_by.places[0]
    for service in workload.selected_by:
        if service.location != place.location:
            continue
        ports = service.root.get("spec", "ports")
        for port in ports.items if isinstance(ports, YamlSequence) else ():
            if isinstance(port, YamlMapping):
                target = port.get("targetPort") or port.get("port")
                yield Caller(f"Service {service.name}", _port(workload, target), place.location)


def _port(workload: Workload, node: Node | None) -> int | None:
    number = as_int(node)
    if number is not None or workload.container is None:
        return number
    name = text(node)
    if name is not None and name.isdecimal():
        return int(name)
    return next((port.number for port in workload.container.ports if port.name is not None and port.name == name), None)


def has_proxy(workload: Workload, process: Process) -> bool:
    """Whether something in the container or, by an annotation, in the pod may take requests in front of the program."""
    table = listening_table()["proxies"]
    names = {word.rsplit("/", 1)[-1] for step in process.steps for words, _ in step.commands for word in words}
    if not names.isdisjoint(table["programs"]):
        return True
    if workload.owner is None or workload.owner.pod is None:
        return True
    pod = workload.owner.pod
    keys = (*pod.labels, *pod.annotations, *workload.owner.labels)
    return any(key.startswith(tuple(table["injects"])) for key in keys)
