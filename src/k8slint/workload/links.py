"""Which Dockerfile stage builds the image of a container."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.models.dockerfile import Dockerfile, Stage
from k8slint.models.manifest import Container, KubernetesObject
from k8slint.models.yaml import text
from k8slint.regex import regex
from k8slint.rule import Confidence
from k8slint.workload.artifacts import Artifacts
from k8slint.workload.image_files import guess_context
from k8slint.workload.knowledge import base_image, common_words, is_third_party, split_image
from k8slint.workload.link_names import names_of, names_wanted, plain, tag_name, with_parameters

_DEVELOPMENT = regex(
    r"(^|[._/-])(dev|development|tests?|testing|ci|local|debug|devcontainer|e2e|lint|docs?|tilt|tiltfile)([._/-]|$)"
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
        self._building = frozenset(folder for one in artifacts.dockerfiles for folder in _above(one.path))
        """The folders with a Dockerfile in them or somewhere below."""
        tops = {path.split("/", 1)[0] for path in artifacts.files}
        self._own_words = frozenset(word for name in (artifacts.name, *tops) for word in _words(name))
        self._names: dict[str, list[tuple[Dockerfile, str | None]]] = defaultdict(list)
        for dockerfile in artifacts.dockerfiles:
            for name in names_of(dockerfile.path, artifacts.name):
                self._names[name].append((dockerfile, None))
            for stage in dockerfile.stages:
                if stage.name and stage.name not in common_words("stages"):
                    self._names[plain(stage.name)].append((dockerfile, stage.name))
        self._built: dict[str, list[Build]] = defaultdict(list)
        for build in self._builds:
            if build.confidence > Confidence.LOW:
                self._built[build.dockerfile].append(build)

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
            name = _literal_name(written)
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
        for_development = [build for build in self._builds if _for_development(build) and not public]
        advised = self._from_advice(repository, tag, near, exact=False) or self._pick(
            _alike(for_development, repository), repository, tag, near
        )
        if advised is not None:
            return advised
        reason = f"no Dockerfile of the repository builds {reference} by name or by a build file"
        if self._is_foreign(repository) or not may_be_the_only:
            return unknown(reason)
        return self._only_one(reason)

    def _is_foreign(self, repository: str) -> bool:
        """Whether an image's name shares no word with the project, its folders or its files at the top."""
        return self._own_words.isdisjoint(_words(repository))

    def _from_builds(self, repository: str, tag: str, near: str, foreign: bool) -> Fact[ImageLink] | None:
        """What the tools' own files say; of a third party's image only where they name all of it."""
        builds = [build for build in self._builds if build.image and build.confidence > Confidence.LOW]
        return self._pick(self._matching(builds, repository, foreign, near), repository, tag, near)

    def _from_advice(self, repository: str, tag: str, near: str, exact: bool) -> Fact[ImageLink] | None:
        """What people are told to type: exact where it names the whole image, or stands beside the manifest."""
        builds = [build for build in self._builds if build.image and build.confidence == Confidence.LOW]
        folder = posixpath.dirname(near)
        found = [
            build
            for build in self._matching(builds, repository, False, near)
            if not exact or build.image == repository or posixpath.dirname(build.file) == folder
        ]
        picked = self._pick(found, repository, tag, near)
        return picked if picked is not None and picked.is_known else None

    def _pick(self, found: list[Build], repository: str, tag: str, near: str) -> Fact[ImageLink] | None:
        """What ``found`` agree on; None where there are none, or where the tag names what none of them builds."""
        if _differ(found):
            found = [build for build in found if build.dockerfile in self._artifacts.files] or found
        if _differ(found) and tag:
            found = [build for build in found if build.tag == tag] or found
        if _differ(found):
            wanted = tag_name(tag)
            tagged = [build for build in found if tag_name(build.tag) == wanted]
            if wanted and not tagged:
                return None
            found = tagged or found
        # A local override builds the same image for development: the plain file counts.
        for narrowed in (_nearest, _plain_files, _plain_targets, _surest):
            if _differ(found):
                found = narrowed(found, near) or found
        if _differ(found):
            found = self._by_default(found, repository) or found
        if not found:
            return None
        if _differ(found):
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

    def _by_default(self, builds: list[Build], repository: str) -> list[Build]:
        """Of the ways in which a CI system builds one image, that of Compose where no variable is set."""
        files = {file.path for file in self._artifacts.compose}
        chosen = [build for build in builds if build.file in files and build.image == repository]
        others = {(build.dockerfile, build.target) for build in builds if build.file not in files}
        is_one_of_them = all((build.dockerfile, build.target) in others for build in chosen)
        return chosen if is_one_of_them and not _differ(chosen) else []

    def _matching(self, builds: list[Build], repository: str, whole_only: bool, near: str) -> list[Build]:
        """The builds that make an image: of the same name, else of one that ends alike, else of the same last part.

        Builds for development do not count where only a part of the name fits, nor does the last part
        alone where another Dockerfile stands nearer to who asks.
        """
        whole = [build for build in builds if build.whole and build.image == repository]
        if whole_only:
            return whole
        ends = [
            build
            for build in builds
            if f"/{repository}".endswith(f"/{build.image}") and ("/" in build.image or not build.whole)
        ]
        nearest = next((_depth(folder) for folder in _above(near) if folder in self._building), 0)
        last = [
            build
            for build in _alike(builds, repository)
            if (build.whole or "/" not in repository) and _nearness(build, near) >= nearest
        ]
        for tier in (whole, ends, last):
            if not all(_for_development(build) for build in tier):
                return tier
        return whole

    def _is_of_others(self, repository: str) -> bool:
        """Whether an image's name shares no word with the project: then "server" at its end fits too many."""
        is_whole = plain(repository) in common_words("endings")
        return not is_whole and not self._own_words.intersection(_words(repository))

    def _by_tag(self, tag: str, built: Fact[ImageLink], near: str) -> Fact[ImageLink] | None:
        """The Dockerfile that a tag names, where the tools that build the image know neither that tag nor that file."""
        name = tag_name(tag)
        if not name or not built.is_known:
            return None
        if any(tag_name(build.tag) == name for build in self._builds_of(built.value.dockerfile)):
            return None
        folders = [one for one, target in self._names.get(name, ()) if target is None]
        if not folders or any(self._builds_of(one) or one is built.value.dockerfile for one in folders):
            return None
        return self._by_name(name, f"the tag {tag}", near)

    def _is_elsewhere(self, link: ImageLink, name: str, repository: str, near: str) -> bool:
        """Whether only the end of an image's name fits, and the Dockerfile is in another part of the folder of both.

        Of two examples in one folder each may have a "transformer" of its own.
        """
        rest = _words(repository.rsplit("/", 1)[-1]) - _words(name)
        if not rest or rest & (self._own_words | _words(link.dockerfile.path)):
            return False
        folder = posixpath.dirname(link.dockerfile.path)
        return 0 < _shared(link.dockerfile.path, near) < _depth(folder) - 1

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
        stage = dockerfile.stage(target) if target is not None else self._shipped(dockerfile)
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
                self._shipped(dockerfile),
                self._context(dockerfile),
                "the only Dockerfile of the repository",
                Confidence.MEDIUM,
            )
        )

    def _context(self, dockerfile: Dockerfile) -> str:
        build = next(iter(self._builds_of(dockerfile)), None)
        return (
            build.context
            if build is not None
            else guess_context(dockerfile, self._artifacts.files, self._artifacts.folders)
        )

    def _shipped(self, dockerfile: Dockerfile) -> Stage:
        """The stage that all builds of a Dockerfile name, else the last."""
        targets = {build.target for build in self._builds_of(dockerfile)}
        return (dockerfile.stage(next(iter(targets))) if len(targets) == 1 else None) or dockerfile.final

    def _builds_of(self, dockerfile: Dockerfile) -> list[Build]:
        """The builds of a Dockerfile, without those for development where there are others; the surest first."""
        found = self._built.get(dockerfile.path, [])
        for narrowed in (_plain_files, _plain_targets):
            found = narrowed(found, "") or found
        return sorted(found, key=lambda build: -build.confidence)

    def is_built_by_compose_alone(self, dockerfile: Dockerfile) -> bool:
        """Whether a Dockerfile is built, and by nothing but Compose."""
        composed = {file.path for file in self._artifacts.compose}
        files = {build.file for build in self._built.get(dockerfile.path, ())}
        return bool(files) and files <= composed

    def unlinked(self, dockerfile: Dockerfile) -> ImageLink:
        """A Dockerfile for itself: the stage that its build file names, else the last."""
        context, reason = self._context(dockerfile), "the Dockerfile itself"
        return ImageLink(dockerfile, self._shipped(dockerfile), context, reason, Confidence.HIGH)


