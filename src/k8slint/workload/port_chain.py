"""Which ports are asked of a container, by probes, Services and Ingresses, and whether anything answers there."""

from __future__ import annotations

import posixpath
from collections.abc import Hashable, Iterator
from typing import Any

from msgspec import Struct

from k8slint.fact import Fact, Place, known, unknown
from k8slint.location import Location
from k8slint.models.manifest import KubernetesObject
from k8slint.models.yaml import Node, YamlMapping, YamlSequence, as_int, has_expression, string_map, text
from k8slint.workload.beside import by_kind, by_kind_and_name
from k8slint.workload.detail import in_full
from k8slint.workload.ingresses import backend_ports, stand_together
from k8slint.workload.knowledge import listening_table
from k8slint.workload.listening import Listener, listeners
from k8slint.workload.probe_commands import PROBES
from k8slint.workload.process import Process
from k8slint.workload.program import Program, matches
from k8slint.workload.reach import has_proxy
from k8slint.workload.workload import Workload

_LOCAL = ("127.0.0.1", "localhost", "::1")
_ACTIONS = ("httpGet", "tcpSocket", "grpc")


class AskedPort(Struct, frozen=True):
    """``by`` asks ("livenessProbe", "Service web"); ``number`` is None where it asks by a ``name`` that nothing has."""

    by: str
    number: int | None
    name: str
    location: Location
    port_location: Location | None = None
    """Where a port that is asked by its name has its number."""


class MissingBackend(Struct, frozen=True):
    """An Ingress that sends requests to a port that its Service does not have."""

    ingress: str
    service: str
    port: str
    ports: tuple[str, ...]
    location: Location
    service_location: Location


def asked_ports(workload: Workload) -> Iterator[AskedPort]:
    """The TCP ports that probes and Services ask of the container of a pod that has no other."""
    owner, container = workload.owner, workload.container
    if owner is None or owner.pod is None or container is None or not _ports_are_known(container.get("ports")):
        return
    for name in PROBES:
        probe = workload.probe(name)
        for action in _ACTIONS if probe.is_known else ():
            node = probe.value.get(action)
            if isinstance(node, YamlMapping) and text(node.get("host")) in (None, ""):
                yield from _asked(workload, name, node.get("port"))
    if len(owner.pod.containers) == 1:
        for service, ports in _services(workload):
            for port in ports if _is_meant(workload, service) else ():
                yield from _asked(workload, f"Service {service.name}", port.get("targetPort") or port.get("port"))


def _ports_are_known(node: Node | None) -> bool:
    items = node.items if isinstance(node, YamlSequence) else ()
    is_open = node is not None and not isinstance(node, YamlSequence) and text(node) is not None
    return not is_open and all(isinstance(one, YamlMapping) and one.template() is None for one in items)


def _services(workload: Workload) -> Iterator[tuple[KubernetesObject, tuple[YamlMapping, ...]]]:
    """The Services that connect to the pod themselves, which headless ones do not, with their TCP ports."""
    for service in workload.selected_by:
        node = service.root.get("spec", "ports")
        items = node.items if isinstance(node, YamlSequence) else ()
        ports = tuple(
            one for one in items if isinstance(one, YamlMapping) and text(one.get("protocol")) in (None, "TCP")
        )
        if text(service.root.get("spec", "clusterIP")) != "None" and len(ports) == len(items):
            yield service, ports


def _is_meant(workload: Workload, service: KubernetesObject) -> bool:
    """Whether a Service is meant for this pod: among several that it selects, one of its own file or else its folder.

    A repository may hold alternatives with the same labels, of which only one is ever applied.
    """
    owner, services = workload.owner, workload.services
    selector = string_map(service.root.get("spec", "selector"))
    if owner is None or services is None or not selector:
        return False
    first = next(iter(selector.items()))
    pods = services.beside.find(owner, _pod_labels, first)
    selected = [one for one in pods if one.pod is not None and selector.items() <= _labels(one).items()]
    for near in (
        [one for one in selected if one.path == service.path],
        [one for one in selected if posixpath.dirname(one.path) == posixpath.dirname(service.path)],
        selected if len(selected) == 1 else [],
    ):
        if near:
            return any(one is owner or one.location == owner.location for one in near)
    return False


