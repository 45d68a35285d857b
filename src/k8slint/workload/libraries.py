"""What the libraries of a program cost: memory when they are imported, threads of their own when they compute."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import cache, lru_cache

from msgspec import Struct

from k8slint.fact import Fact, Place, absent, known
from k8slint.location import Location
from k8slint.models.python import Import, PythonFile
from k8slint.workload.knowledge import library_rows
from k8slint.workload.process import Process
from k8slint.workload.program import Program, with_parents
from k8slint.workload.workload import Workload


@cache
def library_calls() -> tuple[str, ...]:
    """The names of all calls that the model needs to see."""
    return tuple(f"{package}.*" for package in library_rows()["threads"])


class Footprint(Struct, frozen=True):
    """Resident memory in MiB of one idle process, at least: ``share`` counts pages that workers share in part.

    ``name`` is what is imported; ``places`` are the imports.
    """

    name: str
    mib: float
    share: float
    places: tuple[Place, ...]


def footprint(program: Program, server: str) -> Fact[Footprint]:
    """The largest measured row that fits what the program imports when it starts; absent where none does."""
    imported: dict[str, Location] = {}
    for module in _loaded_at_start(program):
        for one in _at_start(module):
            for name in (one.module, *(f"{one.module}.{name}" for name, _ in one.names)):
                for part in with_parents(name):
                    imported.setdefault(part, one.location)
    rows = library_rows()
    best: Footprint | None = None
    for row in rows["memory"]:
        if row.get("server", server) != server or not all(name in imported for name in row["imports"]):
            continue
        if best is None or row["mib"] > best.mib:
            places = tuple(Place(imported[name], f"imports {name}") for name in row["imports"])
            best = Footprint(row["name"], row["mib"], row.get("share", row["mib"] * rows["share"]), places)
    return known(best) if best is not None else absent()


def master_mib(server: str, worker: Footprint) -> float:
    """What the process takes that watches the workers: gunicorn's imports nothing of the program, Celery's does."""
    return float(library_rows()["gunicorn_master_mib"]) if server == "gunicorn" else worker.mib


def _at_start(module: PythonFile) -> Iterator[Import]:
    """Imports that run whenever the module is loaded: not in a function, and under no condition."""
    for one in module.imports:
        if not one.scope and not one.type_checking and one.level == 0 and one.location.column == 1:
            yield one


@lru_cache(maxsize=1024)
def _loaded_at_start(program: Program) -> tuple[PythonFile, ...]:
    """The modules that the entry module loads before it does anything."""
    by_name: dict[str, list[tuple[str, PythonFile]]] = {}
    for module in program.modules:
        dotted = module.path.removesuffix(".py").removesuffix("/__init__")
        by_name.setdefault(posixpath.basename(dotted), []).append((f"/{dotted}", module))
    found = {program.entry.path: program.entry}
    waiting = [program.entry]
    while waiting:
        module = waiting.pop()
        for target in _targets(module):
            for dotted, other in by_name.get(posixpath.basename(target), ()):
                if other.path not in found and dotted.endswith(target):
                    found[other.path] = other
                    waiting.append(other)
    return tuple(found.values())


def _targets(module: PythonFile) -> Iterator[str]:
    """What a module imports when it is loaded, as the end of a path: relative imports as a whole one."""
    for one in module.imports:
        if one.scope or one.type_checking or one.location.column > 1:
            continue
        folder = posixpath.dirname(module.path) if one.level else ""
        for _ in range(one.level - 1):
            folder = posixpath.dirname(folder)
        start = posixpath.join("/", folder, one.module.replace(".", "/"))
        yield start
        for name, _ in one.names:
            yield posixpath.join(start, name)


class NativeThreads(Struct, frozen=True):
    """A library that starts one thread per processor of the node where it computes.

    ``computes`` is False where only calls are seen that do not use the threads. ``too_late`` is where the code sets a
    bound after the library has been loaded, which has no effect.
    """

    package: str
    what: str
    location: Location
    computes: bool
    variables: tuple[str, ...]
    too_late: Location | None


def unbounded_threads(workload: Workload, process: Process | None, program: Program) -> tuple[NativeThreads, ...]:
    """The libraries that the program computes with and that nothing bounds, nor may bound for all that is known."""
    found = []
    for package, row in library_rows()["threads"].items():
        calls = list(_calls(program, package))
        if not calls:
            continue
        computing = [at for name, at in calls if _computes(name, row.get("only", ()), row.get("weak", ()))]
        late = _too_late(program, package, tuple(row["variables"]))
        is_set = any(not workload.environment.get(name, process).is_absent for name in row["variables"])
        if is_set or _is_bounded(workload, process, program, (*row["words"], *(() if late else row["variables"]))):
            continue
        location = (computing or [calls[0][1]])[0]
        found.append(NativeThreads(package, row["what"], location, bool(computing), tuple(row["variables"]), late))
    return tuple(found)


def _calls(program: Program, package: str) -> Iterator[tuple[str, Location]]:
    """Calls of a package that a module imports, also of methods of its objects."""
    if not program.imports(package):
        return
    for module in program.modules:
        if any(one.module.partition(".")[0] == package and one.level == 0 for one in module.imports):
            for call in module.calls:
                if call.name.partition(".")[0] == package and program.counts(module, call.main_guard):
                    yield call.name, call.location


def _computes(name: str, only: list[str], weak: list[str]) -> bool:
    return name.startswith(tuple(only)) if only else not name.startswith(tuple(weak))


def _is_bounded(workload: Workload, process: Process | None, program: Program, words: tuple[str, ...]) -> bool:
    """Whether the code mentions a bound; one that it may not reach counts too."""
    settings = workload.settings(process) if process is not None else None
    texts = [module.source.text for module in program.modules] + ([settings.source.text] if settings else [])
    return any(program.may_mention(word) or any(word in text for text in texts) for word in words)


def _too_late(program: Program, package: str, variables: tuple[str, ...]) -> Location | None:
    """Where the only bound is set below the import of the library, at the top level of the same module."""
    late: Location | None = None
    for module in program.modules:
        text = module.source.text
        mentions = sum(len(re.findall(rf"\b{name}\b", text)) for name in variables if name in text)
        if not mentions:
            continue
        imports = [one.location.line for one in _at_start(module) if one.module.partition(".")[0] == package]
        sets = [
            one.location
            for one in module.assignments
            if one.target in [f"os.environ[{name}]" for name in variables]
            and not one.scope
            and one.location.column == 1
        ]
        if not imports or not sets or len(sets) != mentions or min(at.line for at in sets) < min(imports):
            return None
        late = sets[0]
    return late


def accelerator(workload: Workload) -> bool:
    """Whether the container asks for a GPU or its like: then what computes is seldom the processor."""
    names = library_rows()["gpu_resources"]
    return any(not workload.quantity("limits", name).is_absent for name in names if workload.container is not None)


def declared_threads(workload: Workload, process: Process | None, program: Program) -> Fact[int]:
    """OMP_NUM_THREADS where the program computes with a library that follows it."""
    for package, row in library_rows()["threads"].items():
        if "OMP_NUM_THREADS" not in row["variables"]:
            continue
        if any(_computes(name, row.get("only", ()), row.get("weak", ())) for name, _ in _calls(program, package)):
            found = workload.environment.get("OMP_NUM_THREADS", process)
            is_overruled = _is_bounded(workload, process, program, (*row["words"], *row["variables"]))
            if found.is_known and found.value.isdecimal() and not is_overruled:
                return known(int(found.value), *found.places)
    return absent()
