"""Who sends a pod requests, and whether its server still takes them once it has been told to stop."""

from __future__ import annotations

from typing import Any

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.models.manifest import KubernetesObject
from k8slint.models.yaml import text
from k8slint.workload.knowledge import stopping
from k8slint.workload.lifetime import own_handlers
from k8slint.workload.process import Process
from k8slint.workload.program import Program
from k8slint.workload.workload import Workload

_INSIDE = ("unix:", "fd://", "127.", "localhost", "/")
_SWITCHED_OFF = ("false", "disabled", "disable", "")


def balanced_by(workload: Workload) -> tuple[KubernetesObject, ...]:
    """The Services that spread requests over the pods; a headless one only lists their addresses, mostly for peers."""
    return tuple(one for one in workload.selected_by if text(one.root.get("spec", "clusterIP")) != "None")


def is_replaced_in_turn(workload: Workload) -> bool:
    """Whether pods are replaced one after another, so that clients may expect that somebody answers all the time."""
    owner = workload.owner
    if owner is None or workload.replicas == 0:
        return False
    if owner.kind == "Deployment":
        strategy = owner.root.get("spec", "strategy", "type")
        return strategy is None or text(strategy) == "RollingUpdate"
    if owner.kind == "StatefulSet":
        return workload.replicas is not None and workload.replicas > 1
    return owner.kind in ("DaemonSet", "Rollout")


def has_draining_mesh(workload: Workload) -> bool:
    """Whether the pod asks for a sidecar of a service mesh, which may hold requests back while the pod ends."""
    if workload.owner is None or workload.owner.pod is None:
        return False
    marks = {**workload.owner.pod.labels, **workload.owner.pod.annotations}
    prefixes = tuple(stopping()["draining_meshes"]["prefixes"])
    return any(key.startswith(prefixes) and value.lower() not in _SWITCHED_OFF for key, value in marks.items())


def closes_listener(workload: Workload, process: Process) -> Fact[str]:
    """The server that stops taking connections as soon as SIGTERM arrives, by name.

    Absent where it goes on for a while or does not listen to others; a handler of the program's own may do that.
    """
    program = workload.program(process)
    if not program.is_known:
        return unknown(program.reason)
    if own_handlers(program.value):
        return absent()
    if program.value.may_mention("SIGTERM"):
        return unknown("a module that is loaded by name may handle SIGTERM")
    if process.arrives is not True:
        return unknown("whether SIGTERM reaches the program is not known")
    return _of_server(workload, process) if process.entry.server else _of_calls(workload, process, program.value)


def _of_server(workload: Workload, process: Process) -> Fact[str]:
    row = stopping()["closes_listener"].get(process.entry.server)
    if row is None:
        return unknown(f"when {process.entry.server} stops listening is not known")
    option = process.entry.option(*row["listens"])
    if option is not None and (option.text or option.written).startswith(_INSIDE):
        return absent(Place(option.location, "listens inside the pod only"))
    several = process.entry.option(*row.get("unless", ()))
    if (several is not None and several.text != "1") or _may_be_set(workload, process, row):
        return unknown(f"when {process.entry.server} with several workers stops listening is not known")
    settings = workload.settings(process)
    if settings is not None and any(word in settings.source.text for word in ("unix:", "SIGTERM")):
        return unknown("the configuration file may say otherwise")
    return known(process.entry.server, Place(process.entry.location, f"starts {process.entry.server}"))


def _may_be_set(workload: Workload, process: Process, row: dict[str, Any]) -> bool:
    return any(workload.environment.get(name, process).or_else("1") != "1" for name in row.get("unless_set", ()))


def _of_calls(workload: Workload, process: Process, program: Program) -> Fact[str]:
    table = stopping()["closes_listener_calls"]
    for module, call in program.calls(*table):
        row = table.get(call.name, {})
        if any(call.keyword(name) is not None for name in ("**", *row.get("unless", ()))):
            return unknown(f"whether {call.name} starts several workers is not known")
        if _may_be_set(workload, process, row):
            return unknown(f"when {call.name} with several workers stops listening is not known")
        host = call.keyword("host")
        value = module.resolve(host, call.scope).value if host is not None else None
        if call.keyword("uds") is not None or call.keyword("fd") is not None:
            return absent()
        if isinstance(value, str) and value.startswith(_INSIDE):
            return absent()
        return known(call.name, Place(call.location, f"{call.name}() serves here"))
    return absent()
