"""Packages that come without bytecode into an image that cannot keep any."""

from __future__ import annotations

from msgspec import Struct

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.regex import regex
from k8slint.workload.installs import Install
from k8slint.workload.knowledge import library_rows
from k8slint.workload.mounts import read_only_root
from k8slint.workload.process import Process
from k8slint.workload.program import Program
from k8slint.workload.workload import Workload

_COMPILES = regex(r"\bcompileall\b|\bpy_compile\b|--compile(?:-bytecode)?\b|\.sh\b|\bmake\b")


class Recompiled(Struct, frozen=True):
    """What a start compiles anew: importing ``package`` takes ``slow`` seconds instead of ``fast`` on one CPU."""

    package: str
    fast: float
    slow: float
    install: Install
    because: Place


def recompiled(workload: Workload) -> Fact[Recompiled]:
    """Known where each start compiles a large package anew; absent where it need not."""
    installs = [one for one in workload.installs if _leaves_sources(one)]
    if not installs or workload.stage is None or len(installs) != len(workload.installs):
        return absent()
    texts = [" ".join((run.value, *run.heredocs)) for run in workload.stage.runs]
    texts.extend(one.command.run.value for one in installs)
    if any(_COMPILES.search(text) for text in texts):
        return absent()
    for process, program in workload.programs():
        package = _largest(program)
        if process is None or not package:
            continue
        because = _cannot_keep(workload, process)
        if because is not None:
            row = library_rows()["bytecode"][package]
            return known(Recompiled(package, row["with"], row["without"], installs[-1], because))
    return unknown("whether the bytecode can be kept is not known")


def _leaves_sources(install: Install) -> bool:
    """Whether an install writes no bytecode: uv does so only when told to, pip always unless told not to."""
    if install.tool == "pip":
        return install.has("--no-compile")
    is_uv = install.tool in ("uv sync", "uv pip")
    return is_uv and not install.has("--compile-bytecode", "--compile") and _is_off(install)


def _is_off(install: Install) -> bool:
    told = install.variable("UV_COMPILE_BYTECODE")
    return told.is_absent or (told.is_known and told.value.lower() in ("", "0", "false", "no", "off"))


def _largest(program: Program) -> str:
    rows = library_rows()["bytecode"]
    fits = [name for name in rows if program.imports(name)]
    return max(fits, key=lambda name: float(rows[name]["without"]), default="")


def _cannot_keep(workload: Workload, process: Process) -> Place | None:
    """What keeps the interpreter from writing bytecode, None where nothing does or it is not known."""
    prefix = workload.environment.get("PYTHONPYCACHEPREFIX", process)
    if not prefix.is_absent:
        return None
    told = workload.environment.get("PYTHONDONTWRITEBYTECODE", process)
    if told.is_known and told.value and told.places and not process.entry.ignores_environment:
        return told.places[0]
    root = read_only_root(workload)
    return root.places[0] if root.is_known and root.value and root.places else None
