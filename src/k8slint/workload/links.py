"""Which Dockerfile stage builds the image of a container."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.location import Location
from k8slint.models.dockerfile import Dockerfile, Stage
from k8slint.models.manifest import Container, KubernetesObject
from k8slint.models.yaml import text
from k8slint.rule import Confidence
from k8slint.workload.artifacts import Artifacts
from k8slint.workload.image_files import guess_context
from k8slint.workload.knowledge import common_words, is_third_party, split_image

_DEVELOPMENT = re.compile(
    r"(^|[._/-])(dev|development|tests?|testing|ci|local|debug|devcontainer|e2e|lint|docs?)([._/-]|$)"
)


@dataclass(frozen=True, slots=True)
class ImageLink:
    """Why an image is believed to be built from a stage: ``context`` is the folder that is sent to the build."""

    dockerfile: Dockerfile
    stage: Stage
    context: str
    reason: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class _Build:
    """One build that the repository's tools describe."""

    image: str
    dockerfile: str
    context: str
    target: str | None
    reason: str
    location: Location
    file: str


class Links:
    """Image references to Dockerfile stages, for one project."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts
        self._builds = tuple(_builds(artifacts))
        self._renames = _renames(artifacts)
        self._names: dict[str, list[tuple[Dockerfile, str | None]]] = defaultdict(list)
        for dockerfile in artifacts.dockerfiles:
            for name in _names_of(dockerfile, artifacts.name):
                self._names[name].append((dockerfile, None))
            for stage in dockerfile.stages:
                if stage.name and stage.name not in common_words("stages"):
                    self._names[_plain(stage.name)].append((dockerfile, stage.name))
        self._targets = {build.dockerfile: build for build in self._builds}

    def link(self, container: Container, owner: KubernetesObject) -> Fact[ImageLink]:
        """The stage that builds a container's image: absent for a third-party image, unknown where none is known."""
        image = container.image
        if image.is_absent:
            return unknown("the container names no image")
        if image.is_unknown:
            name = _literal_name(text(container.get("image")) or "")
            if name:
                return self.reference(name, owner.path)
            return self._only_one(f"the image's name is filled in later: {image.reason}")
        return self.reference(image.value, owner.path)

    def reference(self, reference: str, near: str) -> Fact[ImageLink]:
        """The stage that builds ``reference``, as a file at ``near`` writes it."""
        repository, tag = split_image(reference)
        repository = self._renames.get(repository, repository)
        built = self._from_builds(repository, near)
        if built is not None:
            return built
        is_foreign = is_third_party(reference)
        for name, wanted in _wanted(repository, tag, self._artifacts.name):
            found = self._by_name(name, wanted, near)
            if found is not None and is_foreign and "/" not in repository:
                return unknown(f"{reference} may be the official image or {name} of the repository")
            if found is not None:
                return found
        if is_foreign:
            return absent()
        reason = f"no Dockerfile of the repository builds {reference} by name or by a build file"
        return unknown(reason) if _is_foreign(repository, self._artifacts) else self._only_one(reason)

    def _from_builds(self, repository: str, near: str) -> Fact[ImageLink] | None:
        exact = [build for build in self._builds if split_image(build.image)[0] == repository]
        if not exact:
            last = repository.rsplit("/", 1)[-1]
            exact = [build for build in self._builds if split_image(build.image)[0].rsplit("/", 1)[-1] == last]
        if not exact:
            return None
        dockerfiles = {(build.dockerfile, build.target) for build in exact}
        if len(dockerfiles) > 1:
            exact = _nearest(exact, near)
            dockerfiles = {(build.dockerfile, build.target) for build in exact}
        if len(dockerfiles) > 1:
            # A local override builds the same image for development: the plain file counts.
            plain = [build for build in exact if not _DEVELOPMENT.search(build.file.lower())]
            exact, dockerfiles = plain, {(build.dockerfile, build.target) for build in plain}
        if len(dockerfiles) != 1:
            return unknown(f"several builds make {repository}")
        build = exact[0]
        dockerfile = self._artifacts.dockerfile(build.dockerfile)
        stage = dockerfile.stage(build.target) if dockerfile is not None else None
        if dockerfile is None or stage is None:
            return unknown(f"{build.dockerfile} cannot be read")
        link = ImageLink(dockerfile, stage, build.context, build.reason, Confidence.HIGH)
        return known(link, Place(build.location, build.reason))

    def _by_name(self, name: str, why: str, near: str) -> Fact[ImageLink] | None:
        candidates = self._names.get(name, [])
        if not candidates:
            return None
        if len({(one.path, target) for one, target in candidates}) > 1:
            closest = _closest([one for one, _ in candidates], near)
            candidates = [(one, target) for one, target in candidates if one in closest]
        if len({(one.path, target) for one, target in candidates}) > 1:
            folders = [candidate for candidate in candidates if candidate[1] is None]
            if len({one.path for one, _ in folders}) == 1:
                candidates = folders
        if len({(one.path, target) for one, target in candidates}) != 1:
            return unknown(f"several Dockerfiles are called {name}")
        dockerfile, target = candidates[0]
        stage = dockerfile.stage(target)
        if stage is None:
            return None
        reason = f"{why} and {'stage ' + target if target else dockerfile.path} have the same name"
        return known(ImageLink(dockerfile, stage, self._context(dockerfile), reason, Confidence.MEDIUM))

    def _only_one(self, reason: str) -> Fact[ImageLink]:
        judged = [one for one in self._artifacts.dockerfiles if not _DEVELOPMENT.search(one.path.lower())]
        if len(judged) != 1:
            return unknown(reason)
        dockerfile = judged[0]
        return known(
            ImageLink(
                dockerfile,
                dockerfile.final,
                self._context(dockerfile),
                "the only Dockerfile of the repository",
                Confidence.MEDIUM,
            )
        )

    def _context(self, dockerfile: Dockerfile) -> str:
        build = self._targets.get(dockerfile.path)
        return (
            build.context
            if build is not None
            else guess_context(dockerfile, self._artifacts.files, self._artifacts.folders)
        )

    def unlinked(self, dockerfile: Dockerfile) -> ImageLink:
        """A Dockerfile for itself: the stage that its build file names, else the last."""
        build = self._targets.get(dockerfile.path)
        stage = dockerfile.stage(build.target) if build is not None and build.target else None
        return ImageLink(
            dockerfile, stage or dockerfile.final, self._context(dockerfile), "the Dockerfile itself", Confidence.HIGH
        )


