"""Whether a container is one process whose interpreter runs Python on one processor at a time."""

from __future__ import annotations

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.yaml import text
from k8slint.workload.knowledge import library_rows
from k8slint.workload.libraries import accelerator
from k8slint.workload.program import Program
from k8slint.workload.shares import shares
from k8slint.workload.workload import Workload


class OneCore(Struct, frozen=True):
    """The process by its name ("uvicorn"), and where it is started."""

    name: str
    location: Location


def one_core(workload: Workload) -> OneCore | None:
    """The one server process of a container with a CPU limit, None where it can use more processors, or may.

    It may where it imports a library that computes, starts other processes, or where the image has another interpreter.
    """
    found = shares(workload, "cpu").or_else(())
    if len(found) != 1 or found[0].workers != 1 or found[0].program is None or accelerator(workload):
        return None
    entry = found[0].process.entry
    serves = (bool(entry.server) and entry.serves) or found[0].concurrency.what.endswith(" workers")
    if not serves or not _is_plain(found[0].program) or _is_other_build(workload):
        return None
    return OneCore(entry.server or entry.name, entry.location)


def _is_plain(program: Program) -> bool:
    table = library_rows()["beyond_one_core"]
    if not program.complete or any(program.imports(package) for package in table["packages"]):
        return False
    return not any(word in module.source.text for module in program.modules for word in table["words"])


def _is_other_build(workload: Workload) -> bool:
    image = text(workload.container.get("image")) if workload.container is not None else ""
    build = workload.link.value.dockerfile.source.text if workload.link.is_known else ""
    words = library_rows()["beyond_one_core"]["builds"]
    return any(word in f"{image} {build}" for word in words) or workload.environment.names("PYTHON_GIL")
