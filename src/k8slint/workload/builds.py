"""The builds that a repository's tools describe: which image is made from which Dockerfile."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.bake import is_bake_file, parse_bake
from k8slint.models.makefile import is_makefile, parse_makefile
from k8slint.models.prose import commented_code, markdown_code
from k8slint.models.tiltfile import is_tiltfile, parse_tiltfile
from k8slint.rule import Confidence
from k8slint.workload.artifacts import Artifacts
from k8slint.workload.build_names import HOLE, expand, folder_of, image_name
from k8slint.workload.builds_commands import BuildCommand, commands_of_script, commands_of_text, mentions_build
from k8slint.workload.knowledge import common_words
from k8slint.workload.written_dockerfiles import original


class Build(Struct, frozen=True):
    """One build. ``image`` is the repository as far as it is written, "" where its name is not known.

    ``whole`` tells whether nothing of the repository is missing, such as the registry. ``confidence`` is high where
    all is literal in a tool's own file, medium with variables, low where people are told what to type.
    """

    image: str
    tag: str
    dockerfile: str
    context: str
    target: str | None
    reason: str
    location: Location
    confidence: Confidence
    whole: bool = True

    @property
    def file(self) -> str:
        """The file that describes the build."""
        return self.location.path


def builds_of(artifacts: Artifacts) -> Iterator[Build]:
    """All builds, those of the most telling tools first; only of Dockerfiles that are there, except skaffold's."""
    yield from _of_skaffold(artifacts)
    yield from _of_compose(artifacts)
    from k8slint.workload.builds_ci import builds_of_yaml  # reads what this module defines

    for path in sorted(artifacts.files):
        if is_bake_file(path):
            yield from _of_bake(artifacts, path)
        elif is_tiltfile(path):
            yield from _of_tiltfile(artifacts, path)
    yield from builds_of_yaml(artifacts)
    prose: list[str] = []
    for path in sorted(artifacts.files):
        data = artifacts.files[path].data
        if path.endswith((".py", ".json")) or not mentions_build(data):
            continue
        if is_makefile(path):
            yield from _of_makefile(artifacts, path)
        elif path.endswith((".sh", ".bash")) or data.startswith(b"#!"):
            yield from _of_script(artifacts, path)
        elif path.lower().endswith(".md") or artifacts.dockerfile(path) is not None or b"apiVersion" in data:
            prose.append(path)
    for path in prose:
        yield from _of_prose(artifacts, path)


def _of_skaffold(artifacts: Artifacts) -> Iterator[Build]:
    for one in artifacts.skaffold:
        if one.dockerfile is not None:
            reason = f"skaffold builds {one.image}"
            image, tag = image_name(one.image) or (one.image, "")
            yield Build(image, tag, one.dockerfile, one.context, one.target, reason, one.location, Confidence.HIGH)


def _of_compose(artifacts: Artifacts) -> Iterator[Build]:
    for file in artifacts.compose:
        for service in file.services:
            if service.dockerfile is None or service.context is None:
                continue
            if service.image is None and service.name.lower() in common_words("folders"):
                continue
            expanded = expand(service.image or service.name, {})
            image, tag = image_name(expanded) or (service.image or service.name, "")
            yield Build(
                image,
                tag,
                service.dockerfile,
                service.context,
                _default(service.target),
                f"compose service {service.name} builds {image}",
                service.location,
                Confidence.HIGH if service.image and HOLE not in expanded else Confidence.MEDIUM,
                HOLE not in expanded.rpartition(":")[0],
            )


def _default(target: str | None) -> str | None:
    """The stage that ``${TARGET:-production}`` is without the variable."""
    expanded = expand(target, {}) if target is not None else None
    return target if expanded is None or HOLE in expanded else expanded


def _of_bake(artifacts: Artifacts, path: str) -> Iterator[Build]:
    file = parse_bake(artifacts.source(path))
    folder = posixpath.dirname(path)
    for target in file.targets:
        context = folder_of(folder, expand(target.context, file.variables))
        dockerfile = folder_of(context or "", expand(target.dockerfile, file.variables))
        if context is None or dockerfile is None:
            continue
        images = [expand(tag, file.variables) for tag in target.tags] or [target.name]
        yield from made(
            artifacts,
            BuildCommand(tuple(images), context, dockerfile, target.stage, target.location, bool(target.tags)),
            f"bake target {target.name}",
        )


def _of_tiltfile(artifacts: Artifacts, path: str) -> Iterator[Build]:
    folder = posixpath.dirname(path)
    for one in parse_tiltfile(artifacts.source(path)):
        context = folder_of(folder, one.context)
        dockerfile = folder_of(folder, one.dockerfile) if one.dockerfile is not None else None
        if context is not None and (dockerfile is not None or one.dockerfile is None):
            command = BuildCommand((one.image,), context, dockerfile, one.target, one.location, True)
            yield from made(artifacts, command, "the Tiltfile")