def _labels(one: KubernetesObject) -> dict[str, str]:
    return one.labels if one.kind == "Pod" or one.pod is None else one.pod.labels


def _pod_labels(one: KubernetesObject) -> Iterator[Hashable]:
    if one.pod is not None:
        yield from _labels(one).items()


def _asked(workload: Workload, by: str, node: Node | None) -> Iterator[AskedPort]:
    written = text(node)
    if node is None or written is None or has_expression(written) or workload.container is None:
        return
    number = as_int(node)
    if number is None and written.isdecimal():
        return  # A number in quotes is no name either: the API server refuses it.
    if number is not None:
        yield AskedPort(by, number, "", node.location)
        return
    named = [port for port in workload.container.ports if port.name == written]
    if not named:
        yield AskedPort(by, None, written, node.location)
    elif named[0].number is not None:
        yield AskedPort(by, named[0].number, written, node.location, named[0].location)


def listening_ports(workload: Workload) -> Fact[tuple[Listener, ...]]:
    """Everything that listens in the only container of a pod; known to be nothing where a library was told to."""
    pod = workload.owner.pod if workload.owner is not None else None
    if pod is None or len(pod.containers) != 1 or not workload.processes.is_known:
        return unknown("another container may listen")
    if len(workload.processes.value) != 1 or workload.runs_to_completion:
        return unknown("which program runs is not known")
    process = workload.processes.value[0]
    program = workload.program(process)
    if not process.entry.is_python or has_proxy(workload, process) or not program.is_known:
        return unknown("the program is not known")
    if not program.value.complete or _listens_elsewhere(process, program.value):
        return unknown("the program may listen on other ports as well")
    found = listeners(workload, process)
    if not found:
        return _nothing(process, program.value)
    if any(one.port is None for one in found):
        return unknown("the port is not known")
    return known(found, *(Place(one.location, one.what) for one in found))


def _listens_elsewhere(process: Process, program: Program) -> bool:
    """Whether a call listens that is not the program's own server."""
    table: dict[str, Any] = listening_table()
    calls, words = table["calls"], frozenset(table["may_listen"])
    if table["servers"].get(process.entry.server) and any(True for _ in program.calls(*calls)):
        return True
    for short in program.modules:
        if not any(word in short.source.text for word in words):
            continue
        for call in in_full(short).calls:
            is_known = any(matches(call.name, name) for name in calls)
            if call.name.rpartition(".")[2] in words and not is_known and program.counts(short, call.main_guard):
                return True
    return False


def _nothing(process: Process, program: Program) -> Fact[tuple[Listener, ...]]:
    """No listener, where the program is run by a library that listens only when it is told to, and was not."""
    for name, row in listening_table()["only_when_told"].items():
        for _, call in program.calls(name):
            told = [keyword for keyword, _ in call.keywords if keyword in (*row["keywords"], "**")]
            if not told:
                return known((), Place(call.location, f"{name}() without {row['keywords'][0]} listens nowhere"))
    return unknown("what listens is not known")


def missing_backends(workload: Workload) -> Iterator[MissingBackend]:
    """The Ingresses whose backend is a port that a Service of the container does not have."""
    if workload.services is None:
        return
    beside = workload.services.beside
    for service in workload.selected_by:
        ports = _taken(service)
        alike = beside.find(workload.owner, by_kind_and_name, ("Service", service.name))
        if not ports or service.templated:
            continue
        for ingress in beside.find(workload.owner, by_kind, "Ingress"):
            if not stand_together(ingress, service):
                continue
            for written in backend_ports(ingress, service.name or ""):
                wanted = text(written) or ""
                if has_expression(wanted) or any(wanted in _names(one) for one in alike):
                    continue
                yield MissingBackend(
                    ingress.name or "", service.name or "", wanted, ports, written.location, service.location
                )


def _ports_of(service: KubernetesObject) -> Iterator[YamlMapping]:
    node = service.root.get("spec", "ports")
    for one in node.items if isinstance(node, YamlSequence) else ():
        if isinstance(one, YamlMapping):
            yield one


def _taken(service: KubernetesObject) -> tuple[str, ...]:
    return tuple(text(one.get("port")) or "" for one in _ports_of(service))


def _names(service: KubernetesObject) -> tuple[str, ...]:
    return (*_taken(service), *(text(one.get("name")) or "" for one in _ports_of(service)))
