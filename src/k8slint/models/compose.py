"""Compose files: which images the project builds from which Dockerfiles, and how it starts them."""

from __future__ import annotations

import posixpath
import re
import shlex

from msgspec import Struct
from msgspec.structs import replace

from k8slint.location import Location, Notice, NoticeLevel
from k8slint.models.compose_settings import ComposeSettings, read_settings
from k8slint.models.project_path import project_path
from k8slint.models.source import Source
from k8slint.models.yaml import (
    Entry,
    Node,
    Scalar,
    YamlMapping,
    YamlSequence,
    as_bool,
    is_null,
    load_documents,
    strings,
    text,
)
from k8slint.regex import regex

_FILE_NAME = regex(r"(?:docker-)?compose.*\.ya?ml", re.IGNORECASE)
_DEFAULT = regex(r"\$\{\w+:?-([^${}]*)\}")
_SERVICES = regex(r"^[\"']?services[\"']?[ \t]*:", re.MULTILINE)


class ComposeService(Struct, frozen=True):
    """One service of a Compose file.

    Values keep ``${X}`` as written. ``context`` (a folder, "" for the root) and ``dockerfile`` are paths from the
    project's root; None where nothing is built, where it is built from outside the project, and where ``${X}`` decides.
    ``command`` and ``entrypoint`` are None where the image's own stays, and where they cannot be split into words.
    A variable of ``environment`` without a value is None. ``location`` is the place of the service's name, ``node``
    what is written of it.
    """

    name: str
    image: str | None
    context: str | None
    dockerfile: str | None
    target: str | None
    command: tuple[str, ...] | None
    entrypoint: tuple[str, ...] | None
    environment: dict[str, str | None]
    init: bool
    location: Location
    node: YamlMapping
    settings: ComposeSettings
    is_awaited: bool = False
    """Whether other services wait until it has ended: it is a job."""


class ComposeFile(Struct, frozen=True):
    """A Compose file, and what of it could not be read."""

    path: str
    services: tuple[ComposeService, ...]
    notices: tuple[Notice, ...] = ()

    @property
    def is_override(self) -> bool:
        """Whether Compose reads it on top of the plain file beside it: what it says is for the developer's machine."""
        return ".override." in posixpath.basename(self.path)


def parse_compose(source: Source) -> ComposeFile | None:
    """The Compose file that ``source`` is; None where it is none.

    One is told by its name (``compose*.yaml``, ``docker-compose*.yml``), or by a map of services of which one has an
    image or a build.
    """
    is_named = _FILE_NAME.fullmatch(posixpath.basename(source.path)) is not None
    if not is_named and _SERVICES.search(source.text) is None:
        return None
    documents, problems = load_documents(source)
    # Nothing in a Compose file is linted: it only tells which image is built from what.
    notices = [replace(problem, level=NoticeLevel.NOTE) for problem in problems]
    root = documents[0].root if documents else None
    if not isinstance(root, YamlMapping):
        return ComposeFile(source.path, (), tuple(notices)) if is_named and notices else None
    services = root.get("services")
    entries = services.entries if isinstance(services, YamlMapping) else ()
    if root.entry("apiVersion") is not None or not (is_named or any(_is_service(entry.value) for entry in entries)):
        return None
    folder = posixpath.dirname(source.path)
    found = tuple(_service(entry, entry.value, folder) for entry in entries if isinstance(entry.value, YamlMapping))
    awaited = {name for one in found for name in _awaited(one.node.get("depends_on"))}
    found = tuple(replace(one, is_awaited=one.name in awaited) for one in found)
    return ComposeFile(source.path, found, tuple(notices))


def _awaited(depends_on: Node | None) -> tuple[str, ...]:
    """The services of ``depends_on`` that have to end before.

    https://docs.docker.com/reference/compose-file/services/#depends_on
    """
    entries = depends_on.entries if isinstance(depends_on, YamlMapping) else ()
    return tuple(
        one.key.text
        for one in entries
        if isinstance(one.value, YamlMapping) and text(one.value.get("condition")) == "service_completed_successfully"
    )


def _is_service(node: Node) -> bool:
    return isinstance(node, YamlMapping) and (node.entry("image") is not None or node.entry("build") is not None)


def _service(entry: Entry, node: YamlMapping, folder: str) -> ComposeService:
    context, dockerfile, target = _build(node.get("build"), folder)
    return ComposeService(
        name=entry.key.text,
        image=text(node.get("image")),
        context=context,
        dockerfile=dockerfile,
        target=target,
        command=_words(node.get("command")),
        entrypoint=_words(node.get("entrypoint")),
        environment=_environment(node.get("environment")),
        init=as_bool(node.get("init")) is True,
        location=entry.key.location,
        node=node,
        settings=read_settings(node),
    )


def _build(build: Node | None, folder: str) -> tuple[str | None, str | None, str | None]:
    """Context, Dockerfile and target of ``build``, which is the context or a mapping."""
    if is_null(build):
        return None, None, None
    if isinstance(build, Scalar):
        context = project_path(folder, _by_default(build.text))
        return context, None if context is None else posixpath.join(context, "Dockerfile"), None
    if not isinstance(build, YamlMapping):
        return None, None, None
    context = project_path(folder, _by_default(text(build.get("context")) or "."))
    dockerfile = None
    if context is not None and build.entry("dockerfile_inline") is None:
        dockerfile = project_path(context, _by_default(text(build.get("dockerfile")) or "Dockerfile"))
    return context, dockerfile, text(build.get("target"))


def _by_default(path: str) -> str:
    """A path with what Compose puts in for variables that are not set: ``Dockerfile-${OS:-debian}``."""
    return _DEFAULT.sub(lambda found: found[1], path)


def _words(node: Node | None) -> tuple[str, ...] | None:
    """A command: a list as it is, a string split into words as Compose does it, without a shell."""
    if isinstance(node, YamlSequence):
        return strings(node)
    written = text(node)
    if written is None:
        return None
    try:
        return tuple(shlex.split(written))
    except ValueError:
        return None


def _environment(node: Node | None) -> dict[str, str | None]:
    if isinstance(node, YamlMapping):
        return {key: text(value) for key, value in node.items()}
    found: dict[str, str | None] = {}
    for written in strings(node) or ():
        name, assigned, value = written.partition("=")
        found[name] = value if assigned else None
    return found
