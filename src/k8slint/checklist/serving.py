"""What must be known before it can be said that a workload serves well: its probes, its user, its server."""

from __future__ import annotations

from collections.abc import Iterator

from k8slint.checklist.counting import processes, programs, whole_program
from k8slint.workload.lifetime import blocking
from k8slint.workload.mounts import mounts, read_only_root
from k8slint.workload.port_chain import listening_ports
from k8slint.workload.probes import Probe, probes
from k8slint.workload.route_table import route_table
from k8slint.workload.routes import handlers
from k8slint.workload.workload import Role, Workload


def readiness(workload: Workload) -> Iterator[str]:
    """The port and the path that are asked, and what answers there."""
    found = workload.probe("readinessProbe")
    if found.is_unknown:
        yield f"readinessProbe: {found.reason}"
    elif found.is_absent:
        yield "what a readiness probe would ask: there is none"
    asked = [probe for probe in probes(workload) if probe.name == "readinessProbe"]
    for probe in asked:
        yield from _asked(workload, probe)


def _asked(workload: Workload, probe: Probe) -> Iterator[str]:
    if probe.kind == "exec":
        if not probe.commands:
            yield f"what the command of {probe.name} does"
        return
    if probe.port.is_unknown:
        yield f"the port of {probe.name}: {probe.port.reason}"
    listening = listening_ports(workload)
    if listening.is_unknown:
        yield f"the port that the program listens on: {listening.reason}"
    if probe.kind != "httpGet":
        return
    if probe.path.is_unknown:
        yield f"the path of {probe.name}: {probe.path.reason}"
    for _, program in workload.programs():
        table = route_table(program)
        if table.is_unknown and not _handled(workload, probe):
            yield f"what answers {probe.path.or_else('/')}: {table.reason}"


def _handled(workload: Workload, probe: Probe) -> bool:
    """Whether the function is known that answers a probe's path."""
    if not probe.path.is_known:
        return False
    return any(
        handlers(program, workload.environment, process, probe.path.value) for process, program in workload.programs()
    )


def liveness(workload: Workload) -> Iterator[str]:
    """What the liveness probe makes the program do."""
    yield from processes(workload)
    for probe in (one for one in probes(workload) if one.name == "livenessProbe"):
        if probe.kind == "exec" and not probe.commands:
            yield "what the command of livenessProbe does"
        elif probe.kind == "httpGet" and not _handled(workload, probe):
            yield f"which function answers {probe.path.or_else('the path of livenessProbe')}"


def start(workload: Workload) -> Iterator[str]:
    """How long the program takes to start, where no startup probe waits for it."""
    startup = workload.probe("startupProbe")
    if startup.is_unknown:
        yield f"startupProbe: {startup.reason}"
    elif startup.is_absent:
        yield from whole_program(workload)


def user(workload: Workload) -> Iterator[str]:
    """The user of the program."""
    if not workload.user.is_known:
        yield f"the user: {workload.user.reason or 'nothing sets it'}"


def writing(workload: Workload) -> Iterator[str]:
    """Which paths can be written to, and which are."""
    if workload.container is not None:
        root = read_only_root(workload)
        if root.is_unknown:
            yield f"readOnlyRootFilesystem: {root.reason}"
        found = mounts(workload)
        if found.is_unknown:
            yield f"the volumes: {found.reason}"
    yield from user(workload)
    yield from whole_program(workload)


def server(workload: Workload) -> Iterator[str]:
    """Which server answers the requests."""
    yield from processes(workload)
    yield from programs(workload)
    if workload.role is Role.IMAGE or not workload.processes.is_known:
        return
    known = any(process.entry.server for process in workload.processes.value)
    serving = any(one.serves for _, program in workload.programs() for one in blocking(program))
    if not known and not serving:
        yield "which server answers"