def is_development(path: str) -> bool:
    """Whether a path says that it is for development or tests only."""
    return _DEVELOPMENT.search(path.lower()) is not None


def _literal_name(image: str) -> str:
    """The last part of an image's name where only its registry or its tag are filled in later, else ''."""
    last = image.rsplit("/", 1)[-1].split(":", 1)[0].split("@", 1)[0]
    return last if re.fullmatch(r"[a-z0-9]+([._-]+[a-z0-9]+)*", last) and "/" in image else ""


def _builds(artifacts: Artifacts) -> Iterator[_Build]:
    for artifact in artifacts.skaffold:
        if artifact.dockerfile is not None:
            yield _Build(
                artifact.image,
                artifact.dockerfile,
                artifact.context,
                artifact.target,
                f"skaffold builds {artifact.image}",
                artifact.location,
                artifact.location.path,
            )
    for file in artifacts.compose:
        for service in file.services:
            if service.dockerfile is None or service.context is None:
                continue
            image = service.image or service.name
            if service.image is None and service.name.lower() in common_words("folders"):
                continue
            yield _Build(
                image,
                service.dockerfile,
                service.context,
                service.target,
                f"compose service {service.name} builds {image}",
                service.location,
                file.path,
            )


def _renames(artifacts: Artifacts) -> dict[str, str]:
    """Images that a kustomization renames, by the name that manifests write: only where all agree."""
    targets: dict[str, set[str]] = defaultdict(set)
    for kustomization in artifacts.kustomizations:
        for override in kustomization.images:
            if override.new_name:
                targets[override.name].add(override.new_name)
    return {name: next(iter(found)) for name, found in targets.items() if len(found) == 1}


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _names_of(dockerfile: Dockerfile, project: str) -> Iterator[str]:
    """The image names that a Dockerfile's place suggests."""
    folder, file = posixpath.split(dockerfile.path)
    lower = file.lower()
    suffix = ""
    if lower.startswith(("dockerfile.", "dockerfile-", "dockerfile_", "containerfile.")):
        suffix = re.split(r"[._-]", lower, maxsplit=1)[1]
    elif lower.endswith((".dockerfile", ".containerfile")):
        suffix = lower.rsplit(".", 1)[0]
    parts = [part for part in folder.split("/") if part]
    while parts and _plain(parts[-1]) in common_words("folders"):
        parts.pop()
    own = parts[-1] if parts else project
    if suffix:
        yield _plain(suffix)
        yield _plain(f"{own}-{suffix}")
        yield _plain(f"{project}-{suffix}")
        return
    yield _plain(own)
    if parts:
        yield _plain(f"{project}-{own}")


