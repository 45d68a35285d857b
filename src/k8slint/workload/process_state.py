"""State that a program keeps in its own process, where its other processes and pods do not see it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.manifest import KubernetesObject
from k8slint.models.python import Call, Expr, PythonFile
from k8slint.models.python_shared import shared_variables
from k8slint.models.yaml import string_map, text
from k8slint.workload.django import setting, settings_module
from k8slint.workload.knowledge import worker_rows
from k8slint.workload.process import Process
from k8slint.workload.program import Program
from k8slint.workload.values import value
from k8slint.workload.workload import Workload

_STICKY_KINDS = ("HTTPRoute", "VirtualService", "DestinationRule", "IngressRoute", "TraefikService", "BackendConfig")


class ProcessState(Struct, frozen=True):
    """``what`` is kept in each process, ``effect`` what comes of it when there are several.

    ``is_data`` tells that what clients sent is lost to them. ``pods_only`` tells that several workers of one pod are no
    harm.
    """

    what: str
    effect: str
    fix: str
    location: Location
    is_data: bool = False
    pods_only: bool = False


@cache
def state_calls() -> tuple[str, ...]:
    """The names of all calls that the model needs to see."""
    return tuple(worker_rows()["state"]["calls"])


def process_state(workload: Workload, process: Process, program: Program) -> Iterator[ProcessState]:
    """What a program that serves keeps to itself, as far as that is certain."""
    if not process.entry.serves and not any(True for _ in program.calls("uvicorn.run", "flask.Flask.run")):
        return
    yield from _extensions(workload, process, program)
    yield from _django(workload, process, program)
    yield from _sessions_of_server(workload, process)
    for module in program.modules:
        for one in shared_variables(module.source):
            yield ProcessState(
                f"{one.name}, in which {one.writer}() stores what {one.reader}() looks for,",
                "what one of them has stored, the others do not find",
                "keep it in a database or in Redis",
                one.location,
                is_data=True,
            )


def _extensions(workload: Workload, process: Process, program: Program) -> Iterator[ProcessState]:
    rows = worker_rows()["state"]["calls"]
    for module, call in program.calls(*rows):
        row = rows[call.name]
        if any(call.keyword(name) is not None for name in ("**", *row["unless"])):
            continue
        given = call.keyword(row["keyword"]) if "keyword" in row else None
        if given is not None and not _is_one_of(workload, process, module, call, given, row["memory"]):
            continue
        if given is None and not _is_default(workload, process, program, row):
            continue
        yield ProcessState(row["what"], row["effect"], row["fix"], call.location)


def _is_one_of(
    workload: Workload, process: Process, module: PythonFile, call: Call, given: Expr, wanted: list[str]
) -> bool:
    found = value(module, given, call.scope, lambda name: workload.environment.get(name, process))
    return found.is_known and str(found.value) in wanted


def _is_default(workload: Workload, process: Process, program: Program, row: dict[str, str]) -> bool:
    """Whether nothing in the code or the environment may choose another place."""
    words = re.compile(row["elsewhere"])
    if any(words.search(module.source.text) for module in program.modules) or not program.complete:
        return False
    return all(workload.environment.get(name, process).is_absent for name in row.get("variables", ()))


def _django(workload: Workload, process: Process, program: Program) -> Iterator[ProcessState]:
    if not program.imports("django"):
        return
    dotted = settings_module(program, workload.environment, process)
    if not dotted.is_known:
        return
    engine, caches, rest = (
        setting(program, dotted.value, name) for name in ("SESSION_ENGINE", "CACHES", "REST_FRAMEWORK")
    )
    is_local = caches.is_absent or (caches.is_known and _is_local_memory(caches.value[1]))
    chosen = engine.value[1].value if engine.is_known else None
    if engine.is_known and chosen == "django.contrib.sessions.backends.file":
        effect = "users are logged out by chance"
        yield ProcessState("sessions in files", effect, "keep them in the database", engine.value[2], pods_only=True)
    if engine.is_known and chosen == "django.contrib.sessions.backends.cache" and is_local:
        yield ProcessState(
            "sessions in Django's cache in memory",
            "a request that another process answers has no session, and users are logged out by chance",
            "use a cache that is shared, such as Redis, or sessions in the database",
            engine.value[2],
        )
    throttles = dict(rest.value[1].keywords).get("DEFAULT_THROTTLE_CLASSES") if rest.is_known else None
    own = [str(one.value) for one in throttles.args] if throttles is not None else []
    if throttles is not None and is_local and any(one.startswith("rest_framework.throttling.") for one in own):
        yield ProcessState(
            "the counts of REST framework's throttling, in Django's cache",
            "each of them allows the whole rate",
            "use a cache that is shared, such as Redis",
            throttles.location,
        )


def _is_local_memory(caches: Expr) -> bool:
    default = dict(caches.keywords).get("default") if caches.kind == "dict" and not caches.args else None
    backend = dict(default.keywords).get("BACKEND") if default is not None else None
    return backend is not None and backend.value == "django.core.cache.backends.locmem.LocMemCache"


def _sessions_of_server(workload: Workload, process: Process) -> Iterator[ProcessState]:
    """Servers whose sessions live in one pod, behind a Service that sends each connection to any."""
    row = worker_rows()["state"]["servers"].get(process.entry.server)
    services = workload.services
    if row is None or services is None or not workload.selected_by or services.beside.open_because(workload.owner):
        return
    sticky = [text(one.root.get("spec", "sessionAffinity")) or "None" for one in workload.selected_by]
    if any(one != "None" for one in sticky) or services.beside.find(workload.owner, _sticks, True):
        return
    at = workload.selected_by[0].location
    yield ProcessState(row["what"], row["effect"], row["fix"], at, pods_only=True)


def _sticks(one: KubernetesObject) -> Iterator[bool]:
    """Objects that may send a client to the pod that knows it."""
    annotations = string_map(one.root.get("metadata", "annotations"))
    speaks = any(word in key for key in annotations for word in ("affinity", "sticky", "session"))
    if one.kind in _STICKY_KINDS or (one.kind in ("Ingress", "Service") and speaks):
        yield True
