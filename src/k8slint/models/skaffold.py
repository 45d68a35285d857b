"""Skaffold files: which images the project builds from which Dockerfiles."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.project_path import project_path
from k8slint.models.source import Source
from k8slint.models.yaml import Node, YamlMapping, is_template, load_documents, mappings, string_map, text

_DOCKERFILE_BUILDERS = ("docker", "kaniko")
_OTHER_BUILDERS = ("buildpacks", "ko", "custom", "jib", "bazel")


class SkaffoldArtifact(Struct, frozen=True):
    """One image that skaffold builds.

    ``context`` (a folder, "" for the root) and ``dockerfile`` are paths from the project's root. ``dockerfile`` is None
    where the image is built without one, or from outside the project. ``location`` is the place of the image's name.
    """

    image: str
    context: str
    dockerfile: str | None
    target: str | None
    build_args: dict[str, str]
    location: Location


def parse_skaffold(source: Source) -> tuple[SkaffoldArtifact, ...]:
    """The artifacts of a skaffold file, those of its profiles too; none where it is no skaffold file."""
    if "skaffold/" not in source.text:
        return ()
    documents, _ = load_documents(source)
    folder = posixpath.dirname(source.path)
    return tuple(artifact for document in documents for artifact in _artifacts(document.root, folder))


def _artifacts(root: Node, folder: str) -> Iterator[SkaffoldArtifact]:
    if not isinstance(root, YamlMapping) or not (text(root.get("apiVersion")) or "").startswith("skaffold/"):
        return
    for owner in (root, *mappings(root.get("profiles"))):
        for artifact in mappings(owner.get("build", "artifacts")):
            image = artifact.get("image")
            name = text(image)
            if image is not None and name is not None and not is_template(name):
                yield _artifact(artifact, name, image.location, folder)


def _artifact(node: YamlMapping, image: str, location: Location, folder: str) -> SkaffoldArtifact:
    context = project_path(folder, text(node.get("context")) or ".")
    builder = next((found for key in _DOCKERFILE_BUILDERS if isinstance(found := node.get(key), YamlMapping)), None)
    dockerfile, target, build_args = "Dockerfile", None, {}
    if builder is not None:
        dockerfile = text(builder.get("dockerfile")) or dockerfile
        target = text(builder.get("target"))
        build_args = string_map(builder.get("buildArgs"))
    is_built_otherwise = any(node.entry(key) is not None for key in _OTHER_BUILDERS) or node.template() is not None
    path = None if context is None or is_built_otherwise else project_path(context, dockerfile)
    return SkaffoldArtifact(image, context or "", path, target, build_args, location)
