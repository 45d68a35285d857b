"""Whether a container runs Python, and whether the project wrote it."""

from __future__ import annotations

from k8slint.fact import Fact, Place, known, unknown
from k8slint.models.manifest import Container
from k8slint.workload.artifacts import Artifacts
from k8slint.workload.development_paths import is_development
from k8slint.workload.image_files import Image
from k8slint.workload.images import copies_package, holds_python, whole_image
from k8slint.workload.knowledge import BaseImage, split_image
from k8slint.workload.links import ImageLink, Links
from k8slint.workload.process import Language, Process


def runs_python(
    chain: Fact[tuple[Process, ...]],
    image: Image | None,
    base: BaseImage,
    link: Fact[ImageLink],
    container: Container | None,
) -> Fact[bool]:
    """Whether Python runs in the container: by its process, else by what its image is made for."""
    entries = [process.entry for process in chain.value] if chain.is_known else []
    if link.is_absent and not base.python:
        return known(False)
    for entry in entries:
        if entry.is_python:
            return known(True, Place(entry.location, f"starts {entry.name}"))
    if container is not None and entries and all(entry.language is Language.OTHER for entry in entries):
        return known(False)  # The manifest starts something else in a Python image, such as sleep.
    holds = holds_python(image.stage, base) if image is not None else base.python
    if holds or (holds is None and image is not None and copies_package(image)):
        return known(True)
    if entries and all(entry.language is Language.OTHER for entry in entries):
        return known(False)
    if image is not None:
        return known(False)
    return unknown("the image is not built in this repository")


def own_registries(artifacts: Artifacts, links: Links) -> frozenset[str]:
    """Where the project pushes its images, provided that all of them run Python.

    An image from there that cannot be linked to a Dockerfile is the project's own all the same.
    """
    for dockerfile in artifacts.dockerfiles:
        stage, base = whole_image(dockerfile.final, links, dockerfile.path)
        if not is_development(dockerfile.path) and not holds_python(stage, base):
            return frozenset()
    containers = [(container, owner) for owner in artifacts.objects for container in owner.containers]
    linked = [one for one, owner in containers if one.image.is_known and links.link(one, owner).is_known]
    return frozenset(_owner(one.image.value) for one in linked) - {""}


def is_ours(
    python: Fact[bool],
    link: Fact[ImageLink],
    container: Container | None,
    artifacts: Artifacts,
    registries: frozenset[str],
) -> Fact[bool]:
    """Whether a container runs Python that the project writes; ``registries`` are where it pushes such images."""
    if python.is_known:
        return python
    if link.is_known:
        return unknown("what runs in the image is not known")
    if link.is_absent:
        return known(False)
    if container is not None and not artifacts.dockerfiles:
        return known(True)  # Manifests kept apart from the code: nothing says that it is not ours.
    if container is not None and container.image.is_known and _owner(container.image.value) in registries:
        return known(True)
    return unknown("the image is not built in this repository")


def _owner(reference: str) -> str:
    """Where an image is pushed: its repository without the last part; '' for a bare name."""
    return split_image(reference)[0].rpartition("/")[0]
