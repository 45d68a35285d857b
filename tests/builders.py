"""Small projects made in a test, and what comes of them written on one line."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from textwrap import dedent, indent
from typing import Any

from k8slint.fact import Fact
from k8slint.project import FileText, Project
from k8slint.workload.process import Process
from k8slint.workload.workload import Workload

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
"""


def project(files: Mapping[str, str], name: str = "shop", calls: Collection[str] = ()) -> Project:
    """The project in a folder called ``name``; ``calls`` are those that its rules ask for."""
    found = {path: FileText(path, dedent(content).encode(), 0o644) for path, content in files.items()}
    return Project.from_files(found, frozenset(calls), name)


def workloads(files: Mapping[str, str], name: str = "shop", calls: Collection[str] = ()) -> tuple[Workload, ...]:
    return project(files, name, calls).workloads


def workload(files: Mapping[str, str], name: str = "shop", calls: Collection[str] = ()) -> Workload:
    """The only workload of a project."""
    (one,) = workloads(files, name, calls)
    return one


def image(dockerfile: str, files: Mapping[str, str] | None = None) -> Workload:
    """The workload of a Dockerfile with nothing deployed; ``files`` are what stands beside it."""
    return workload({"Dockerfile": dockerfile, **(files or {})})


def pod(fields: str, spec: str = "") -> str:
    """A pod of one container, ``web``, with the image ``shop`` unless ``fields`` name another."""
    fields = dedent(fields)
    if "image:" not in fields:
        fields = f"image: shop\n{fields}"
    return POD + indent(f"{fields}\n", "    ") + indent(dedent(spec), "  ")


def outline(process: Process) -> str:
    """The chain on one line, each step with what becomes of it: ``tini:forwards > run.sh:exec > app.py``."""
    steps = [f"{one.name}:{'exec' if one.replaced else one.on_sigterm.value}" for one in process.steps]
    return " > ".join([*steps, process.entry.name])


def chains(one: Workload) -> list[str]:
    """The outlines of all ways that the process may go."""
    return [outline(process) for process in one.processes.value]


def command_line(one: Workload) -> str:
    """The words of the program at the end of the only chain; ``?`` for a word that is not known."""
    (process,) = one.processes.value
    return " ".join("?" if word.text is None else word.text for word in process.entry.words)


def state(fact: Fact[Any]) -> str:
    """``known``, ``absent`` or ``unknown``."""
    return fact.state.value
