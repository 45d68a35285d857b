"""A probe asks in a way that the program cannot answer, or that it answers although it hangs."""

from collections.abc import Iterator

from k8slint import (
    Confidence,
    Finding,
    Needs,
    Place,
    Probe,
    Related,
    Role,
    Rule,
    Severity,
    Spoken,
    Workload,
    health_routes,
    listening_calls,
    probes,
    spoken,
)

CONSEQUENCES = {
    "livenessProbe": "the container is restarted again and again",
    "readinessProbe": "the pod never gets requests",
    "startupProbe": "the container is restarted again and again",
}


def check(workload: Workload) -> Iterator[Finding]:
    if not workload.ours.or_else(False) or workload.role is Role.INIT:
        return
    asked = [one for one in probes(workload) if one.kind != "exec" and one.port.is_known and one.host.is_absent]
    found = tuple(spoken(workload)) if asked else ()
    for probe in asked:
        at_port = [one for one in found if one.port == probe.port.value]
        if len(at_port) == 1:
            yield from _judged(workload, probe, at_port[0])


def _judged(workload: Workload, probe: Probe, server: Spoken) -> Iterator[Finding]:
    related = [Related(server.location, f"{server.server} listens here")]
    if probe.kind == "tcpSocket":
        if not server.is_watched and probe.name != "startupProbe":
            yield _of_tcp(workload, probe, server, related)
        return
    wrong = _unanswerable(probe, server)
    if wrong is not None:
        why, fix = wrong
        message = f"{workload.label}: {probe.name} {why}, so {CONSEQUENCES[probe.name]}"
        yield Finding(RULE, probe.location, message, fix, tuple(related))


def _unanswerable(probe: Probe, server: Spoken) -> tuple[str, str] | None:
    """Why a probe never succeeds, and what to write instead."""
    if probe.kind == "grpc" and server.protocol == "http":
        return f"asks by gRPC, and {server.server} at port {server.port} speaks HTTP", "ask with httpGet"
    if probe.kind == "grpc" and server.has_health is False:
        why = "asks the gRPC health service, which the program does not register: the server answers UNIMPLEMENTED"
        return why, "register HealthServicer of grpcio-health-checking, and set it to SERVING"
    if probe.kind == "httpGet" and server.protocol == "grpc":
        fix = "use a grpc probe, and register HealthServicer of grpcio-health-checking"
        return f"asks by HTTP, and port {server.port} is the gRPC server's, which answers no GET", fix
    if probe.kind != "httpGet" or None in (server.tls, probe.is_https) or server.tls == probe.is_https:
        return None
    if server.tls:
        return f"asks {server.server} without TLS, and it takes encrypted connections only", "write scheme: HTTPS"
    return f"asks {server.server} by HTTPS, and it has no certificate", "leave out scheme: HTTPS"


def _of_tcp(workload: Workload, probe: Probe, server: Spoken, related: list[Related]) -> Finding:
    is_liveness = probe.name == "livenessProbe"
    routes = () if server.protocol == "grpc" else _routes(workload)
    effect = "is never restarted" if is_liveness else "goes on getting requests"
    message = (
        f"{workload.label}: {probe.name} only opens a connection, which the kernel accepts for {server.server} even "
        f"while it hangs: a process that answers nobody {effect}"
    )
    how = "a grpc probe" if server.protocol == "grpc" else "httpGet of a route that answers from memory"
    fix = f"use {how}" + (f", such as {routes[0].note}" if routes else "")
    places = tuple(Related(one.location, one.note) for one in routes[:1])
    severity = Severity.WARNING if is_liveness else Severity.INFO
    return Finding(
        RULE, probe.location, message, fix, (*related, *places), severity, Confidence.MEDIUM, not is_liveness
    )


def _routes(workload: Workload) -> tuple[Place, ...]:
    return tuple(place for _, program in workload.programs() for place in health_routes(program))


RULE = Rule(
    "probe-type-mismatch",
    "A probe asks in a way that the program cannot answer, or that tells nothing",
    Severity.ERROR,
    Workload,
    check,
    calls=listening_calls(),
    needs=(Needs.KUBERNETES,),
)
