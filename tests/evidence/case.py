"""One claim as a small repository: what k8slint says about it, and the outcome that this predicts."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from textwrap import dedent

from evidence.sandbox import Box, Running, reason_not_to_run, started
from k8slint import Finding, Workload, engine, plugins, read_only_root
from k8slint.models.yaml import YamlMapping, YamlSequence, text
from k8slint.project import FileText, Project
from k8slint.report import LoadedRule
from k8slint.workload.launch import launch

SHORTENED = 2
"""Seconds of the longest grace period here: the 30 of a manifest that sets none are shortened to it."""
SHELLS = {"busybox": "/usr/bin/busybox", "bash": "/usr/bin/bash", "dash": "/usr/bin/dash"}
VARIABLES = ("PYTHONUNBUFFERED", "WEB_CONCURRENCY", "DUMB_INIT_SETSID", "TINI_KILL_PROCESS_GROUP", "TMPDIR")


@dataclass(frozen=True, slots=True)
class Promise:
    """A finding of ``rule`` whose message matches ``words`` says that ``outcome`` will happen.

    ``words`` is a regular expression; ``outcome`` may refer to its groups.
    """

    rule: str
    words: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a group of cases: the rules that answer it, and how it is seen what happens.

    ``silence`` is what is promised where none of the rules finds anything.
    """

    name: str
    promises: tuple[Promise, ...]
    silence: str
    observe: Callable[[Running, Workload], str]


@dataclass(frozen=True, slots=True)
class Case:
    """``says`` are the findings, as "rule file"; ``tools`` the programs and ``modules`` the packages that it needs."""

    name: str
    question: Question
    files: Mapping[str, str]
    says: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    limited: bool = False


@lru_cache(maxsize=1)
def rules() -> tuple[LoadedRule, ...]:
    return plugins.load()


def files(case: Case) -> dict[str, FileText]:
    return {
        path: FileText(path, dedent(content).encode(), 0o755 if content.startswith("#!") else 0o644)
        for path, content in case.files.items()
    }


def project(case: Case) -> Project:
    return Project.from_files(files(case), engine.interest(rules()), "shop")


def findings(case: Case) -> tuple[Finding, ...]:
    """What the rules of the case's question find."""
    loaded, asked = rules(), {promise.rule for promise in case.question.promises}
    report = engine.run(project(case), loaded, known=frozenset(one.rule.id for one in loaded))
    return tuple(finding for finding in report.findings if finding.rule.id in asked)


def verdict(case: Case) -> tuple[str, ...]:
    return tuple(f"{finding.rule.id} {finding.location.path}" for finding in findings(case))


def predicted(case: Case) -> str:
    """The outcome that the messages promise, the first promise first. Raises ``LookupError`` for an unknown message."""
    found = findings(case)
    if not found:
        return case.question.silence
    for promise in case.question.promises:
        messages = (finding.message for finding in found if finding.rule.id == promise.rule)
        if match := next(filter(None, (re.search(promise.words, message) for message in messages)), None):
            return match.expand(promise.outcome)
    raise LookupError(f"{case.name}: no outcome is known for {[finding.message for finding in found]}")


def happened(case: Case, folder: Path) -> str:
    """Run the case's container as k8slint's model of the workload says it starts, and see what happens."""
    for path, content in case.files.items():
        (folder / path).write_text(dedent(content))
        (folder / path).chmod(0o755 if content.startswith("#!") else 0o644)
    (workload,) = project(case).workloads
    with started(_box(workload, folder)) as running:
        outcome = case.question.observe(running, workload)
    return outcome


def grace(workload: Workload) -> float:
    return min(workload.grace_seconds.or_else(30), SHORTENED)


def _box(workload: Workload, folder: Path) -> Box:
    words = launch(workload.stage, workload.base, workload.container).value.words
    argv = tuple(word.text for word in words if word.text is not None)
    assert len(argv) == len(words), "the command line is not known"
    environment = {}
    for name in VARIABLES:
        setting = workload.environment.get(name, None)
        if setting.is_known:
            environment[name] = setting.value
    cpu, memory = workload.quantity("limits", "cpu"), workload.quantity("limits", "memory")
    return Box(
        argv,
        folder,
        environment,
        SHELLS[workload.shell or "dash"],
        workload.shares_process_namespace,
        read_only_root(workload).or_else(False),
        "/tmp" in _mounts(workload),
        float(cpu.value.value) if cpu.is_known else None,
        int(memory.value.value) if memory.is_known else None,
    )


def _mounts(workload: Workload) -> set[str | None]:
    mounts = workload.container.get("volumeMounts") if workload.container is not None else None
    items = mounts.items if isinstance(mounts, YamlSequence) else ()
    return {text(item.get("mountPath")) for item in items if isinstance(item, YamlMapping)}


def reason_to_skip(case: Case) -> str | None:
    """Why a case cannot run here, in words; None where it can."""
    from importlib.util import find_spec
    from shutil import which

    from evidence.groups import reason_not_to_limit

    if reason := reason_not_to_run() or (reason_not_to_limit() if case.limited else None):
        return reason
    if case.limited and (os.cpu_count() or 1) < 2:
        return "needs two processors"
    absent = [name for name in case.tools if which(name) is None]
    absent += [name for name in case.modules if find_spec(name) is None]
    return f"not installed: {', '.join(absent)}" if absent else None
