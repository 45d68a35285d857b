"""Fields of a manifest to begin with, where it says nothing: their figures are to be reviewed."""

from __future__ import annotations

from math import ceil

from k8slint.models.yaml import YamlMapping
from k8slint.repair import Field, Level
from k8slint.workload.concurrency import Concurrency, concurrency
from k8slint.workload.health_routes import ENDS_IN, health_routes
from k8slint.workload.knowledge import library_rows
from k8slint.workload.libraries import footprint, master_mib
from k8slint.workload.workload import Workload

# What a plain interpreter with a web framework and its first requests stays below.
_USUAL_MIB = 128
_HEADROOM = 1.6
_STEP_MIB = 64
_REVIEW = "  # review: measure under load"


def resource_fields(workload: Workload) -> tuple[Field, ...]:
    """Requests, and a limit for memory, as far as the container has none: 1.6 times what its workers were measured to
    take before the first request, in steps of 64 MiB. None where that says nothing of what the container takes: its
    program or the number of its workers is not known, it starts others, or is a job that reads as much as there is."""
    if workload.location is None or workload.container is None or not _is_measurable(workload):
        return ()
    mib = _measured_mib(workload)
    if mib is None:
        return ()
    asked = workload.quantity("requests", "memory")
    least = asked.value.value / 1024 / 1024 if asked.is_known else 0.0
    figures = {
        "requests": {"cpu": "100m", "memory": f"{_rounded(mib)}Mi"},
        "limits": {"memory": f"{_rounded(_HEADROOM * max(mib, least))}Mi"},
    }
    written, place = workload.container.get("resources"), workload.container.setting("resources")
    in_values = place is not None and place.path != workload.location.path
    is_empty = isinstance(written, YamlMapping) and not written.entries
    if in_values and not is_empty:
        return ()
    if written is None or is_empty:
        lines = [
            line
            for section, values in figures.items()
            for line in (f"{section}:", *(f"  {name}: {value}{_REVIEW}" for name, value in values.items()))
        ]
        if in_values and place is not None:
            return (Field(place, Level.VALUE, (), "\n".join(lines)),)
        return (Field(workload.location, Level.CONTAINER, ("resources",), "\n".join(lines)),)
    fields = []
    for section, values in figures.items():
        # A request that is not written is taken from the limit.
        missing = {
            name: value
            for name, value in values.items()
            if workload.container.get("resources", section, name) is None
            and workload.container.get("resources", "limits", name) is None
        }
        if not missing:
            continue
        if workload.container.get("resources", section) is None:
            text = "\n".join(f"{name}: {value}{_REVIEW}" for name, value in missing.items())
            # One line alone would be read as the value itself.
            route, text = (("resources", section), text) if "\n" in text else _single(section, missing)
            fields.append(Field(workload.location, Level.CONTAINER, route, text))
        else:
            fields.extend(
                Field(workload.location, Level.CONTAINER, ("resources", section, name), f"{value}{_REVIEW}")
                for name, value in missing.items()
            )
    return tuple(fields)


def _is_measurable(workload: Workload) -> bool:
    programs = [program for _, program in workload.programs()]
    bulky = library_rows()["retains"]["imports"] if workload.runs_to_completion else ()
    names = ("subprocess", *bulky)
    return bool(programs) and not any(program.imports(name) for program in programs for name in names)


def _single(section: str, values: dict[str, str]) -> tuple[tuple[str, ...], str]:
    ((name, value),) = values.items()
    return ("resources", section, name), f"{value}{_REVIEW}"


def _measured_mib(workload: Workload) -> float | None:
    """The most that a process of the workload with its workers was measured to take, else a usual figure.

    None where the number of workers is not known, or follows the processors of the node.
    """
    found = [float(_USUAL_MIB)]
    for process in workload.python_processes:
        program = workload.program(process)
        if not program.is_known:
            continue
        cost = footprint(program.value, process.entry.server)
        counted = concurrency(workload, process, program.value)
        shared = counted.or_else(Concurrency(1, "process"))
        if counted.is_unknown or shared.workers is None:
            return None
        each = cost.value.mib if cost.is_known else _USUAL_MIB
        master = master_mib(process.entry.server, cost.value) if cost.is_known and shared.has_master else 0
        found.append(master + shared.workers * each)
    return max(found)


def _rounded(mib: float) -> int:
    return _STEP_MIB * ceil(mib / _STEP_MIB)


def readiness_field(workload: Workload) -> Field | None:
    """A readinessProbe for the program's first route that is named for health, at the only port of the container."""
    if workload.location is None or workload.container is None or len(workload.container.ports) != 1:
        return None
    port = workload.container.ports[0]
    routes = [one.note.removeprefix(ENDS_IN) for _, program in workload.programs() for one in health_routes(program)]
    if port.number is None or not routes or any(sign in routes[0] for sign in "<{:*"):
        return None
    path = routes[0] if routes[0].startswith("/") else f"/{routes[0]}"
    lines = (
        "httpGet:",
        f"  path: {path}",
        f"  port: {port.name or port.number}",
        "periodSeconds: 10",
        "timeoutSeconds: 5",
    )
    return Field(workload.location, Level.CONTAINER, ("readinessProbe",), "\n".join(lines))
