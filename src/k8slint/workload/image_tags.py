"""Images whose name stands for another content from day to day: without a tag, or with ``latest``."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator
from enum import Enum
from fnmatch import fnmatchcase

from msgspec import Struct
from msgspec.structs import replace

from k8slint.location import Location
from k8slint.models.dockerfile import Dockerfile, Stage
from k8slint.models.makefile import is_makefile
from k8slint.models.python_pods import created_images
from k8slint.models.tiltfile import is_tiltfile
from k8slint.regex import regex
from k8slint.workload.artifacts import Artifacts
from k8slint.workload.build_names import HOLE, expand
from k8slint.workload.chart_image_tags import tag_value
from k8slint.workload.development_paths import is_development
from k8slint.workload.file_class import FileKind
from k8slint.workload.knowledge import base_image, is_third_party, publishes_no_versions, split_image
from k8slint.workload.links import Links
from k8slint.workload.stages import needed_stages
from k8slint.workload.workload import Workload

# Commands that put another image, or another tag, into a manifest that is written out.
_REWRITES = regex(
    r"(?:\bset\s+image\b|\bedit\s+set\b|\b(?:sed|yq|perl)\s|\bk8s-deploy@|\bk8s-bake@)[^\n]*(?:\\\n[^\n]*){0,5}"
)
_MANIFEST = regex(r"[\w.*/{}$-]*[\w*}]\.ya?ml\b")
_SCRIPTS = regex(r"\.(?:sh|bash|ps1|groovy|mk)$|(?:^|/)(?:Jenkinsfile|justfile|Taskfile\.ya?ml|Earthfile)")
# Tools that build an image and put what they built into the manifests while they deploy.
_DEPLOYERS = regex(r"(?:^|/)(?:devspace|garden|okteto|werf|tanka|acorn)[^/]*\.ya?ml$|\.garden\.ya?ml$")
# For whoever works on the project: CI's own clusters and images, editors in the cloud, tests.
_NOT_SHIPPED = regex(r"(?:^|/)\.|(?:^|/)(?:unit|integration|system)[_-]?tests?/")
_UPDATERS = ("keel.sh/policy", "image.openshift.io/triggers", "argocd-image-updater.argoproj.io/image-list")


class Naming(Enum):
    """Where an image is named."""

    CONTAINER = "container"
    FROM = "FROM"
    COPY = "COPY --from"


class MutableImage(Struct, frozen=True):
    """One such name: ``image`` as written, and ``user``, which is what uses it, as a message calls it.

    ``others`` counts the containers that take their tag from the same line of a chart's values.
    ``rolls_out`` tells that its pods are replaced by rollouts, unlike a Job's, or a pod that stands alone.
    """

    image: str
    naming: Naming
    user: str
    location: Location
    others: int = 0
    rolls_out: bool = True


def is_mutable(image: str) -> bool:
    """Whether an image reference has neither a digest nor a tag other than ``latest`` and ``latest-<variant>``.

    Not so for an image whose publisher gives it no other tags.
    """
    _, tag = split_image(image)
    if "@" in image or not (tag in ("", "latest") or tag.startswith("latest-")):
        return False
    return not publishes_no_versions(image)


def mutable_images(artifacts: Artifacts, links: Links, workloads: Iterable[Workload]) -> Iterator[MutableImage]:
    """Those that are deployed as they are written, and those that the images of the project are built from."""
    found = tuple(workloads)
    replaced = _Replaced(artifacts)
    by_value: dict[Location, dict[str, MutableImage]] = defaultdict(dict)
    for workload in found:
        for one in _of_container(workload, replaced):
            value = tag_value(workload, artifacts)
            if value is None:
                yield one
            else:
                by_value[value].setdefault(one.user, one)
    for value, users in by_value.items():
        yield replace(next(iter(users.values())), location=value, others=len(users) - 1)
    yield from _of_programs(found, replaced)
    yield from _of_dockerfiles(artifacts, links, found)


def _is_for_work(path: str) -> bool:
    return is_development(path) or _NOT_SHIPPED.search(path) is not None


def _of_container(workload: Workload, replaced: _Replaced) -> Iterator[MutableImage]:
    owner, container = workload.owner, workload.container
    if owner is None or container is None or not container.image.is_known or _is_for_work(owner.path):
        return
    image = container.image.value
    written = [container.image.places[0].location, *([owner.variant.location] if owner.variant is not None else [])]
    if any(_is_for_work(one.path) for one in written):
        return
    if is_mutable(image) and not replaced.anywhere(image, workload):
        rolls_out = owner.kind != "Pod" and (owner.pod is None or not owner.pod.traits.finite)
        yield MutableImage(image, Naming.CONTAINER, workload.label, container.image.places[0].location, 0, rolls_out)


def _of_programs(workloads: Iterable[Workload], replaced: _Replaced) -> Iterator[MutableImage]:
    """Those of the containers that the programs of the project create."""
    sources = {
        module.path: module.source for one in workloads for _, program in one.programs() for module in program.modules
    }
    for path, source in sources.items():
        if _is_for_work(path):
            continue
        for image, location in created_images(source):
            if image and is_mutable(image) and not replaced.in_code(image, path):
                yield MutableImage(image, Naming.CONTAINER, f"a container that {path} creates", location)


class _Replaced:
    """What a project has that puts another image in the place of one that a manifest names."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts
        self._built = {one.image for one in artifacts.skaffold}
        self._composed = {
            split_image(expand(service.image, {}).replace(HOLE, ""))[0]
            for file in artifacts.compose
            for service in file.services
            if service.image is not None and service.context is not None
        }
        self._deployers = tuple(
            data for path, file in artifacts.files.items() if (data := _deployer(path, file.data)) is not None
        )
        self._rewrites = tuple(_rewrites(artifacts))
        self._updater = any(b"argocd-image-updater" in artifacts.files[path].data for path in artifacts.classes)

    def anywhere(self, image: str, workload: Workload) -> bool:
        """Whether something may replace ``image`` in the manifest of a workload."""
        owner, container = workload.owner, workload.container
        repository = split_image(image)[0]
        if owner is None or container is None or self._by_a_tool(repository, owner.path):
            return True
        annotations = {*owner.annotations, *(owner.pod.annotations if owner.pod is not None else ())}
        if annotations & set(_UPDATERS) or self._updater:
            return True
        location = container.image.places[0].location
        line = self._artifacts.source(location.path).line(location.line)
        return "$imagepolicy" in line or self._is_rewritten(repository, location.path, workload.link.is_absent)

    def in_code(self, image: str, path: str) -> bool:
        """Whether something may replace ``image`` in the program at ``path``."""
        repository = split_image(image)[0]
        return self._by_a_tool(repository, path) or self._is_rewritten(repository, path, True)

    def _by_a_tool(self, repository: str, path: str) -> bool:
        """Whether a tool that deploys what it builds, builds this image; what Compose builds reaches no Helm chart."""
        last = repository.rsplit("/", 1)[-1].encode()
        is_of_chart = path in self._artifacts.classes and bool(self._artifacts.classes[path].chart)
        built = repository in self._built or (repository in self._composed and not is_of_chart)
        return built or any(last in data for data in self._deployers)

    def _is_rewritten(self, repository: str, path: str, foreign: bool) -> bool:
        """Whether a command of a script, a Makefile or CI may write another image into the file at ``path``."""
        last = repository.rsplit("/", 1)[-1]
        words = (last,) if foreign else (last, "latest", "image", "IMAGE", posixpath.basename(path))
        return any(
            any(word in command for word in words) and (last in command or _may_edit(command, path))
            for command in self._rewrites
        )


