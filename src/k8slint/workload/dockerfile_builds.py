"""What the tools of a project make of a Dockerfile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from k8slint.models.dockerfile import Dockerfile, Stage
from k8slint.rule import Confidence
from k8slint.workload.artifacts import Artifacts
from k8slint.workload.build_choice import without_development
from k8slint.workload.image_files import guess_context

if TYPE_CHECKING:
    from k8slint.workload.builds import Build


class DockerfileBuilds:
    """The builds of each Dockerfile that are more than advice."""

    def __init__(self, artifacts: Artifacts, builds: Iterable[Build]) -> None:
        self._artifacts = artifacts
        self._built: dict[str, list[Build]] = defaultdict(list)
        for build in builds:
            if build.confidence > Confidence.LOW:
                self._built[build.dockerfile].append(build)

    def of(self, dockerfile: Dockerfile) -> list[Build]:
        """The builds of a Dockerfile, without those for development where there are others; the surest first."""
        found = without_development(self._built.get(dockerfile.path, []))
        return sorted(found, key=lambda build: -build.confidence)

    def context(self, dockerfile: Dockerfile) -> str:
        """The folder that its surest build sends; a guess where it has none."""
        build = next(iter(self.of(dockerfile)), None)
        if build is not None:
            return build.context
        return guess_context(dockerfile, self._artifacts.files, self._artifacts.folders)

    def shipped(self, dockerfile: Dockerfile) -> Stage:
        """The stage that all builds of a Dockerfile name, else the last."""
        targets = {build.target for build in self.of(dockerfile)}
        return (dockerfile.stage(next(iter(targets))) if len(targets) == 1 else None) or dockerfile.final

    def by_compose_alone(self, dockerfile: Dockerfile) -> bool:
        """Whether a Dockerfile is built, and by nothing but Compose."""
        composed = {file.path for file in self._artifacts.compose}
        files = {build.file for build in self._built.get(dockerfile.path, ())}
        return bool(files) and files <= composed
