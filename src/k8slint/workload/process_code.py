"""What of the project's code the processes of a container run."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from k8slint.fact import Fact, known, unknown
from k8slint.models.manifest import Container
from k8slint.models.python import PythonFile
from k8slint.workload.artifacts import Artifacts
from k8slint.workload.celery_code import CeleryCode, celery_code
from k8slint.workload.image_files import Image, absolute, folders_in_repository, in_repository
from k8slint.workload.modules import Modules
from k8slint.workload.probe_commands import ProbeCommand, probe_commands
from k8slint.workload.process import Process
from k8slint.workload.program import Program, load_program
from k8slint.workload.shell_words import Variables
from k8slint.workload.surroundings import Surroundings


class ProcessCode:
    """Reads it for all containers of one project; each program once."""

    def __init__(self, artifacts: Artifacts, modules: Modules) -> None:
        self._artifacts = artifacts
        self._modules = modules
        self._programs: dict[tuple[str, tuple[str, ...], bool], Fact[Program]] = {}

    def celery(
        self, chain: Fact[tuple[Process, ...]], programs: tuple[tuple[str, Fact[Program]], ...]
    ) -> Iterator[tuple[Process, CeleryCode]]:
        """The Celery processes, each with the code of its app."""
        for process in chain.value if chain.is_known else ():
            if process.entry.server == "celery":
                path = process.entry.module.or_else("")
                yield process, celery_code(dict(programs).get(path, unknown("it was not found")), self._artifacts)

    def probes(
        self, container: Container | None, variables: Variables, cwd: str, around: Surroundings
    ) -> tuple[ProbeCommand, ...]:
        """The processes that the container's exec probes start, with their programs."""
        found = []
        for kind, process in probe_commands(container, variables, cwd, around):
            programs = dict(self.programs_of(known((process,)), around.image))
            module = process.entry.module.or_else("")
            found.append(ProbeCommand(kind, process, programs.get(module, unknown("no module of the project"))))
        return tuple(found)

    def settings(self, chain: Fact[tuple[Process, ...]], image: Image | None) -> Iterator[tuple[Process, PythonFile]]:
        """gunicorn's configuration file: what -c names, else gunicorn.conf.py in the working directory."""
        for process in chain.value if chain.is_known else ():
            if process.entry.server != "gunicorn" or image is None:
                continue
            option = process.entry.option("-c", "--config")
            name = option.text if option is not None else "gunicorn.conf.py"
            if name is None:
                continue
            if name.startswith("python:"):
                roots = folders_in_repository(image, process.entry.cwd)
                path = self._modules.find(name.removeprefix("python:"), roots)
            else:
                path = in_repository(image, absolute(name.removeprefix("file:"), process.entry.cwd))
            file = self._artifacts.python_in_full(path) if path is not None and path in self._artifacts.files else None
            if file is not None:
                yield process, file

    def programs_of(self, chain: Fact[tuple[Process, ...]], image: Image | None) -> Iterator[tuple[str, Fact[Program]]]:
        """The programs that processes start, by the paths of their modules; each module once."""
        seen = set()
        for process in chain.value if chain.is_known else ():
            entry = process.entry
            if not entry.is_python or not entry.module.is_known or entry.module.value in seen:
                continue
            seen.add(entry.module.value)
            roots: tuple[str, ...] = ("", "src")
            if image is not None:
                context = image.context
                roots = (*folders_in_repository(image, entry.cwd), context, posixpath.join(context, "src"))
            is_script = not entry.server or entry.server.startswith("manage.py")
            yield entry.module.value, self.program(entry.module.value, roots, is_script)

    def program(self, path: str, roots: tuple[str, ...], is_script: bool) -> Fact[Program]:
        """The program of a module, with what it imports from ``roots``; ``is_script``: it is run as ``__main__``."""
        key = (path, roots, is_script)
        if key not in self._programs:
            self._programs[key] = load_program(path, roots, self._artifacts, self._modules, is_script)
        return self._programs[key]