def is_development(path: str) -> bool:
    """Whether a path says that it is for development or tests only."""
    return _DEVELOPMENT.search(path.lower()) is not None


def _literal_name(image: str) -> str:
    """The last part of an image's name where only its registry or its tag are filled in later, else ''."""
    last = image.rsplit("/", 1)[-1].split(":", 1)[0].split("@", 1)[0]
    return last if re.fullmatch(r"[a-z0-9]+([._-]+[a-z0-9]+)*", last) and "/" in image else ""


def _renames(artifacts: Artifacts) -> dict[str, str]:
    """Images that a kustomization renames, by the name that manifests write: only where all agree."""
    targets: dict[str, set[str]] = defaultdict(set)
    for kustomization in artifacts.kustomizations:
        for override in kustomization.images:
            if override.new_name:
                targets[override.name].add(override.new_name)
    return {name: next(iter(found)) for name, found in targets.items() if len(found) == 1}


def _alike(builds: list[Build], repository: str) -> list[Build]:
    """The builds of images with the same last part."""
    last = repository.rsplit("/", 1)[-1]
    return [build for build in builds if build.image.rsplit("/", 1)[-1] == last]


def _for_development(build: Build) -> bool:
    # The file of a CI system may be called after it, whatever it builds.
    is_ci = build.file.startswith((".github/", ".gitlab", ".circleci/")) or "cloudbuild" in build.file
    return is_development(build.dockerfile) or (not is_ci and is_development(build.file))


