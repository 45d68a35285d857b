"""Virtual environments that a build makes in one stage and runs in another."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.dockerfile import Copy, Dockerfile, Stage
from k8slint.regex import regex
from k8slint.workload.knowledge import normalise_image
from k8slint.workload.process import Process
from k8slint.workload.stages import BuildCommand, build_commands
from k8slint.workload.workload import Workload

_MAKES = regex(r"\b(venv|virtualenv|uv)\b")
_OFFICIAL = regex(r"^python:(\d+\.\d+)(?:[.\d]*)?(?:(?:a|b|rc)\d+)?(?:-([\w.-]+))?$")
_PATH = regex(r"\bPATH[= ][\"']?([^:\"'\s]+):")
_VARIABLE = regex(r"\$\{?(\w+)\}?")
_SHEBANG_FREE = regex(r"^(?:python|pypy)[\d.]*$")


class BrokenEnvironment(Struct, frozen=True):
    """Why a program of a copied environment cannot start; ``made`` is the command that made the environment."""

    why: str
    location: Location
    made: Location


def broken_environments(workload: Workload) -> Iterator[BrokenEnvironment]:
    """Those from which the container starts a program."""
    if not workload.link.is_known or workload.stage is None or not workload.processes.is_known:
        return
    dockerfile, final = workload.link.value.dockerfile, workload.link.value.stage
    for copy in final.copies:
        source = dockerfile.stage(copy.from_stage) if copy.from_stage is not None else None
        if source is None or len(copy.sources) != 1:
            continue
        for made, folder in _environments(dockerfile, source):
            target = _target(copy, folder)
            if target is not None:
                yield from _judged(workload, copy, (made, folder, target), source)


def _judged(
    workload: Workload, copy: Copy, environment: tuple[BuildCommand, str, str], source: Stage
) -> Iterator[BrokenEnvironment]:
    made, folder, target = environment
    final = workload.link.value.stage
    program = next((name for one in workload.python_processes if (name := _started(workload, one, target))), None)
    if program is None or any(target in run.value or "sed " in run.value for run in final.runs):
        return
    built, runs = _official(source), _official(final)
    if built is not None and runs is not None and built[0] != runs[0]:
        why = (
            f"it was made with Python {built[0]} and runs on {runs[0]}, which does not look into lib/python{built[0]}: "
            "every import of a package fails"
        )
        yield BrokenEnvironment(why, copy.location, made.location)
    elif target != folder and not _SHEBANG_FREE.match(posixpath.basename(program)):
        why = (
            f"the first line of {target}/bin/{posixpath.basename(program)} names {folder}/bin/python, which is not in "
            "this image: the start fails with 'no such file or directory'"
        )
        yield BrokenEnvironment(why, copy.location, made.location)


def _environments(dockerfile: Dockerfile, stage: Stage) -> Iterator[tuple[BuildCommand, str]]:
    """The environments that a stage, or one below it, makes, and where."""
    for one in stage.lineage:
        for command in build_commands(one, _MAKES):
            written = _made(command.words)
            if written and "$" not in written and (command.folder is not None or written.startswith("/")):
                yield command, posixpath.normpath(posixpath.join(command.folder or "/", written))


def _made(words: tuple[str, ...]) -> str:
    """The folder of the environment that a command makes, "" for any other, and where it can be moved."""
    name = posixpath.basename(words[0])
    rest = words[1:]
    if _SHEBANG_FREE.match(name) and rest[:2] in (("-m", "venv"), ("-m", "virtualenv")):
        rest = rest[2:]
    elif name == "uv" and rest[:1] == ("venv",):
        rest = rest[1:]
    elif name != "virtualenv":
        return ""
    if any(word.startswith("--relocatable") for word in words):
        return ""
    folders = [word for word in rest if not word.startswith("-") and not re.fullmatch(r"(python|pypy)?[\d.]+", word)]
    return folders[-1] if folders else ""


def _target(copy: Copy, folder: str) -> str | None:
    """Where a COPY puts the environment in ``folder``, None where it does not copy it, or not as a whole."""
    source = posixpath.normpath(copy.sources[0]) if copy.sources[0].startswith("/") else ""
    if not source or "$" in copy.destination or not (folder == source or folder.startswith(source.rstrip("/") + "/")):
        return None
    inside = posixpath.relpath(folder, source)
    return posixpath.normpath(posixpath.join(copy.destination, inside))


def _started(workload: Workload, process: Process, target: str) -> str | None:
    """The program of the environment in ``target`` that a process starts, None where it is not certain to be one."""
    word = process.entry.words[0].text if process.entry.words else None
    if not word:
        return None
    if "/" in word:
        path = posixpath.normpath(posixpath.join(process.entry.cwd, word))
        return path if path.startswith(f"{target}/bin/") else None
    return word if _first_on_path(workload.link.value.stage) == f"{target}/bin" else None


def _first_on_path(stage: Stage) -> str:
    """The folder that the stage puts before all others on the PATH, "" where it puts none or it is not known."""
    for one in reversed([found for below in stage.lineage for found in below.instructions if found.keyword == "ENV"]):
        match = _PATH.search(one.value)
        if match is not None:
            folder = _VARIABLE.sub(lambda name: _value(stage, name.group(1)), match.group(1))
            return "" if "$" in folder else posixpath.normpath(folder)
    return ""


def _value(stage: Stage, name: str) -> str:
    found = stage.env.get(name)
    return found.value.or_else("$") if found is not None else "$"


def _official(stage: Stage) -> tuple[str, str] | None:
    """The Python version and the variant of the official image that a stage is built on."""
    if not stage.base_image.is_known:
        return None
    match = _OFFICIAL.match(normalise_image(stage.base_image.value))
    return (match.group(1), match.group(2) or "") if match is not None else None
