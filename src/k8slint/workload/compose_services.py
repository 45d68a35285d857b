"""Compose services: which of them are deployed as they are written, and the container that one of them makes."""

from __future__ import annotations

import posixpath
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.location import Location
from k8slint.models.compose_settings import is_interpolated
from k8slint.models.container import Argument, Container
from k8slint.models.container_env import EnvFrom, EnvVar
from k8slint.models.project_path import project_path
from k8slint.models.yaml import Node, YamlMapping, YamlSequence, is_null
from k8slint.workload.artifacts import Artifacts
from k8slint.workload.build_names import HOLE, expand
from k8slint.workload.development_paths import is_development
from k8slint.workload.links import Links
from k8slint.workload.process import OnSigterm, Step, StepKind
from k8slint.workload.references import service_link

if TYPE_CHECKING:
    from k8slint.models.compose import ComposeFile, ComposeService

# What makes a container other than its image says.
_OF_CONTAINER = (
    "command",
    "entrypoint",
    "environment",
    "env_file",
    "working_dir",
    "user",
    "init",
    "stop_signal",
    "stop_grace_period",
)
# What starts a program over when its code changes.
_RELOADERS = ("--reload", "--autoreload", "--auto-reload", "--debug", "runserver", "watchmedo", "watchfiles", "debugpy")


def deployed_services(artifacts: Artifacts) -> Iterator[ComposeService]:
    """The services that stand for how a project runs: nothing but Compose does, and they are not for development.

    A project with pods or charts runs on these; its Compose file is a convenience, and so is one in the folder of a
    tool, such as ``.devcontainer``. Of a service that several files beside each other describe, or that extends another
    one, nobody can say which of them counts.
    """
    if any(one.pods for one in artifacts.objects) or artifacts.unread_templates:
        return
    named: dict[str, Counter[str]] = defaultdict(Counter)
    for file in artifacts.compose:
        named[posixpath.dirname(file.path)].update(service.name for service in file.services)
    for file in artifacts.compose:
        in_tool = any(folder.startswith(".") for folder in file.path.split("/")[:-1])
        if file.is_override or in_tool or is_development(file.path):
            continue
        for service in file.services:
            is_only = named[posixpath.dirname(file.path)][service.name] == 1
            if is_only and not service.settings.extends and not is_for_development(service, file, artifacts):
                yield service


def runs_image_as_it_is(service: ComposeService) -> bool:
    """Whether a service adds nothing to what its image says: then the image says it all."""
    return all(is_null(service.node.get(name)) for name in _OF_CONTAINER)


def is_for_development(service: ComposeService, file: ComposeFile, artifacts: Artifacts) -> bool:
    """Whether a service mounts source code over that of its image, reloads it, or runs only when it is asked for."""
    if service.settings.profiles or is_development(service.name) or is_development(service.target or ""):
        return True
    words = " ".join((*(service.entrypoint or ()), *(service.command or ()))).split()
    if any(word in _RELOADERS for word in words):
        return True
    folders = (project_path(posixpath.dirname(file.path), source) for source in service.settings.bind_mounts)
    return any(folder is not None and _holds_code(folder, artifacts) for folder in folders)


def _holds_code(folder: str, artifacts: Artifacts) -> bool:
    return any(not folder or path == folder or path.startswith(f"{folder}/") for path in artifacts.python_paths)


def services_by_stage(artifacts: Artifacts, links: Links) -> dict[Location, tuple[ComposeService, ...]]:
    """All services by FROM of the stage that builds their image, those for development too."""
    found: dict[Location, list[ComposeService]] = defaultdict(list)
    for file in artifacts.compose:
        for service in file.services:
            link = service_link(service, artifacts, links, file.path)
            if link.is_known:
                found[link.value.stage.from_.location].append(service)
    return {place: tuple(services) for place, services in found.items()}


def steps_before(service: ComposeService) -> tuple[Step, ...]:
    """What Compose starts in front of the command: ``init: true`` is Docker's tini."""
    init = service.settings.init
    if not init.or_else(False):
        return ()
    return (Step(StepKind.INIT, "docker-init", init.places[0].location, False, OnSigterm.FORWARDS),)


def container_of(service: ComposeService) -> Container:
    """The container that a service makes, as far as Compose and Kubernetes agree: command, environment, folder."""
    return Container(
        name=service.name,
        role="main",
        node=YamlMapping((), service.node.location),
        location=service.location,
        image=absent() if service.image is None else known(service.image),
        command=_words(service.node.get("entrypoint"), service.entrypoint, "entrypoint"),
        args=_words(service.node.get("command"), service.command, "command"),
        env=tuple(_variables(service.node.get("environment"))),
        env_from=tuple(EnvFrom("template", None, False, service.location) for _ in service.settings.env_files[:1]),
        working_dir=service.settings.working_dir,
        ports=(),
    )


def _words(node: Node | None, words: tuple[str, ...] | None, name: str) -> Fact[tuple[Argument, ...]]:
    if node is None or is_null(node):
        return absent()
    place = Place(node.location, f"{name} of the service")
    if not words:
        return unknown(f"{name} of the service is not a command that can be read", place)
    expanded = [expand(word.replace("$$", "\1"), {}).replace("\1", "$") for word in words]
    if any(HOLE in word for word in expanded):
        return unknown(f"{name} of the service is filled in later", place)
    items = node.items if isinstance(node, YamlSequence) else ()
    places = [item.location for item in items] if len(items) == len(words) else [node.location] * len(words)
    return known(tuple(map(Argument, expanded, places)), place)


def _variables(node: Node | None) -> Iterator[EnvVar]:
    if isinstance(node, YamlMapping):
        for entry in node.entries:
            written = None if is_null(entry.value) else getattr(entry.value, "text", None)
            yield _variable(entry.key.text, written, entry.key.location)
    for item in node.items if isinstance(node, YamlSequence) else ():
        name, assigned, value = str(getattr(item, "text", "")).partition("=")
        yield _variable(name, value if assigned else None, item.location)


def _variable(name: str, written: str | None, location: Location) -> EnvVar:
    """One variable; without a value it is that of whoever starts Compose."""
    place = Place(location, f"environment {name}")
    value: Fact[str] = unknown("it comes from whoever starts Compose", place)
    if written is not None and not is_interpolated(written):
        value = known(written.replace("$$", "$"), place)
    return EnvVar(name, value, location, "value" if written is not None else "valueFrom", None)