def _differ(builds: list[Build]) -> bool:
    return len({(build.dockerfile, build.target) for build in builds}) > 1


def _nearness(build: Build, near: str) -> int:
    """How many folders a file shares with what describes a build, or with its Dockerfile: a CI file is near nothing."""
    return max(_shared(build.file, near), _shared(build.dockerfile, near))


def _nearest(builds: list[Build], near: str) -> list[Build]:
    best = max(_nearness(build, near) for build in builds)
    return [build for build in builds if _nearness(build, near) == best]


def _plain_files(builds: list[Build], _: str) -> list[Build]:
    return [build for build in builds if not _for_development(build)]


def _plain_targets(builds: list[Build], _: str) -> list[Build]:
    return [build for build in builds if build.target is None or not is_development(build.target)]


def _surest(builds: list[Build], _: str) -> list[Build]:
    best = max(build.confidence for build in builds)
    return [build for build in builds if build.confidence == best]


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


def _above(path: str) -> Iterator[str]:
    """The folders that a file is in, the inner ones first."""
    while path := posixpath.dirname(path):
        yield path


def _depth(folder: str) -> int:
    return folder.count("/") + 1


def _words(name: str) -> frozenset[str]:
    return frozenset(word for word in re.split(r"[^a-z0-9]+", name.lower()) if len(word) > 2)


def _builds(artifacts: Artifacts) -> Iterable[Build]:
    if not artifacts.dockerfiles and not artifacts.skaffold:
        return ()
    from k8slint.workload.builds import builds_of

    return builds_of(artifacts)
