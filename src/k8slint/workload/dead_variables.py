"""Variables that are meant for a server and change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from k8slint.location import Location
from k8slint.workload.knowledge import server_variables
from k8slint.workload.process import Process, StepKind
from k8slint.workload.workload import Workload


class DeadVariable(Struct, frozen=True):
    """A variable that is set at ``location``, ``why`` it has no effect, the ``fix``, and what overrules it (``by``)."""

    name: str
    why: str
    fix: str
    location: Location
    by: Location | None = None


def dead_variables(workload: Workload, process: Process) -> Iterator[DeadVariable]:
    """Those of the server that a process starts; none where something that was not read may use them."""
    row = server_variables()["servers"].get(process.entry.server)
    if row is None:
        return
    yield from _overruled(workload, process, row)
    texts = _texts(workload, process)
    if texts is None:
        return
    for name in sorted(workload.environment.variables().values):
        prefix = next((one for one in row["prefixes"] if name.startswith(one)), None)
        place = _place(workload, process, name)
        if prefix is None or place is None or name in row["reads"] or any(prefix in text for text in texts):
            continue
        why = f"{process.entry.server} does not read it, and nothing else does"
        why += f" (it reads {row['named']})" if row["named"] != "none" else " (it reads no variables)"
        yield DeadVariable(name, why, _fix(name.removeprefix(prefix), row), place)


def _texts(workload: Workload, process: Process) -> list[str] | None:
    """Everything in which a variable of the process may be used; None where some of it is not known."""
    program = workload.program(process)
    option = process.entry.option("-c", "--config")
    settings = workload.settings(process)
    if not program.is_known or not program.value.complete or (option is not None and settings is None):
        return None
    if any(step.kind in (StepKind.WRAPPER, StepKind.SCRIPT) and step.script is None for step in process.steps):
        return None
    texts = [one.source.text for one in program.value.modules]
    texts.extend(step.script.source.text for step in process.steps if step.script is not None)
    texts.extend(word.written for word in process.entry.words)
    return [*texts, settings.source.text] if settings is not None else texts


def _place(workload: Workload, process: Process, name: str) -> Location | None:
    found = workload.environment.get(name, process)
    return found.places[0].location if found.is_known and found.value and found.places else None


def _overruled(workload: Workload, process: Process, row: dict[str, Any]) -> Iterator[DeadVariable]:
    """The number of workers, where the command line gives another one."""
    name = row["workers_variable"]
    option = process.entry.option(*row["workers"]) if row["workers"] else None
    place = _place(workload, process, name) if name else None
    if option is None or place is None or option.text is None or not option.text.isdigit():
        return
    value = workload.environment.get(name, process).value
    # A word that was filled in from the variable is not another number.
    if not value.isdigit() or int(value) == int(option.text) or option.written != option.text:
        return
    why = f"the command line gives {process.entry.server} {option.text} workers, and wins over {name}={value}"
    yield DeadVariable(name, why, f"remove {row['workers'][-1]} from the command line", place, option.location)


def _fix(setting: str, row: dict[str, Any]) -> str:
    if setting in row["instead"]:
        return f"write {row['instead'][setting]}"
    option = f"--{setting.lower().replace('_', '-')}"
    return f'write {row["all_options"]}: "{option} ..."' if row["all_options"] else f"give {option} on the command line"
