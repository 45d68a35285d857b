"""Whether a server replaces its workers after some work, which is the only sure way to give their memory back."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from msgspec import Struct

from k8slint.fact import Place
from k8slint.location import Location
from k8slint.models.python import PythonFile
from k8slint.workload.celery import CeleryProcess, celery_processes
from k8slint.workload.concurrency import concurrency
from k8slint.workload.gunicorn import gunicorn_settings
from k8slint.workload.knowledge import library_rows
from k8slint.workload.operations import as_integer
from k8slint.workload.process import Process, Word
from k8slint.workload.program import Program
from k8slint.workload.values import whole
from k8slint.workload.workload import Workload

_LIMITS = ("worker_max_tasks_per_child", "worker_max_memory_per_child")


class Replaced(Enum):
    """When a server replaces its workers."""

    NEVER = "never"
    EVERY_TASK = "after every task"
    WITH_CONTAINER = "by ending the container"


class Recycling(Struct, frozen=True):
    """``workers`` by their name, and when they are replaced; ``location`` is the setting, else the start.

    ``written`` is the setting as far as there is one. ``heavy`` is the import of a library that makes and drops large
    amounts of memory, and ``program`` what was read of the program.
    """

    replaced: Replaced
    workers: str
    written: str
    heavy: Place | None
    location: Location
    program: Program | None
    last_word: Word | None = None
    """The word that the command ends with, behind which an option could be added."""


def recycling(workload: Workload) -> Iterator[Recycling]:
    """The servers whose workers are replaced never, or at the wrong time; none where that is not known."""
    for process in workload.python_processes:
        program = workload.program(process)
        read = program.value if program.is_known else None
        if process.entry.server == "gunicorn":
            yield from _of_gunicorn(workload, process, read)
        elif process.entry.server == "uvicorn":
            yield from _of_uvicorn(workload, process, read)
    for celery in celery_processes(workload):
        yield from _of_celery(celery)


def _of_gunicorn(workload: Workload, process: Process, program: Program | None) -> Iterator[Recycling]:
    settings = gunicorn_settings(workload, process)
    limit = settings.get("max_requests", "--max-requests")
    if limit.is_absent or whole(limit).or_else(1) == 0:
        modules = program.modules if program is not None else ()
        yield Recycling(
            Replaced.NEVER,
            "gunicorn workers",
            "",
            _heavy(modules),
            process.entry.location,
            program,
            process.entry.last_word,
        )


def _of_uvicorn(workload: Workload, process: Process, program: Program | None) -> Iterator[Recycling]:
    option = process.entry.option("--limit-max-requests")
    count = as_integer(option.text) if option is not None else None
    shared = concurrency(workload, process)
    if option is not None and count and shared.is_known and shared.value.workers == 1:
        written = f"--limit-max-requests {count}"
        yield Recycling(Replaced.WITH_CONTAINER, "uvicorn", written, None, option.location, program)


def _of_celery(celery: CeleryProcess) -> Iterator[Recycling]:
    pool = celery.setting("worker_pool", only_named=True)
    if celery.command != "worker" or not (pool.is_absent or pool.or_else("") == "prefork"):
        return
    tasks, memory = (celery.setting(name, only_named=True) for name in _LIMITS)
    start = celery.process.entry.location
    if tasks.is_absent and memory.is_absent:
        heavy = _heavy(celery.code.modules)
        last = celery.process.entry.last_word
        yield Recycling(Replaced.NEVER, "Celery's pool processes", "", heavy, start, None, last)
    kib = as_integer(memory.value) if memory.is_known else None
    if kib and kib < library_rows()["retains"]["celery_child_mib"] * 1024 * 3 // 4:
        at = memory.places[0].location if memory.places else start
        yield Recycling(Replaced.EVERY_TASK, "Celery's pool processes", str(kib), None, at, None)


def _heavy(modules: tuple[PythonFile, ...]) -> Place | None:
    names = library_rows()["retains"]["imports"]
    for module in modules:
        for one in module.imports:
            package = one.module.partition(".")[0]
            if package in names and one.level == 0 and not one.type_checking:
                return Place(one.location, f"imports {package}")
    return None


def tunes_allocator(workload: Workload) -> bool:
    """Whether the environment names another memory allocator, or may."""
    names = library_rows()["retains"]["allocators"]
    return any(not workload.environment.get(name).is_absent for name in names)
