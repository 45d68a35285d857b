"""Which of the builds that the tools of a project describe make an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8slint.workload.artifacts import Artifacts
from k8slint.workload.development_paths import is_development
from k8slint.workload.folders import depth, folders_above, shared_folders
from k8slint.workload.link_names import tag_name

if TYPE_CHECKING:
    from k8slint.workload.builds import Build


def matching(
    builds: list[Build], repository: str, whole_only: bool, near: str, building: frozenset[str]
) -> list[Build]:
    """The builds that make an image: of the same name, else of one that ends alike, else of the same last part.

    Builds for development do not count where only a part of the name fits, nor does the last part
    alone where another Dockerfile stands nearer to who asks. ``building`` are the folders with a Dockerfile in them or
    somewhere below.
    """
    whole = [build for build in builds if build.whole and build.image == repository]
    if whole_only:
        return whole
    ends = [
        build
        for build in builds
        if f"/{repository}".endswith(f"/{build.image}") and ("/" in build.image or not build.whole)
    ]
    nearest = next((depth(folder) for folder in folders_above(near) if folder in building), 0)
    last = [
        build
        for build in alike(builds, repository)
        if (build.whole or "/" not in repository) and _nearness(build, near) >= nearest
    ]
    for tier in (whole, ends, last):
        if not all(is_for_development(build) for build in tier):
            return tier
    return whole


def narrowed(found: list[Build], repository: str, tag: str, near: str, artifacts: Artifacts) -> list[Build]:
    """Those of several builds of an image that are meant at ``near``; they may still differ.

    None where the tag names what none of them builds.
    """
    if differ(found):
        found = [build for build in found if build.dockerfile in artifacts.files] or found
    if differ(found) and tag:
        found = [build for build in found if build.tag == tag] or found
    if differ(found):
        wanted = tag_name(tag)
        tagged = [build for build in found if tag_name(build.tag) == wanted]
        if wanted and not tagged:
            return []
        found = tagged or found
    # A local override builds the same image for development: the plain file counts.
    for nearer in (_nearest, _plain_files, _plain_targets, _surest):
        if differ(found):
            found = nearer(found, near) or found
    if differ(found):
        found = _by_default(found, repository, artifacts) or found
    return found


def without_development(found: list[Build]) -> list[Build]:
    """The builds that are not for development, where there are such."""
    for plain in (_plain_files, _plain_targets):
        found = plain(found, "") or found
    return found


def _by_default(builds: list[Build], repository: str, artifacts: Artifacts) -> list[Build]:
    """Of the ways in which a CI system builds one image, that of Compose where no variable is set."""
    files = {file.path for file in artifacts.compose}
    chosen = [build for build in builds if build.file in files and build.image == repository]
    others = {(build.dockerfile, build.target) for build in builds if build.file not in files}
    is_one_of_them = all((build.dockerfile, build.target) in others for build in chosen)
    return chosen if is_one_of_them and not differ(chosen) else []


def alike(builds: list[Build], repository: str) -> list[Build]:
    """The builds of images with the same last part."""
    last = repository.rsplit("/", 1)[-1]
    return [build for build in builds if build.image.rsplit("/", 1)[-1] == last]


def is_for_development(build: Build) -> bool:
    """Whether a build makes an image for development, by its Dockerfile or the file that describes it."""
    # The file of a CI system may be called after it, whatever it builds.
    is_ci = build.file.startswith((".github/", ".gitlab", ".circleci/")) or "cloudbuild" in build.file
    return is_development(build.dockerfile) or (not is_ci and is_development(build.file))


def differ(builds: list[Build]) -> bool:
    """Whether builds make different things."""
    return len({(build.dockerfile, build.target) for build in builds}) > 1


def _nearness(build: Build, near: str) -> int:
    """How many folders a file shares with what describes a build, or with its Dockerfile: a CI file is near nothing."""
    return max(shared_folders(build.file, near), shared_folders(build.dockerfile, near))


def _nearest(builds: list[Build], near: str) -> list[Build]:
    best = max(_nearness(build, near) for build in builds)
    return [build for build in builds if _nearness(build, near) == best]


def _plain_files(builds: list[Build], _: str) -> list[Build]:
    return [build for build in builds if not is_for_development(build)]


def _plain_targets(builds: list[Build], _: str) -> list[Build]:
    return [build for build in builds if build.target is None or not is_development(build.target)]


def _surest(builds: list[Build], _: str) -> list[Build]:
    best = max(build.confidence for build in builds)
    return [build for build in builds if build.confidence == best]
