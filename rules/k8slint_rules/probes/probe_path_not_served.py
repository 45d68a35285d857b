"""A probe asks for a path that the program does not answer."""

import re
from collections.abc import Iterator

from k8slint import (
    Confidence,
    Finding,
    Needs,
    Probe,
    Related,
    Role,
    Route,
    RouteTable,
    Rule,
    Severity,
    Workload,
    asks_program,
    has_proxy,
    probes,
    route_table,
)
from k8slint.regex import regex

CONSEQUENCES = {
    "livenessProbe": "the container is restarted again and again",
    "readinessProbe": "the pod never gets requests",
    "startupProbe": "the container is restarted again and again",
}
HEALTH = regex(r"health|ready|live|ping|status|alive", re.IGNORECASE)


def check(workload: Workload) -> Iterator[Finding]:
    if not workload.ours.or_else(False) or workload.role is Role.INIT or not workload.processes.is_known:
        return
    programs = [(process, program) for process, program in workload.programs() if process is not None]
    if len(workload.processes.value) != 1 or len(programs) != 1 or has_proxy(workload, programs[0][0]):
        return
    asked = [one for one in probes(workload) if one.kind == "httpGet" and one.path.is_known and one.host.is_absent]
    own = [one for one in asked if asks_program(workload, one)]
    table = route_table(programs[0][1]) if own else None
    if table is None or not table.is_known:
        return
    for probe in own:
        yield from _missing(workload, probe, table.value)


def _missing(workload: Workload, probe: Probe, table: RouteTable) -> Iterator[Finding]:
    path = probe.path.value
    found = table.answering(path)
    if any(one.method == "GET" for one in found) or table.may_answer(path):
        return
    if found:
        answer, near = f"answers only {found[0].method} there: 405", found[:1]
    else:
        near = _nearest(table, path)
        serves = f" (it has {' and '.join(one.path for one in near)})" if near else ""
        answer = f"has no such route{serves}: 404"
    message = (
        f"{workload.label}: {probe.name} GET {path}, but the {table.framework} application {answer}, so "
        f"{CONSEQUENCES[probe.name]}"
    )
    related = tuple(Related(one.location, f"the route {one.path}") for one in near)
    yield Finding(RULE, probe.location, message, _fix(path, near, bool(found)), related)


def _nearest(table: RouteTable, path: str) -> tuple[Route, ...]:
    """The routes that were probably meant: those that end alike, else those with a name usual for health."""
    routes = [one for one in table.routes if one.method == "GET" and one.whole]
    alike = [one for one in routes if path.strip("/") and one.path.endswith(path.rstrip("/"))]
    return tuple((alike or [one for one in routes if HEALTH.search(one.path)])[:2])


def _fix(path: str, near: tuple[Route, ...], is_other_method: bool) -> str:
    if is_other_method:
        return f"let {path} answer GET as well"
    return f"probe {near[0].path}" if near else f"add a route {path} that answers without asking anything else"


RULE = Rule(
    "probe-path-not-served",
    "A probe asks for a path that the program does not answer",
    Severity.ERROR,
    Workload,
    check,
    Confidence.MEDIUM,
    needs=(Needs.KUBERNETES, Needs.PYTHON),
)