def _may_edit(command: str, path: str) -> bool:
    """Whether a command names the file at ``path``, or no manifest at all."""
    named = [posixpath.basename(word) for word in _MANIFEST.findall(command)]
    return not named or any("$" in word or fnmatchcase(posixpath.basename(path), word) for word in named)


def _deployer(path: str, data: bytes) -> bytes | None:
    return data if _DEPLOYERS.search(path) or is_tiltfile(path) else None


def _rewrites(artifacts: Artifacts) -> Iterator[str]:
    for path, file in artifacts.files.items():
        kind = artifacts.classes[path].kind if path in artifacts.classes else None
        if kind is FileKind.CI or is_makefile(path) or _SCRIPTS.search(path):
            for match in _REWRITES.finditer(file.data.decode("utf-8", "replace")):
                yield match.group()


def _of_dockerfiles(artifacts: Artifacts, links: Links, workloads: tuple[Workload, ...]) -> Iterator[MutableImage]:
    shipped: dict[str, dict[int, Stage]] = {}
    for workload in workloads:
        if workload.link.is_known:
            link = workload.link.value
            shipped.setdefault(link.dockerfile.path, {})[link.stage.index] = link.stage
    for dockerfile in artifacts.dockerfiles:
        is_deployed = dockerfile.path in shipped or not artifacts.objects
        if _is_for_work(dockerfile.path) or (not is_deployed and links.is_built_by_compose_alone(dockerfile)):
            continue
        targets = shipped.get(dockerfile.path) or {0: links.unlinked(dockerfile).stage}
        for stage in needed_stages(dockerfile, targets.values()):
            yield from _of_stage(stage, dockerfile, links)


def _of_stage(stage: Stage, dockerfile: Dockerfile, links: Links) -> Iterator[MutableImage]:
    named, is_literal = stage.image.or_else(""), len(stage.image.places) == 1
    if named and is_literal and is_mutable(named) and _is_outside(named, dockerfile, links):
        yield MutableImage(named, Naming.FROM, dockerfile.path, stage.image.places[0].location)
    inherited = len(stage.parent.copies) if stage.parent is not None else 0
    for copy in stage.copies[inherited:]:
        image = copy.from_stage or ""
        is_stage = not image or image.isdigit() or "$" in image or dockerfile.stage(image) is not None
        if not is_stage and is_mutable(image) and _is_outside(image, dockerfile, links):
            yield MutableImage(image, Naming.COPY, dockerfile.path, copy.location)


def _is_outside(image: str, dockerfile: Dockerfile, links: Links) -> bool:
    """Whether an image is made elsewhere: a bare name that is no official image may be one of this machine's own."""
    if is_third_party(image) or base_image(image).listed:
        return True
    built = links.reference(image, dockerfile.path)
    if built.is_known and built.value.dockerfile.path != dockerfile.path:
        return False
    return "/" in split_image(image)[0]
