"""The environment variables that a program cannot start without, and that nobody sets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.python import EnvRead, PythonFile
from k8slint.regex import regex
from k8slint.workload.detail import in_full
from k8slint.workload.django import settings_module
from k8slint.workload.process import Process, StepKind
from k8slint.workload.program import Program
from k8slint.workload.start_up import function_runs_at_start
from k8slint.workload.workload import Workload

# Set by the container runtime, by official Python images, by Kubernetes for Services and by batch controllers.
_ALWAYS = regex(r"HOME|HOSTNAME|PATH|PWD|LANG|GPG_KEY|PYTHON_\w+|KUBERNETES_\w+|JOB_COMPLETION_INDEX")
_OF_SERVICE = regex(r"\w+_(SERVICE_(HOST|PORT)(_\w+)?|PORT(_\d+_(TCP|UDP)(_\w+)?)?)")
# Code that may set any variable: files of settings, updates of the whole environment, names that are computed.
_SETS_ANY = regex(
    r"environ\s*(?:\.update\b|\|=)|environ\s*=[^=]|\bputenv\b|dotenv|read_env|env_file|[\"'][\w./-]*\.env\b"
    r"|environ(?:\[|\.setdefault\()\s*(?![\s\"'])[^\]\n]*(?:\]\s*=[^=]|,)"
)
_KINDS = ("", "apps", "batch")
# Wrappers that are there to bring variables along, or may.
_BRINGS_VARIABLES = ("chamber", "uv", "pipenv", "pdm", "poetry", "hatch", "pixi", "conda", "micromamba", "honcho")
_FRAMEWORK = regex(r"torchrun|torch\.distributed|accelerate|deepspeed|horovod|mpirun|supervisord|honcho")


class RequiredVariable(Struct, frozen=True):
    """A variable that is read without a default as soon as the program starts; ``similar`` is one that is set."""

    name: str
    location: Location
    similar: str


def unset_variables(workload: Workload, process: Process) -> tuple[RequiredVariable, ...]:
    """Every variable that a process needs at its start and that certainly nobody sets, the first place of each."""
    program = workload.program(process)
    if not program.is_known or not _is_plain(workload, process):
        return ()
    found: dict[str, RequiredVariable] = {}
    unset: dict[str, bool] = {}
    for module, read in _reads_at_start(workload, program.value, process):
        if read.name not in unset:
            unset[read.name] = _is_unset(workload, program.value, process, read.name)
        if read.name not in found and unset[read.name] and _runs(program.value, process, module, read):
            found[read.name] = RequiredVariable(read.name, read.location, _similar(workload, read.name))
    return tuple(found.values())


def _is_plain(workload: Workload, process: Process) -> bool:
    """Whether nothing but the manifest, the image and scripts that were read sets variables for a process."""
    owner = workload.owner
    if owner is None or workload.container is None or owner.group not in _KINDS:
        return False
    wrappers = [step.name for step in process.steps if step.kind in (StepKind.WRAPPER, StepKind.PROGRAM)]
    words = " ".join(word.written for word in process.entry.words)
    brought = any(name in _BRINGS_VARIABLES for name in wrappers) and ("env" in words or "chamber" in wrappers)
    return not brought and not any(_FRAMEWORK.search(text) for text in (*wrappers, words))


def _reads_at_start(workload: Workload, program: Program, process: Process) -> Iterator[tuple[PythonFile, EnvRead]]:
    for module in _first_modules(workload, program, process):
        for read in module.env_reads:
            if read.required and program.counts(module, read.main_guard):
                yield module, read


def _runs(program: Program, process: Process, module: PythonFile, read: EnvRead) -> bool:
    if read.scope == "" or any(one.name == read.scope for one in module.classes):
        return True
    return function_runs_at_start(program, process, module, read.scope, read.location.line)


def _first_modules(workload: Workload, program: Program, process: Process) -> list[PythonFile]:
    """The modules that are loaded whatever happens, those of Django's settings included."""
    waiting = [program.entry]
    settings = settings_module(program, workload.environment, process)
    if settings.is_known and (file := program.find(settings.value)) is not None and _loads_settings(process):
        waiting.append(in_full(file))
    found: dict[str, PythonFile] = {}
    while waiting:
        module = waiting.pop(0)
        if module.path not in found:
            found[module.path] = module
            waiting.extend(program.imported_first(module))
    return list(found.values())


def _loads_settings(process: Process) -> bool:
    return process.entry.server in ("gunicorn", "uvicorn", "daphne", "hypercorn", "granian", "uwsgi")


def _is_unset(workload: Workload, program: Program, process: Process, name: str) -> bool:
    environment = workload.environment
    if _ALWAYS.fullmatch(name) or _OF_SERVICE.fullmatch(name) or environment.names(name, process):
        return False
    if not environment.get(name, process).is_absent or program.may_mention(name):
        return False
    sets = re.compile(rf"environ(?:\.setdefault\(|\[)\s*[\"']{re.escape(name)}[\"']\s*(?:\]\s*=[^=]|,)")
    defaults = re.compile(rf"\bEnv\([^)]*\b{re.escape(name)}\s*=")
    files = (*program.modules, *filter(None, (workload.settings(process),)))
    texts = [one.source.text for one in files]
    return not any(_SETS_ANY.search(text) or sets.search(text) or defaults.search(text) for text in texts)


def _similar(workload: Workload, name: str) -> str:
    """The variable that is set and whose name is closest, "" where none is close."""
    names = [one for one, value in workload.environment.variables().values.items() if value]
    written = [one.name for one in workload.container.env] if workload.container is not None else []
    return next(iter(get_close_matches(name, [*written, *names], 1, 0.7)), "")
