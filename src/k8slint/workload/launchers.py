"""Launchers that keep the stop signal from the program, and servers that leave the process that started them."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.workload.gunicorn import gunicorn_settings
from k8slint.workload.knowledge import programs, stopping
from k8slint.workload.process import OnSigterm, Process, Step, StepKind
from k8slint.workload.recognise import background
from k8slint.workload.workload import Workload


class Launcher(Struct, frozen=True):
    """``step`` stays in front of the program and does not pass SIGTERM on; ``program`` is what that does to it.

    ``instead`` is what to use in its place, "" where the program is to be started by itself.
    """

    step: Step
    program: str
    instead: str


class Daemon(Struct, frozen=True):
    """``name`` goes on in the background, by what is written at ``location``."""

    name: str
    written: str
    location: Location


def deaf_launcher(workload: Workload, process: Process) -> Launcher | None:
    """The first launcher that keeps SIGTERM from a Python program; None where a shell in front does, or nothing.

    A program that is not known counts as Python's where the image is.
    """
    step = process.blocker
    if not (process.entry.is_python or workload.python.or_else(False)):
        return None
    if step is None or step.kind is not StepKind.WRAPPER or step.on_sigterm is not OnSigterm.DROPS:
        return None
    row = programs()["wrappers"].get(step.name, {})
    return Launcher(step, row["program"], row.get("instead", "")) if "program" in row else None


def daemons(workload: Workload) -> Iterator[Daemon]:
    """The servers that make daemons of themselves, where the container ends with what started them."""
    for process in workload.processes.or_else(()):
        row = stopping()["daemons"].get(process.entry.server)
        # An init or a shell that stays ends with its child; a supervisor may not.
        if row is None or process.runs_beside_others:
            continue
        found = _written(workload, process, row)
        if found is not None:
            yield found


def _written(workload: Workload, process: Process, row: dict[str, object]) -> Daemon | None:
    entry = process.entry
    by_words = background(entry.server, entry.words)
    if by_words is not None:
        return Daemon(entry.name, by_words[1], by_words[0].location)
    if entry.server == "gunicorn":
        setting = gunicorn_settings(workload, process).get(str(row["setting"]))
        if setting.is_known and setting.value is True and setting.places:
            return Daemon(entry.name, f"{row['setting']} = True", setting.places[0].location)
    return None
