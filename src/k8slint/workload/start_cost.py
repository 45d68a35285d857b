"""What it costs to start a Python program anew, as an exec probe does each time."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from k8slint.models.python import Interest, parse_python
from k8slint.models.source import Source, decode
from k8slint.workload.knowledge import probes
from k8slint.workload.probe_commands import ProbeCommand
from k8slint.workload.process import Entry

_SLOW_CPUS = 0.25
_SLOWDOWN = 1.8
_CELERY_REQUESTS = (("inspect", "ping"), ("status",))


class StartCost(Struct, frozen=True):
    """At least so many seconds until a new process has done its work, and seconds of CPU; ``what`` makes them so."""

    seconds: float
    cpu_seconds: float
    what: str
    asks_all_workers: bool = False
    """Whether it asks every Celery worker that the broker knows, not only the one in the same container."""


def start_cost(command: ProbeCommand, cpus: float) -> StartCost | None:
    """The least that a Python program of a probe costs with ``cpus``; None for a program that is not Python.

    Imports that were not measured count as the bare interpreter.
    """
    entry = command.process.entry
    texts = tuple(word.text or word.written for word in entry.words)
    if is_celery(entry):
        request = next((one for one in _CELERY_REQUESTS if all(word in texts for word in one)), None)
        if request is not None:
            row = probes()["commands"][" ".join(("celery", *request))]
            is_addressed = entry.option("-d", "--destination") is not None
            return StartCost(_seconds(row, cpus), row["cpu"], "the whole Celery app", not is_addressed)
    if not entry.is_python:
        return None
    rows = {name: row for name, row in probes()["starts"].items() if name not in ("_about", "bare")}
    imported = [(row, name) for name, row in rows.items() if _imports(command, name)]
    row, name = max(imported, key=lambda one: _seconds(one[0], cpus), default=(probes()["starts"]["bare"], ""))
    return StartCost(_seconds(row, cpus), row.get("cpu", row["seconds"]), f"the import of {name}" if name else "")


def is_celery(entry: Entry) -> bool:
    """Whether a command is Celery's: ``celery ...`` or ``python -m celery ...``."""
    first = (entry.words[0].text or "").rsplit("/", 1)[-1] if entry.words else ""
    return first == "celery" or entry.name == "python -m celery"


def _imports(command: ProbeCommand, package: str) -> bool:
    entry = command.process.entry
    if package == "django" and entry.name.startswith("manage.py"):
        return True
    if command.program.is_known:
        return command.program.value.imports(package)
    code = _code(entry)
    if code is None:
        return False
    modules = [one.module for one in parse_python(code, Interest(frozenset())).imports]
    return any(module == package or module.startswith(f"{package}.") for module in modules)


def _code(entry: Entry) -> Source | None:
    """The text after ``python -c``."""
    if entry.name != "python -c":
        return None
    text = entry.words[0].text if entry.words else None
    return decode(entry.location.path, text.encode()) if text is not None else None


def _seconds(row: dict[str, Any], cpus: float) -> float:
    """Between one CPU and a quarter of one linearly; less than a quarter counts as a quarter, to stay a lower bound."""
    seconds: float = row["seconds"]
    slow: float = row.get("slow", seconds * _SLOWDOWN)
    share = min(max((1 - cpus) / (1 - _SLOW_CPUS), 0.0), 1.0)
    return seconds + (slow - seconds) * share
