"""How many processes a container's program starts to share its work, and where that number is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.location import Location
from k8slint.models.python import Call, PythonFile
from k8slint.workload.gunicorn import gunicorn_settings
from k8slint.workload.knowledge import concurrency_rows
from k8slint.workload.options import argument
from k8slint.workload.process import Entry, Process
from k8slint.workload.program import Program
from k8slint.workload.values import NODE, Lookup, number, value, whole
from k8slint.workload.workload import Workload


class Concurrency(Struct, frozen=True):
    """Processes that share the work of one container.

    ``workers`` is None where it follows the processors of the node. ``what`` is what to call them ("gunicorn workers").
    ``has_master`` tells of one more process that only watches, ``waits`` that each worker has an event loop or
    threads, so that it waits more than it computes. ``preload`` is None where it is not known whether they share the
    pages of what is imported. ``location`` is where a person would change the number, None for a default.
    """

    workers: int | None
    what: str
    has_master: bool = False
    waits: bool = False
    preload: bool | None = False
    location: Location | None = None
    places: tuple[Place, ...] = ()


@cache
def concurrency_calls() -> tuple[str, ...]:
    """The names of all calls that the model needs to see."""
    return (*concurrency_rows()["calls"], *concurrency_rows()["pools"])


def concurrency(workload: Workload, process: Process | None, program: Program | None = None) -> Fact[Concurrency]:
    """The processes that ``process`` starts; absent for a program that is one process and declares no others."""
    found = serving(workload, process, program)
    if program is not None and (found.is_absent or (found.is_known and found.value.workers == 1)):
        pools = _pools(program, lambda name: workload.environment.get(name, process))
        pool = max(pools, key=lambda one: one.workers or 0, default=None)
        return known(pool) if pool is not None else found
    return found


def serving(workload: Workload, process: Process | None, program: Program | None = None) -> Fact[Concurrency]:
    """As ``concurrency``, without the pools that the program makes itself."""

    def variable(name: str) -> Fact[str]:
        return workload.environment.get(name, process)

    found: Fact[Concurrency] = absent()
    if process is not None and process.entry.server:
        found = _of_server(workload, process, variable)
        if not found.is_known:
            return found
    elif process is not None and not process.entry.module.is_known:
        return unknown("the program is not in the repository")
    return _of_calls(program, variable) if program is not None and found.is_absent else found


def _of_server(workload: Workload, process: Process, variable: Lookup) -> Fact[Concurrency]:
    entry = process.entry
    row = concurrency_rows()["servers"].get(entry.server)
    if entry.server.startswith("manage.py") or entry.server in ("flask", "http.server"):
        return absent()
    if row is None:
        return unknown(f"how many processes {entry.server} starts is not known")
    texts = [word.text for word in entry.words]
    has_master = row.get("master", False) or any(option in texts for option in row.get("master_with", ()))
    base = Concurrency(1, f"{entry.server} workers", has_master, row.get("waits", False))
    if entry.server == "celery":
        if "worker" not in texts:
            return absent()
        return _of_celery(workload, entry, row, base, variable)
    if any(option in texts for option in row.get("one_with", ())):
        return known(base)
    if any(option in texts for option in row.get("unless", ())):
        return unknown("a file or an option decides on the number")
    if entry.server == "gunicorn":
        return _of_gunicorn(workload, process, row, base, variable)
    return _number(entry, row, variable, base)


def _of_celery(
    workload: Workload, entry: Entry, row: Mapping[str, Any], base: Concurrency, variable: Lookup
) -> Fact[Concurrency]:
    pool = entry.option("-P", "--pool")
    if pool is not None and pool.text in concurrency_rows()["celery_pools_without_processes"]:
        return known(replace(base, has_master=False, waits=True))
    if entry.option(*row["unless"]) is not None or (pool is not None and pool.text not in ("prefork", "processes")):
        return unknown("the pool grows and shrinks, or is not known")
    found = _number(entry, row, variable, replace(base, what="celery pool processes", preload=True))
    programs = [program for _, program in workload.programs()]
    is_default = found.is_known and found.value.workers is None
    if is_default and not (programs and all(_sets_nothing(one) for one in programs)):
        return unknown("the settings of the application may give the number")
    return found


def _sets_nothing(program: Program) -> bool:
    words = ("worker_concurrency", "WORKER_CONCURRENCY", "CELERYD_CONCURRENCY")
    texts = [module.source.text for module in program.modules]
    return program.complete and not any(word in text for word in words for text in texts)


def _of_gunicorn(
    workload: Workload, process: Process, row: Mapping[str, Any], base: Concurrency, variable: Lookup
) -> Fact[Concurrency]:
    settings = gunicorn_settings(workload, process)
    kind = settings.get("worker_class", "-k", "--worker-class")
    threads = whole(settings.get("threads", "--threads"))
    has_loop = not kind.is_absent and _is_one_of(kind, concurrency_rows()["gunicorn_classes_that_wait"])
    has_threads = settings.get("threads", "--threads").is_known and threads.or_else(2) > 1
    preload = settings.flag("preload_app", "--preload")
    base = replace(base, waits=has_loop or has_threads, preload=None if preload.is_unknown else preload.or_else(False))
    count = settings.get("workers", *row["options"])
    return _variables(row, variable, base) if count.is_absent else _counted(count, base)


def _is_one_of(kind: Fact[object], words: list[str]) -> bool:
    """Whether a class of workers is, or may be, one of these."""
    return not kind.is_known or any(word in str(kind.value) for word in words)


def _number(entry: Entry, row: Mapping[str, Any], variable: Lookup, base: Concurrency) -> Fact[Concurrency]:
    """The number by option, else by variable, else the default."""
    found = argument(entry, tuple(row["options"]), variable)
    return _variables(row, variable, base) if found.is_absent else _counted(found, base)


def _variables(row: Mapping[str, Any], variable: Lookup, base: Concurrency) -> Fact[Concurrency]:
    for name in row["variables"]:
        found = variable(name)
        if found.is_unknown:
            return unknown(found.reason)
        if found.is_known:
            return _counted(known(found.value, *found.places), base)
    default = row.get("default", 1)
    return known(replace(base, workers=None if default == "node" else default))


def _counted(found: Fact[object], base: Concurrency) -> Fact[Concurrency]:
    count = whole(found)
    if not count.is_known:
        is_node = found.reason == NODE
        return known(replace(base, workers=None)) if is_node else unknown(found.reason or count.reason)
    at = found.places[0].location if found.places else None
    return known(replace(base, workers=count.value, location=at, places=found.places))


def _of_calls(program: Program, variable: Lookup) -> Fact[Concurrency]:
    rows = concurrency_rows()["calls"]
    found = [_of_call(rows[call.name], module, call, variable) for module, call in program.calls(*rows)]
    if len(found) == 1:
        return found[0]
    return absent() if not found else unknown("the program calls more than one server")


def _of_call(row: Mapping[str, Any], module: PythonFile, call: Call, variable: Lookup) -> Fact[Concurrency]:
    base = Concurrency(1, row["what"], waits=row.get("waits", False))
    given = call.keyword(row["keyword"])
    first = module.resolve(call.args[0], call.scope) if call.args else call.keyword("app")
    if row.get("needs_text") and (first is None or first.kind not in ("const", "fstring")):
        return known(base)
    if any(call.keyword(name) is not None for name in (*row.get("one_with", ()), "**")):
        return unknown("other arguments of the call may decide on the number")
    if given is None:
        return _variables(row, variable, base)
    found = value(module, given, call.scope, variable)
    return _counted(
        known(found.value, *found.places, Place(call.location, call.name)) if found.is_known else found, base
    )


def _pools(program: Program, variable: Lookup) -> Iterator[Concurrency]:
    """Pools whose size is known, in functions that are used."""
    rows = concurrency_rows()["pools"]
    for module, call in program.calls(*rows):
        size = call.keyword(rows[call.name]["keyword"]) or (call.args[0] if call.args else None)
        function = call.scope.rsplit(".", 1)[-1]
        if size is None or (function and not program.uses(function)):
            continue
        count = number(module, size, call.scope, variable)
        if count.is_known and count.value > 1:
            what = f"processes of {call.name.rsplit('.', 1)[-1]}"
            places = (*count.places, Place(call.location, call.name))
            yield Concurrency(count.value, what, preload=True, location=places[0].location, places=places)
