"""Every mention of an image in a project, with what is known of its build."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from k8slint.fact import Fact, Place, known, unknown
from k8slint.location import Location
from k8slint.models.container import Container, read_container
from k8slint.models.manifest import KubernetesObject
from k8slint.models.yaml import Entry, Node, Scalar, YamlMapping, YamlSequence, text
from k8slint.rule import Confidence
from k8slint.workload.artifacts import Artifacts
from k8slint.workload.build_names import HOLE, expand
from k8slint.workload.links import ImageLink, Links

if TYPE_CHECKING:
    from k8slint.models.compose import ComposeService

# Fields that hold a container, or a list of them, in custom resources.
_HOLDERS = ("containers", "initContainers", "container", "podSpec")


class ImageReference(Struct, frozen=True):
    """One mention: ``image`` as it is written, in the file at ``path``."""

    path: str
    image: str
    location: Location
    link: Fact[ImageLink]
    disabled: str = ""
    """What of a chart leaves the container out: "by chart/values.yaml:3:5"."""
    label: str = ""
    """What to call what is left out: "Deployment web"."""


def image_references(artifacts: Artifacts, links: Links) -> Iterator[ImageReference]:
    """Those of all containers, patches too; of all Compose services; and each FROM that the project itself builds.

    Those of objects that a value of a chart disables are among them.
    """
    return iter(dict.fromkeys(_references(artifacts, links)))


def _references(artifacts: Artifacts, links: Links) -> Iterator[ImageReference]:
    written = [(owner, "") for owner in artifacts.written]
    disabled = [(one.object, one.because) for one in artifacts.disabled_in_charts()]
    for owner, because in (*written, *disabled):
        for container in owner.containers or containers_by_shape(owner.root):
            entry = container.node.entry("image")
            if entry is not None:
                link = links.link(container, owner)
                image = _written(entry, owner, artifacts)
                label = f"{owner.kind} {owner.name}" if because else ""
                yield ImageReference(owner.path, image, entry.value.location, link, because, label)
    for file in artifacts.compose:
        for service in file.services:
            image = service.image or ("build: ." if service.context == "" else f"build: {service.context}")
            if service.image is None and service.context is None:
                image = ""
            yield ImageReference(file.path, image, service.location, service_link(service, artifacts, links, file.path))
    for dockerfile in artifacts.dockerfiles:
        for stage in dockerfile.stages:
            if not stage.base_image.is_known:
                continue
            link = links.reference(stage.base_image.value, dockerfile.path)
            if link.is_known and link.value.dockerfile.path != dockerfile.path:
                location = stage.from_.location
                yield ImageReference(dockerfile.path, stage.base_image.value, location, link)


def _written(entry: Entry, owner: KubernetesObject, artifacts: Artifacts) -> str:
    """An image as it is written: in a template of a chart, the expression that gives it."""
    rendered = text(entry.value) or ""
    key = entry.key.location
    if owner.variant is None or key.path not in artifacts.files:
        return rendered
    line = artifacts.source(key.path).line(key.line)[key.end_column :].strip()
    return line.strip("'\"") if "{{" in line and line.count("{{") == line.count("}}") else rendered


def containers_by_shape(root: YamlMapping) -> Iterator[Container]:
    """The containers in an object of a kind that is not known, told by the names of the fields they stand in."""
    waiting: list[tuple[str, Node]] = [("", root)]
    while waiting:
        key, node = waiting.pop()
        if isinstance(node, YamlMapping):
            if key in _HOLDERS and isinstance(node.get("image"), Scalar):
                yield read_container(node, key == "initContainers")
            waiting.extend(reversed(list(node.items())))
        elif isinstance(node, YamlSequence):
            waiting.extend((key, item) for item in reversed(node.items))


def service_link(service: ComposeService, artifacts: Artifacts, links: Links, path: str) -> Fact[ImageLink]:
    """The stage that builds the image of a Compose service in the file at ``path``."""
    if service.dockerfile is not None and service.context is not None:
        dockerfile = artifacts.dockerfile(service.dockerfile)
        if dockerfile is None:
            return unknown(f"{service.dockerfile} is not there or cannot be read")
        target = expand(service.target, {}) if service.target is not None else None
        stage = dockerfile.stage(target)
        if stage is None or (target is not None and HOLE in target):
            return unknown(f"the stage {service.target} of {service.dockerfile} is not known")
        reason = f"service {service.name} builds it"
        link = ImageLink(dockerfile, stage, service.context, reason, Confidence.HIGH)
        return known(link, Place(service.location, reason))
    if service.image is None:
        return unknown("the service names neither an image nor a build that can be read")
    written = expand(service.image, {})
    if HOLE in written.rpartition("/")[2].partition(":")[0]:
        return unknown("the image's name is filled in later")
    # Beside services that are built, one that only names an image is pulled, unless that is what they build.
    beside = (one for file in artifacts.compose if file.path == path for one in file.services)
    return links.reference(written.replace(HOLE, ""), path, not any(one.context is not None for one in beside))
