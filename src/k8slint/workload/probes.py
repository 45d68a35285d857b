"""The probes of a container with everything that Kubernetes fills in where the manifest says nothing."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.location import Location
from k8slint.models.yaml import Node, Scalar, YamlMapping, YamlSequence, as_int, has_expression, is_null, text
from k8slint.workload.probe_commands import PROBES, ProbeCommand
from k8slint.workload.workload import Workload

# https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Probe
_DEFAULTS = {"periodSeconds": 10, "timeoutSeconds": 1, "failureThreshold": 3, "initialDelaySeconds": 0}
_KINDS = ("httpGet", "tcpSocket", "exec", "grpc")


class Probe(Struct, frozen=True):
    """One probe. ``name`` is its field ("livenessProbe"), ``kind`` how it asks ("httpGet", "exec", ...).

    A number that the manifest does not write is known without places. ``path``, ``host`` and ``header_host`` are of
    httpGet; ``header_host`` is the ``Host`` header that the manifest sets. ``location`` is what is asked: the path of
    httpGet, the command of exec, else the probe. ``commands`` are the programs that an exec probe starts.
    """

    name: str
    kind: str
    location: Location
    port: Fact[int]
    path: Fact[str]
    host: Fact[str]
    header_host: Fact[str]
    period: Fact[int]
    timeout: Fact[int]
    failures: Fact[int]
    delay: Fact[int]
    commands: tuple[ProbeCommand, ...]
    written: str
    is_https: bool | None = False
    """Whether it asks by HTTPS; None where that is filled in later."""

    @property
    def timeout_is_default(self) -> bool:
        """Whether the manifest leaves the timeout to Kubernetes."""
        return self.timeout.is_known and not self.timeout.places

    @property
    def patience(self) -> int | None:
        """Seconds of failure until the kubelet acts: the period times the failures that it waits for."""
        return self.period.value * self.failures.value if self.period.is_known and self.failures.is_known else None


def probes(workload: Workload) -> Iterator[Probe]:
    """The probes of a container that can be read, in the order liveness, readiness, startup."""
    for name in PROBES:
        found = workload.probe(name)
        if found.is_known and (probe := _probe(workload, name, found.value)):
            yield probe


def _probe(workload: Workload, name: str, node: YamlMapping) -> Probe | None:
    kinds = [kind for kind in _KINDS if not is_null(node.get(kind))]
    if len(kinds) != 1 or node.template() is not None:
        return None
    asked = node.get(kinds[0])
    if not isinstance(asked, YamlMapping):
        return None
    is_http = kinds[0] == "httpGet"
    where = asked.get("path") or asked.get("command")
    nothing: Fact[str] = absent()
    return Probe(
        name,
        kinds[0],
        (where or node).location,
        _port(workload, asked.get("port")),
        _path(asked.get("path")) if is_http else nothing,
        _string(asked.get("host")) if is_http else nothing,
        _header(asked.get("httpHeaders")) if is_http else nothing,
        _number(node, "periodSeconds"),
        _number(node, "timeoutSeconds"),
        _number(node, "failureThreshold"),
        _number(node, "initialDelaySeconds"),
        tuple(one for one in workload.probe_commands if one.probe == name),
        _written(asked.get("command")),
        _is_https(asked.get("scheme")) if is_http else False,
    )


def _is_https(node: Node | None) -> bool | None:
    scheme = _string(node)
    return None if scheme.is_unknown else scheme.or_else("HTTP").upper() == "HTTPS"


def _number(node: YamlMapping, field: str) -> Fact[int]:
    found = node.get(field)
    default = _DEFAULTS[field]
    if found is None or is_null(found):
        return known(default)
    number = as_int(found)
    if number is None:
        return unknown(f"{field} is filled in later")
    # The API server takes 0 for a period, a timeout or a threshold that is not written.
    return known(number, Place(found.location, field)) if number or not default else known(default)


def _path(node: Node | None) -> Fact[str]:
    found = _string(node)
    if found.is_absent:
        return known("/")
    if found.is_unknown:
        return found
    path = found.value.partition("?")[0].partition("#")[0]
    return known(path if path.startswith("/") else f"/{path}", *found.places)


def _string(node: Node | None) -> Fact[str]:
    if node is None or is_null(node):
        return absent()
    value = text(node)
    if value is None or has_expression(value):
        return unknown("it is filled in later")
    return known(value, Place(node.location, value)) if value else absent()


def _port(workload: Workload, node: Node | None) -> Fact[int]:
    """The number of a probe's port; a name is looked up among the container's ports."""
    number = as_int(node)
    if number is not None:
        return known(number)
    name = text(node)
    ports = workload.container.ports if workload.container is not None else ()
    numbers = [port.number for port in ports if name and port.name == name and port.number is not None]
    return known(numbers[0]) if len(numbers) == 1 else unknown("the port has no number that is known")


def _header(node: Node | None) -> Fact[str]:
    """The ``Host`` header among ``httpHeaders``."""
    if node is None or is_null(node):
        return absent()
    if not isinstance(node, YamlSequence):
        return unknown("the headers are filled in later")
    for item in node.items:
        name = text(item.get("name")) if isinstance(item, YamlMapping) else None
        if name is None or has_expression(name):
            return unknown("the headers are filled in later")
        if isinstance(item, YamlMapping) and name.lower() == "host":
            return _string(item.get("value"))
    return absent()


def _written(node: Node | None) -> str:
    items = node.items if isinstance(node, YamlSequence) else ()
    return " ".join(item.text for item in items if isinstance(item, Scalar))
