"""Database migrations that every pod of a workload runs when it starts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.yaml import text
from k8slint.regex import regex
from k8slint.workload.artifacts import Artifacts
from k8slint.workload.knowledge import worker_rows
from k8slint.workload.process import Process
from k8slint.workload.start_up import runs_at_start
from k8slint.workload.workload import Role, Workload

_PYTHON = regex(r"(?:.*/)?(?:python|pypy)[\d.]*")
_OWN_CODE = regex(r"(?:^|/)(?:env\.py|management/commands/migrate\w*\.py)$")


class Migration(Struct, frozen=True):
    """``what`` migrates at ``location`` in every pod of ``workload``.

    ``only_creates`` tells that it creates the tables that are not there and changes none.
    """

    workload: Workload
    what: str
    location: Location
    only_creates: bool


class _Found(Struct, frozen=True):
    what: str
    location: Location
    only_creates: bool = False


def migration_calls() -> tuple[str, ...]:
    """The names of all calls that the model needs to see."""
    return tuple(worker_rows()["migrations"]["calls"])


def migrations(artifacts: Artifacts, workloads: tuple[Workload, ...]) -> Iterator[Migration]:
    """What migrates in each of several pods that may start at the same time, with nothing known that locks."""
    locked: bool | None = None
    for workload in workloads:
        if not _has_several_pods(workload) or not workload.processes.is_known or len(workload.processes.value) != 1:
            continue
        process = workload.processes.value[0]
        every = (*_commands(workload, process), *_calls(workload, process))
        if every and _is_in_a_file(workload, process):
            continue
        for found in every:
            if locked is None:
                locked = _is_locked(artifacts)
            if not locked and not _speaks_of_lock(process):
                yield Migration(workload, found.what, found.location, found.only_creates)


def _has_several_pods(workload: Workload) -> bool:
    """Whether several pods may start at once; those of a StatefulSet start one after another."""
    owner, replicas = workload.owner, workload.replica_range
    if owner is None or not replicas.is_known or replicas.value.most < 2 or workload.role is Role.SIDECAR:
        return False
    return owner.kind != "StatefulSet" or text(owner.root.get("spec", "podManagementPolicy")) == "Parallel"


def _is_in_a_file(workload: Workload, process: Process) -> bool:
    """Whether the database that the program speaks of is a file of its own pod."""
    program = workload.program(process)
    texts = [module.source.text.lower() for module in program.value.modules] if program.is_known else []
    servers = ("postgres", "mysql", "mariadb", "oracle", "mssql")
    return any("sqlite" in one for one in texts) and not any(name in one for one in texts for name in servers)


def _commands(workload: Workload, process: Process) -> Iterator[_Found]:
    for step in process.steps:
        for words, location in step.sure_commands:
            if what := _migrates(words):
                yield _Found(what, location)
    words = tuple(word.text or word.written for word in process.entry.words)
    is_last = not any(step.sure_commands for step in process.steps)
    if workload.role is Role.INIT and is_last and (what := _migrates(words)):
        yield _Found(what, process.entry.location)


def _migrates(words: tuple[str, ...]) -> str:
    """What to call a command line that migrates, "" for any other."""
    names = [word.rsplit("/", 1)[-1] for word in words]
    rows: list[dict[str, Any]] = worker_rows()["migrations"]["commands"]
    for row in rows:
        if row["program"] not in names or set(row["unless"]) & set(words):
            continue
        at = names.index(row["program"])
        if not all(_leads_on(words[:index]) for index in range(1, at + 1)):
            continue
        after = list(words[at + 1 :])
        for start, word in enumerate(after):
            if after[start : start + len(row["then"])] == row["then"]:
                return " ".join((row["program"], *row["then"]))
            if not word.startswith("-") and (not start or not after[start - 1].startswith("-")):
                break
    return ""


def _leads_on(words: tuple[str, ...]) -> bool:
    """Whether the last word may stand in front of the program: an interpreter, a launcher, an option, a variable."""
    last = words[-1]
    launchers = ("uv", "poetry", "pipenv", "pdm", "hatch", "run", "exec", "time", "timeout", "env")
    is_plain = last in launchers or _PYTHON.fullmatch(last) is not None or last.startswith("-") or "=" in last
    return is_plain or (len(words) > 1 and (words[-2].startswith("-") or words[-2] == "timeout"))


def _calls(workload: Workload, process: Process) -> Iterator[_Found]:
    program = workload.program(process)
    if not program.is_known:
        return
    rows = worker_rows()["migrations"]["calls"]
    for module, call in program.value.calls(*rows):
        row = rows.get(call.name) or rows["." + call.name.rpartition(".")[2]]
        first = str(call.args[0].value) if call.args else ""
        if first != row.get("argument", first) or first.rpartition(".")[2] != row.get(
            "handed", first.rpartition(".")[2]
        ):
            continue
        if runs_at_start(program.value, process, module, call):
            yield _Found(row["what"], call.location, row.get("creates", False))


def _is_locked(artifacts: Artifacts) -> bool:
    """Whether the code that runs the migrations speaks of a lock, or the project has a ``migrate`` of its own."""
    words = re.compile(worker_rows()["migrations"]["locked"])
    own = [path for path in sorted(artifacts.files) if _OWN_CODE.search(path)]
    return any("management" in path or words.search(artifacts.source(path).text) for path in own)


def _speaks_of_lock(process: Process) -> bool:
    words = re.compile(worker_rows()["migrations"]["locked"])
    return any(words.search(" ".join(ran)) for step in process.steps for ran, _ in step.commands)