def _wanted(repository: str, tag: str, project: str) -> Iterator[tuple[str, str]]:
    """Names to look for, the most telling first, each with how to say it."""
    last = repository.rsplit("/", 1)[-1]
    name = _plain(last)
    tagged = _tag_name(tag)
    if tagged:
        yield tagged, f"the tag {tag}"
        for ending in ("-api", "-app", "-server"):
            if tagged.endswith(ending):
                yield tagged.removesuffix(ending), f"the tag {tag}"
    yield name, f"image {last}"
    owner = repository.rsplit("/", 2)[-2] if repository.count("/") else ""
    for prefix in (_plain(project), _plain(owner)):
        if prefix and name.startswith(prefix + "-"):
            yield name.removeprefix(prefix + "-"), f"image {last}"
    for whole, why in ((tagged, f"the tag {tag}"), (name, f"image {last}")):
        words = whole.split("-")
        for count in range(len(words) - 1, 0, -1):
            yield "-".join(words[-count:]), why


def _tag_name(tag: str) -> str:
    """The component that a tag encodes before a version, '' for a plain version."""
    stem = re.sub(r"[-_.]?v?\d+([._]\d+)*([-_.]?(rc|alpha|beta|dev)\d*)?$", "", tag)
    plain = _plain(stem)
    return "" if plain in common_words("tags") or re.fullmatch(r"[0-9a-f-]*", plain) else plain


def _nearest(builds: list[_Build], near: str) -> list[_Build]:
    best = max(_shared(build.file, near) for build in builds)
    return [build for build in builds if _shared(build.file, near) == best]


def _closest(dockerfiles: list[Dockerfile], near: str) -> list[Dockerfile]:
    best = max(_shared(one.path, near) for one in dockerfiles)
    return [one for one in dockerfiles if _shared(one.path, near) == best]


def _shared(one: str, other: str) -> int:
    count = 0
    for left, right in zip(one.split("/")[:-1], other.split("/")[:-1], strict=False):
        if left != right:
            break
        count += 1
    return count


def _is_foreign(repository: str, artifacts: Artifacts) -> bool:
    """Whether an image's name shares no word with the project, its Dockerfile's folder or its packages."""
    words = {word for word in re.split(r"[^a-z0-9]+", repository.lower()) if len(word) > 2}
    own = {word for word in re.split(r"[^a-z0-9]+", artifacts.name.lower()) if len(word) > 2}
    for path in artifacts.files:
        own.update(word for word in re.split(r"[^a-z0-9]+", path.split("/", 1)[0].lower()) if len(word) > 2)
    return not words & own
