"""How long a server and a load balancer in front of it keep a connection open that nobody uses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.location import Location
from k8slint.models.manifest import KubernetesObject
from k8slint.models.yaml import text
from k8slint.regex import regex
from k8slint.workload.gunicorn import gunicorn_settings
from k8slint.workload.ingresses import ways_in
from k8slint.workload.knowledge import listening_table
from k8slint.workload.operations import as_number
from k8slint.workload.process import Process
from k8slint.workload.values import value, whole
from k8slint.workload.workload import Workload

_ALB = "alb.ingress.kubernetes.io/"
_IDLE = regex(r"idle_timeout\.timeout_seconds\s*=\s*(\d+)")
_NEG = "cloud.google.com/neg"


class Balancer(Struct, frozen=True):
    """A load balancer that connects to pods itself; it uses a connection again for up to ``seconds``."""

    name: str
    seconds: float
    location: Location


class IdleLimit(Struct, frozen=True):
    """A server closes an idle connection after ``seconds``; ``write`` is how more are allowed, with {} for the seconds.

    ``location`` is where they are set, else where the server is started.
    """

    server: str
    seconds: float
    write: str
    location: Location


def balancers(workload: Workload) -> Iterator[Balancer]:
    """The load balancers outside of the cluster whose annotations say that they connect to the pods."""
    rows = listening_table()["balancers"]
    for way in ways_in(workload):
        ingress, service = way.ingress, way.service
        kind = _class(ingress)
        marks = {**service.annotations, **ingress.annotations}
        if kind == "alb" and marks.get(f"{_ALB}target-type") == "ip":
            attributes = marks.get(f"{_ALB}load-balancer-attributes", "")
            written = _IDLE.search(attributes)
            if "{{" not in attributes and f"{_ALB}group.name" not in marks:
                seconds = float(written[1]) if written else rows["alb"]["seconds"]
                yield Balancer(rows["alb"]["name"], seconds, ingress.location)
        elif kind in ("gce", "gce-internal", "") and re.search(r'"ingress":\s*true', service.annotations.get(_NEG, "")):
            yield Balancer(rows["gce"]["name"], rows["gce"]["seconds"], ingress.location)


def _class(ingress: KubernetesObject) -> str:
    written = text(ingress.root.get("spec", "ingressClassName"))
    return written or ingress.annotations.get("kubernetes.io/ingress.class", "")


def idle_calls() -> tuple[str, ...]:
    """The names of the calls that start a server which closes idle connections."""
    return tuple(listening_table()["idle"]["calls"])


def idle_limit(workload: Workload, process: Process) -> Fact[IdleLimit]:
    """When the server of a process closes an idle connection; absent where it keeps none open, or is not known here."""
    table = listening_table()["idle"]
    row = table["servers"].get(process.entry.server)
    if row is None:
        return _of_calls(workload, process, table["calls"]) if not process.entry.server else absent()
    if process.entry.server == "gunicorn":
        return _of_gunicorn(workload, process, row)
    option = process.entry.option(*row["option"]) if row["option"] else None
    if option is not None:
        return _limit(process.entry.server, as_number(option.text), row, option.location)
    if process.entry.may_have_more_options() or process.entry.option(*row.get("configured", ())) is not None:
        return unknown("a part of the command line, or a file, may set it")
    variable = workload.environment.get(row["variable"], process) if "variable" in row else None
    if variable is not None and not variable.is_absent:
        at = variable.places[0].location if variable.places else process.entry.location
        return _limit(process.entry.server, as_number(variable.or_else("")), row, at)
    return _limit(process.entry.server, row["default"], row, process.entry.location)


def _of_gunicorn(workload: Workload, process: Process, row: dict[str, Any]) -> Fact[IdleLimit]:
    settings = gunicorn_settings(workload, process)
    kind = settings.get("worker_class", "-k", "--worker-class")
    threads = settings.get("threads", "--threads")
    found = settings.get(row["setting"], *row["option"])
    if kind.is_unknown or threads.is_unknown or found.is_unknown:
        return unknown("a setting is not known")
    has_threads = threads.is_known and whole(threads).or_else(1) > 1
    if str(kind.or_else("sync")) == "sync" and not has_threads:
        return absent(Place(process.entry.location, "sync workers close each connection"))
    at = found.places[0].location if found.places else process.entry.location
    return _limit("gunicorn", as_number(found.value) if found.is_known else row["default"], row, at)


def _of_calls(workload: Workload, process: Process, rows: dict[str, Any]) -> Fact[IdleLimit]:
    program = workload.program(process)
    calls = list(program.value.calls(*rows)) if program.is_known else []
    if len(calls) != 1:
        return absent()
    module, call = calls[0]
    row = rows[call.name]
    if call.keyword("**") is not None:
        return unknown("other arguments may set it")
    given = call.keyword(row["keyword"])
    if given is None:
        return _limit(call.name, row["default"], row, call.location)
    seconds = value(module, given, call.scope, lambda name: workload.environment.get(name, process))
    return _limit(call.name, as_number(seconds.or_else(None)), row, given.location)


def _limit(server: str, seconds: float | None, row: dict[str, Any], at: Location) -> Fact[IdleLimit]:
    if seconds is None:
        return unknown("the seconds are not known")
    return known(IdleLimit(server, seconds, row["write"], at))
