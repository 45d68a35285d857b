"""A probe, a Service or an Ingress asks for a port at which nothing answers."""

from collections.abc import Iterator

from k8slint import (
    AskedPort,
    Finding,
    Listener,
    Needs,
    Related,
    Rule,
    Severity,
    Workload,
    asked_ports,
    listening_calls,
    listening_ports,
    missing_backends,
)

EFFECTS = {
    "livenessProbe": "the container is restarted over and over",
    "readinessProbe": "the pod never becomes ready",
    "startupProbe": "the container is restarted over and over",
}


def check(workload: Workload) -> Iterator[Finding]:
    if not workload.ours.or_else(False) or workload.location is None or workload.runs_to_completion:
        return
    asked = tuple(asked_ports(workload))
    for one in asked:
        if one.number is None:
            message = f"{one.by} asks for the port {one.name}, which {workload.label} has not: {_effect(one.by)}"
            related = (Related(workload.location, "the container"),)
            yield Finding(RULE, one.location, message, f"add a port with the name {one.name}, or name another", related)
    listening = listening_ports(workload)
    if listening.is_known:
        yield from _refused(workload, asked, listening.value, [Related(p.location, p.note) for p in listening.places])
    for backend in missing_backends(workload):
        message = (
            f"Ingress {backend.ingress} sends requests to port {backend.port} of Service {backend.service}, which has "
            f"{' and '.join(backend.ports)}: every request is answered with an error of the ingress controller"
        )
        related = (Related(backend.service_location, "the Service"),)
        yield Finding(RULE, backend.location, message, f"write {backend.ports[0]}", related)


def _refused(
    workload: Workload, asked: tuple[AskedPort, ...], listening: tuple[Listener, ...], related: list[Related]
) -> Iterator[Finding]:
    ports = {one.port for one in listening}
    met = {one.by for one in asked if one.number in ports}
    for one in asked:
        # A Service with several ports may name one that is served only at times, such as a debugger's.
        if one.number is None or one.number in ports or (one.by.startswith("Service ") and one.by in met):
            continue
        named = f" ({one.name})" if one.name else ""
        message = (
            f"{one.by} connects to port {one.number}{named} of {workload.label}, but {_listening(listening)}: "
            f'"connection refused", {_effect(one.by)}'
        )
        place = [Related(one.port_location, f"{one.name} is this port")] if one.port_location is not None else []
        yield Finding(RULE, one.location, message, _fix(one, listening), (*related, *place))


def _listening(listening: tuple[Listener, ...]) -> str:
    if not listening:
        return "the program listens nowhere"
    return " and ".join(
        f"{one.what} listens on {one.port}{', its default' if one.is_default else ''}" for one in listening
    )


def _effect(by: str) -> str:
    return EFFECTS.get(by, "no request arrives")


def _fix(one: AskedPort, listening: tuple[Listener, ...]) -> str:
    if not listening:
        return f"let the program listen on {one.number}, or remove the probe"
    where = f"containerPort {one.name}" if one.name else one.by
    return f"write {listening[0].port} in {where}, or let the program listen on {one.number}"


RULE = Rule(
    "port-chain-broken",
    "A probe, a Service or an Ingress asks for a port at which nothing answers",
    Severity.ERROR,
    Workload,
    check,
    calls=(*listening_calls(), "kopf.run"),
    needs=(Needs.KUBERNETES,),
)
