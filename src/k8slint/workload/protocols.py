"""What a container's program speaks at its ports: HTTP or gRPC, encrypted or not."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.workload.concurrency import concurrency
from k8slint.workload.gunicorn import gunicorn_settings
from k8slint.workload.knowledge import probes
from k8slint.workload.listening import Listener, listeners
from k8slint.workload.process import Process
from k8slint.workload.program import Program
from k8slint.workload.reach import has_proxy
from k8slint.workload.workload import Workload


class Spoken(Struct, frozen=True):
    """What answers at ``port``: ``server`` by its name, ``protocol`` "http" or "grpc".

    ``tls`` and ``has_health``, whether a gRPC server registers the health service, are None where not known.
    ``is_watched`` tells that a server of several processes ends the one that hangs.
    """

    server: str
    protocol: str
    port: int
    location: Location
    tls: bool | None
    has_health: bool | None
    is_watched: bool


def spoken(workload: Workload) -> Iterator[Spoken]:
    """All that is seen to listen, where the container is one process and nothing stands in front of it."""
    if not workload.processes.is_known or len(workload.processes.value) != 1:
        return
    process = workload.processes.value[0]
    if has_proxy(workload, process):
        return
    program = workload.program(process)
    read = program.value if program.is_known else None
    table = probes()["protocols"]
    for one in listeners(workload, process):
        name = one.what.removesuffix("()")
        if one.port is None:
            continue
        if name.endswith(("add_insecure_port", "add_secure_port")):
            health = _has_health(read) if read is not None else None
            is_secure = name.endswith("add_secure_port")
            yield Spoken("the gRPC server", "grpc", one.port, one.location, is_secure, health, False)
        elif name in table["http"]:
            is_watched = name in table["watched"] or _may_be_several(workload, process, read)
            tls = _tls(workload, process, read, one, name)
            yield Spoken(one.what, "http", one.port, one.location, tls, None, is_watched)


def _may_be_several(workload: Workload, process: Process, program: Program | None) -> bool:
    """Whether the server starts several workers, or may: then its first process ends those that hang."""
    shared = concurrency(workload, process, program)
    return shared.is_unknown or (shared.is_known and shared.value.workers != 1)


def _has_health(program: Program) -> bool | None:
    """Whether the health service is registered; other code that only speaks of health may do it."""
    texts = [module.source.text for module in program.modules]
    if any(word in text for text in texts for word in ("HealthServicer", "grpc_health", "grpc.health")):
        return True
    is_open = any("health" in text.lower() for text in texts) or program.may_mention("ealth")
    return None if is_open else False


def _tls(workload: Workload, process: Process, program: Program | None, one: Listener, name: str) -> bool | None:
    entry = process.entry
    if name == "gunicorn":
        settings = gunicorn_settings(workload, process)
        found = settings.get("certfile", "--certfile")
        has_context = settings.file is not None and "ssl_context" in settings.file.source.text
        return None if found.is_unknown or has_context else found.is_known and found.value is not None
    if name == "uvicorn":
        if entry.option("--ssl-certfile", "--ssl-keyfile") is not None:
            return True
        variables = [workload.environment.get(f"UVICORN_SSL_{word}", process) for word in ("CERTFILE", "KEYFILE")]
        is_open = entry.may_have_more_options() or any(not found.is_absent for found in variables)
        return None if is_open else False
    if name == "uvicorn.run" and program is not None:
        calls = [call for _, call in program.calls(name) if call.location == one.location]
        keywords = [keyword for call in calls for keyword, _ in call.keywords]
        given = any(keyword.startswith(("ssl", "*")) for keyword in keywords)
        return None if given or len(calls) != 1 else False
    return None