def _of_makefile(artifacts: Artifacts, path: str) -> Iterator[Build]:
    file = parse_makefile(artifacts.source(path))
    folder = posixpath.dirname(path)
    for recipe in file.recipes:
        for command in commands_of_text(recipe.text, recipe.location, (), folder, folder, file.variables):
            yield from made(artifacts, command, posixpath.basename(path), Confidence.MEDIUM)


def _of_script(artifacts: Artifacts, path: str) -> Iterator[Build]:
    script = artifacts.script(path)
    if script is None:
        return
    folder = posixpath.dirname(path)
    ways = [commands_of_script(script, folder, cwd, {}) for cwd in dict.fromkeys((folder, ""))]
    yield from either(artifacts, ways, posixpath.basename(path), Confidence.MEDIUM)


def _of_prose(artifacts: Artifacts, path: str) -> Iterator[Build]:
    source = artifacts.source(path)
    folder = posixpath.dirname(path)
    dockerfile = artifacts.dockerfile(path)
    is_markdown = path.lower().endswith((".md", ".markdown"))
    name = posixpath.basename(path) if is_markdown else f"a comment in {posixpath.basename(path)}"
    for snippet in markdown_code(source) if is_markdown else commented_code(source):
        ways = [
            commands_of_text(snippet.text, snippet.lines[0], snippet.lines, folder, cwd, {})
            for cwd in dict.fromkeys((folder, ""))
        ]
        if dockerfile is not None:
            # What stands in a Dockerfile says how to build that Dockerfile.
            for command in ways[0]:
                if command.dockerfile in (None, path) or posixpath.basename(command.dockerfile) == source.path:
                    own = BuildCommand(command.images, folder, path, command.target, command.location, False)
                    yield from made(artifacts, own, name, Confidence.LOW)
            continue
        # A README tells what to type where it stands; only if nothing is there, at the top.
        first = [command for command in ways[0] if _dockerfile_of(artifacts, command) is not None]
        yield from either(artifacts, [first] if first else ways, name, Confidence.LOW)


def either(
    artifacts: Artifacts,
    ways: Sequence[Sequence[BuildCommand]],
    who: str,
    confidence: Confidence,
) -> Iterator[Build]:
    """The builds of commands that run in one of several folders: only what exists in exactly one of them counts."""
    for commands in _aligned(ways):
        exist = {(_dockerfile_of(artifacts, one), one.context): one for one in commands}
        there = [one for (dockerfile, _), one in exist.items() if dockerfile is not None]
        if len({_dockerfile_of(artifacts, one) for one in there}) == 1:
            yield from made(artifacts, there[0], who, confidence)


def _aligned(ways: Sequence[Sequence[BuildCommand]]) -> Iterator[list[BuildCommand]]:
    """The same command of each way, told by its place and its names."""
    keys: Mapping[tuple[Location, tuple[str, ...], str | None], None] = dict.fromkeys(
        (one.location, one.images, one.target) for way in ways for one in way
    )
    for location, images, target in keys:
        yield [
            one for way in ways for one in way if (one.location, one.images, one.target) == (location, images, target)
        ]


def made(artifacts: Artifacts, command: BuildCommand, who: str, most: Confidence = Confidence.HIGH) -> Iterator[Build]:
    """The builds that a command makes, one for each name that it gives its image."""
    dockerfile = _dockerfile_of(artifacts, command)
    if dockerfile is None:
        return
    confidence = min(most, Confidence.HIGH if command.literal else Confidence.MEDIUM)
    named = False
    for written in command.images:
        found = image_name(written)
        if found is not None:
            named = True
            whole = HOLE not in written.rpartition(":")[0]
            yield Build(
                found[0],
                found[1],
                dockerfile,
                command.context,
                command.target,
                f"{who} builds {found[0]}",
                command.location,
                confidence,
                whole,
            )
    if not named:
        reason = f"{who} builds {dockerfile}"
        yield Build("", "", dockerfile, command.context, command.target, reason, command.location, confidence, False)


def _dockerfile_of(artifacts: Artifacts, command: BuildCommand) -> str | None:
    """The Dockerfile that a command reads, where it is there, or where a script makes it of one that is."""
    named = (command.dockerfile,) if command.dockerfile is not None else ()
    paths = named or tuple(posixpath.join(command.context, name) for name in ("Dockerfile", "Containerfile"))
    there = next((path for path in paths if artifacts.dockerfile(path) is not None), None)
    return there or next((one for path in paths if (one := original(artifacts, path)) is not None), None)
