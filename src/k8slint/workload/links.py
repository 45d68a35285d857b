"""Which Dockerfile stage builds the image of a container."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.models.dockerfile import Dockerfile, Stage
from k8slint.models.manifest import Container, KubernetesObject
from k8slint.models.yaml import text
from k8slint.rule import Confidence
from k8slint.workload.artifacts import Artifacts
from k8slint.workload.build_choice import alike, differ, is_for_development, matching, narrowed
from k8slint.workload.development_paths import is_development
from k8slint.workload.dockerfile_builds import DockerfileBuilds
from k8slint.workload.folders import depth, folders_above, shared_folders
from k8slint.workload.knowledge import base_image, common_words, is_third_party, split_image
from k8slint.workload.link_names import (
    literal_name,
    name_words,
    names_of,
    names_wanted,
    plain,
    tag_name,
    with_parameters,
)

if TYPE_CHECKING:
    from k8slint.workload.builds import Build


class ImageLink(Struct, frozen=True):
    """Why an image is believed to be built from a stage: ``context`` is the folder that is sent to the build."""

    dockerfile: Dockerfile
    stage: Stage
    context: str
    reason: str
    confidence: Confidence


class Links:
    """Image references to Dockerfile stages, for one project."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts
        self._builds = tuple(_builds(artifacts))
        self._renames = _renames(artifacts)
        self._building = frozenset(folder for one in artifacts.dockerfiles for folder in folders_above(one.path))
        """The folders with a Dockerfile in them or somewhere below."""
        tops = {path.split("/", 1)[0] for path in artifacts.files}
        self._own_words = frozenset(word for name in (artifacts.name, *tops) for word in name_words(name))
        self._names: dict[str, list[tuple[Dockerfile, str | None]]] = defaultdict(list)
        for dockerfile in artifacts.dockerfiles:
            for name in names_of(dockerfile.path, artifacts.name):
                self._names[name].append((dockerfile, None))
            for stage in dockerfile.stages:
                if stage.name and stage.name not in common_words("stages"):
                    self._names[plain(stage.name)].append((dockerfile, stage.name))
        self._made = DockerfileBuilds(artifacts, self._builds)

    def link(self, container: Container, owner: KubernetesObject) -> Fact[ImageLink]:
        """The stage that builds a container's image: absent for a third-party image, unknown where none is known."""
        image = container.image
        if image.is_absent:
            return unknown("the container names no image")
        if image.is_unknown:
            written = text(container.get("image")) or ""
            filled = with_parameters(written, owner.root)
            if filled != written and "$" not in filled:
                return self.reference(filled, owner.path)
            name = literal_name(written)
            if name:
                return self.reference(name, owner.path)
            return self._only_one(f"the image's name is filled in later: {image.reason}")
        return self.reference(image.value, owner.path)

    def reference(self, reference: str, near: str, may_be_the_only: bool = True) -> Fact[ImageLink]:
        """The stage that builds ``reference``, as a file at ``near`` writes it.

        ``may_be_the_only``: the only Dockerfile of the repository counts for an image of whatever name.
        """
        repository, tag = split_image(reference)
        repository = self._renames.get(repository, repository)
        foreign = is_third_party(reference)
        public = foreign or base_image(reference).listed
        built = self._from_builds(repository, tag, near, public) or self._from_advice(repository, tag, near, exact=True)
        if built is not None:
            return self._by_tag(tag, built, near) or built
        own = plain(repository.rsplit("/", 1)[-1]) == plain(self._artifacts.name)
        # A folder called python is for the language, and says nothing of the official image.
        named = own or not public
        for name, wanted in names_wanted(repository, tag, self._artifacts.name) if named else ():
            if name in common_words("endings") and self._is_of_others(repository):
                continue
            found = self._by_name(name, wanted, near)
            if found is not None and not (found.is_known and self._is_elsewhere(found.value, name, repository, near)):
                return found
        if foreign and "/" not in repository and self._by_name(plain(repository), "the image", near) is not None:
            return unknown(f"{reference} may be the official image or one of the repository")
        if foreign:
            return absent()
        for_development = [build for build in self._builds if is_for_development(build) and not public]
        advised = self._from_advice(repository, tag, near, exact=False) or self._pick(
            alike(for_development, repository), repository, tag, near
        )
        if advised is not None:
            return advised
        reason = f"no Dockerfile of the repository builds {reference} by name or by a build file"
        if self._is_foreign(repository) or not may_be_the_only:
            return unknown(reason)
        return self._only_one(reason)

    def _is_foreign(self, repository: str) -> bool:
        """Whether an image's name shares no word with the project, its folders or its files at the top."""
        return self._own_words.isdisjoint(name_words(repository))

    def _from_builds(self, repository: str, tag: str, near: str, foreign: bool) -> Fact[ImageLink] | None:
        """What the tools' own files say; of a third party's image only where they name all of it."""
        builds = [build for build in self._builds if build.image and build.confidence > Confidence.LOW]
        return self._pick(matching(builds, repository, foreign, near, self._building), repository, tag, near)

    def _from_advice(self, repository: str, tag: str, near: str, exact: bool) -> Fact[ImageLink] | None:
        """What people are told to type: exact where it names the whole image, or stands beside the manifest."""
        builds = [build for build in self._builds if build.image and build.confidence == Confidence.LOW]
        folder = posixpath.dirname(near)
        found = [
            build
            for build in matching(builds, repository, False, near, self._building)
            if not exact or build.image == repository or posixpath.dirname(build.file) == folder
        ]
        picked = self._pick(found, repository, tag, near)
        return picked if picked is not None and picked.is_known else None

    def _pick(self, found: list[Build], repository: str, tag: str, near: str) -> Fact[ImageLink] | None:
        """What ``found`` agree on; None where there are none, or where the tag names what none of them builds."""
        found = narrowed(found, repository, tag, near, self._artifacts)
        if not found:
            return None
        if differ(found):
            return unknown(f"several builds make {repository}")
        build = max(found, key=lambda one: one.confidence)
        dockerfile = self._artifacts.dockerfile(build.dockerfile)
        stage = dockerfile.stage(build.target) if dockerfile is not None else None
        if dockerfile is None or stage is None:
            return unknown(f"{build.dockerfile} cannot be read")
        link = ImageLink(dockerfile, stage, build.context, build.reason, build.confidence)
        final = dockerfile.final
        if build.target is not None and is_development(build.target) and not is_development(near):
            # What the tool builds is for the developer's machine; a build that names no stage makes the last one.
            if is_development(final.name or ""):
                return unknown(f"{build.reason} for development only")
            link = ImageLink(dockerfile, final, build.context, f"{build.reason} for development", Confidence.MEDIUM)
            return known(link, Place(build.location, build.reason))
        name = plain(repository.rsplit("/", 1)[-1])
        named = next((one for one in dockerfile.stages if one.name and plain(one.name) == name), None)
        if build.target is None and named is not None and named is not stage:
            # The last stage is what a build without a target makes; the image is named after what is meant.
            reason = f"{build.reason}, and a stage has the image's name"
            link = ImageLink(dockerfile, named, build.context, reason, min(build.confidence, Confidence.MEDIUM))
        return known(link, Place(build.location, build.reason))

    def _is_of_others(self, repository: str) -> bool:
        """Whether an image's name shares no word with the project: then "server" at its end fits too many."""
        is_whole = plain(repository) in common_words("endings")
        return not is_whole and not self._own_words.intersection(name_words(repository))

    def _by_tag(self, tag: str, built: Fact[ImageLink], near: str) -> Fact[ImageLink] | None:
        """The Dockerfile that a tag names, where the tools that build the image know neither that tag nor that file."""
        name = tag_name(tag)
        if not name or not built.is_known:
            return None
        if any(tag_name(build.tag) == name for build in self._made.of(built.value.dockerfile)):
            return None
        folders = [one for one, target in self._names.get(name, ()) if target is None]
        if not folders or any(self._made.of(one) or one is built.value.dockerfile for one in folders):
            return None
        return self._by_name(name, f"the tag {tag}", near)

    def _is_elsewhere(self, link: ImageLink, name: str, repository: str, near: str) -> bool:
        """Whether only the end of an image's name fits, and the Dockerfile is in another part of the folder of both.

        Of two examples in one folder each may have a "transformer" of its own.
        """
        rest = name_words(repository.rsplit("/", 1)[-1]) - name_words(name)
        if not rest or rest & (self._own_words | name_words(link.dockerfile.path)):
            return False
        folder = posixpath.dirname(link.dockerfile.path)
        return 0 < shared_folders(link.dockerfile.path, near) < depth(folder) - 1

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
        stage = dockerfile.stage(target) if target is not None else self._made.shipped(dockerfile)
        if stage is None:
            return None
        reason = f"{why} and {'stage ' + target if target else dockerfile.path} have the same name"
        return known(ImageLink(dockerfile, stage, self._made.context(dockerfile), reason, Confidence.MEDIUM))

    def _only_one(self, reason: str) -> Fact[ImageLink]:
        judged = [one for one in self._artifacts.dockerfiles if not is_development(one.path)]
        if len(judged) != 1:
            return unknown(reason)
        dockerfile = judged[0]
        return known(
            ImageLink(
                dockerfile,
                self._made.shipped(dockerfile),
                self._made.context(dockerfile),
                "the only Dockerfile of the repository",
                Confidence.MEDIUM,
            )
        )

    def is_built_by_compose_alone(self, dockerfile: Dockerfile) -> bool:
        """Whether a Dockerfile is built, and by nothing but Compose."""
        return self._made.by_compose_alone(dockerfile)

    def unlinked(self, dockerfile: Dockerfile) -> ImageLink:
        """A Dockerfile for itself: the stage that its build file names, else the last."""
        context, reason = self._made.context(dockerfile), "the Dockerfile itself"
        return ImageLink(dockerfile, self._made.shipped(dockerfile), context, reason, Confidence.HIGH)


def _renames(artifacts: Artifacts) -> dict[str, str]:
    """Images that a kustomization renames, by the name that manifests write: only where all agree."""
    targets: dict[str, set[str]] = defaultdict(set)
    for kustomization in artifacts.kustomizations:
        for override in kustomization.images:
            if override.new_name:
                targets[override.name].add(override.new_name)
    return {name: next(iter(found)) for name, found in targets.items() if len(found) == 1}


def _closest(dockerfiles: list[Dockerfile], near: str) -> list[Dockerfile]:
    best = max(shared_folders(one.path, near) for one in dockerfiles)
    return [one for one in dockerfiles if shared_folders(one.path, near) == best]


def _builds(artifacts: Artifacts) -> Iterable[Build]:
    if not artifacts.dockerfiles and not artifacts.skaffold:
        return ()
    from k8slint.workload.builds import builds_of

    return builds_of(artifacts)
