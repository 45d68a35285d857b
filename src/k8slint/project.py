"""A project: its files, read, joined into workloads, and handed out as units to rules."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar, cast

from k8slint.location import Location, Notice
from k8slint.models.python_interest import Interest
from k8slint.models.source import Source, decode
from k8slint.rule import Needs
from k8slint.workload.annotations import Annotation, ignore_annotations
from k8slint.workload.artifacts import Artifacts, FileText
from k8slint.workload.chart_reading import HelmRun
from k8slint.workload.join import Joiner
from k8slint.workload.unknown_kinds import unknown_kinds
from k8slint.workload.variants import Variants
from k8slint.workload.workload import Role, Workload

if TYPE_CHECKING:
    from k8slint.workload.cuda_wheels import CudaWheels
    from k8slint.workload.file_list import ListedFile
    from k8slint.workload.image_tags import MutableImage
    from k8slint.workload.memory import Memory
    from k8slint.workload.migrations import Migration
    from k8slint.workload.references import ImageReference

__all__ = ["FileText", "HelmRun", "Project", "charts_for_helm"]

T = TypeVar("T")


def charts_for_helm(files: Mapping[str, FileText]) -> tuple[str, ...]:
    """The folders of the charts among ``files`` that ``helm template`` can render."""
    from k8slint.workload.charts import installable

    charts = {posixpath.dirname(path) or "." for path in files if posixpath.basename(path) == "Chart.yaml"}
    return installable(charts, files, lambda path: decode(path, files[path].data))


class Project:
    """Everything that rules can be run on. Itself a unit, for rules that look across objects."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts
        self._joiner = Joiner(artifacts)
        self._unknown_kinds = tuple(unknown_kinds(artifacts.objects))
        self.workloads: tuple[Workload, ...] = self._joiner.workloads()

    @staticmethod
    def from_files(
        files: Mapping[str, FileText],
        interest: frozenset[str],
        name: str,
        manifests: Collection[str] | None = None,
        helm: HelmRun | None = None,
        memory: Memory | None = None,
    ) -> Project:
        """Read and join ``files``; ``interest`` are the Python calls that the rules to be run look for.

        ``manifests`` are the files whose Kubernetes objects are judged, None for all; ``helm`` is what
        helm made of the charts; ``memory`` is what is known of the files from earlier runs.
        """
        wanted = Interest(interest | _models_interest() if any(path.endswith(".py") for path in files) else interest)
        return Project(Artifacts(files, wanted, name, manifests, helm, memory))

    def units(self, target: type[T]) -> Iterable[T]:
        """All units of one type: workloads, objects, Dockerfiles, scripts, Python files that were read, the project."""
        if target is Workload:
            return cast("Iterable[T]", self.workloads)
        if target is Project:
            return cast("Iterable[T]", (self,))
        from k8slint.models.dockerfile import Dockerfile
        from k8slint.models.manifest import KubernetesObject
        from k8slint.models.python import PythonFile
        from k8slint.models.shell import ShellScript

        by_type: dict[type[object], Iterable[object]] = {
            KubernetesObject: self._artifacts.objects,
            Dockerfile: self._artifacts.dockerfiles,
            ShellScript: [one for one in self._artifacts.script.values() if one is not None],
            PythonFile: [one for one in self._artifacts.python.values() if one is not None],
        }
        if target not in by_type:
            raise TypeError(f"there are no units of type {target.__name__}")
        return cast("Iterable[T]", by_type[target])

    def image_references(self) -> Iterator[ImageReference]:
        """Every image that a manifest, a Compose service or FROM names, with what is known of its build."""
        from k8slint.workload.references import image_references

        return image_references(self._artifacts, self._joiner.links)

    def listed_files(self) -> Iterator[ListedFile]:
        """Every file that was read, with what it is taken for."""
        from k8slint.workload.file_list import listed_files

        return listed_files(self._artifacts, self.workloads)

    def mutable_images(self) -> Iterator[MutableImage]:
        """Every image without a tag or with ``latest`` that is deployed as written, or that an image is built from."""
        from k8slint.workload.image_tags import mutable_images

        return mutable_images(self._artifacts, self._joiner.links, self.workloads)

    def migrations(self) -> Iterator[Migration]:
        """Every database migration that each of several pods runs when it starts."""
        from k8slint.workload.migrations import migrations

        return migrations(self._artifacts, self.workloads)

    def cuda_wheels(self) -> Iterator[CudaWheels]:
        """Every image that installs CUDA libraries, and of which no container gets a GPU."""
        from k8slint.workload.cuda_wheels import cuda_wheels

        return cuda_wheels(self.workloads)

    @property
    def rendered_by_helm(self) -> frozenset[str]:
        """The templates of charts that helm has rendered."""
        return self._artifacts.charts.rendered

    @property
    def notices(self) -> tuple[Notice, ...]:
        return *self._artifacts.notices, *self._joiner.notices, *self._unknown_kinds

    @property
    def lacks(self) -> frozenset[Needs]:
        """What rules may need and this project does not hold."""
        holds = {
            Needs.KUBERNETES: bool(self._artifacts.objects),
            Needs.DOCKERFILE: bool(self._artifacts.dockerfiles),
            Needs.PYTHON: bool(self._artifacts.python_paths),
        }
        return frozenset(needed for needed, is_there in holds.items() if not is_there)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many of each were read, for the summary."""
        joined = [one for one in self.workloads if one.container is not None or one.role is Role.SERVICE]
        return {
            "Python files": len(self._artifacts.python_paths),
            "Dockerfiles": len(self._artifacts.dockerfiles),
            "Kubernetes objects": len({(one.kind, one.location) for one in self._artifacts.objects}),
            "workloads": len({_written_at(one) for one in joined}),
            "linked to an image": len({_written_at(one) for one in joined if one.link.is_known}),
        }

    def source(self, path: str) -> Source:
        """The decoded text of a file."""
        return self._artifacts.source(path)

    def comments(self, path: str) -> tuple[tuple[int, str], ...]:
        """The comments of a file that mention k8slint, with their lines."""
        if path not in self._artifacts.files or b"k8slint" not in self._artifacts.files[path].data:
            return ()
        if path.endswith(".py"):
            module = self._artifacts.python(path)
            return module.comments if module is not None else ()
        found = _hash_comments(self.source(path))
        return tuple((line, comment) for line, comment in found if "k8slint" in comment)

    def instructions(self, path: str) -> list[Location]:
        """The places of a Dockerfile's instructions; none of another file."""
        found = self._artifacts.dockerfile(path)
        stages = found.stages if found is not None else ()
        return [one.location for stage in stages for one in (stage.from_, *stage.instructions)]

    @property
    def paths(self) -> Iterable[str]:
        return self._artifacts.files.keys()

    @property
    def annotations(self) -> tuple[Annotation, ...]:
        """``k8slint.dev/ignore`` annotations, one for each place at which one is written."""
        return ignore_annotations(self._artifacts.objects)

    @property
    def variants(self) -> Variants:
        """Which variants there are of each object and workload."""
        return Variants(
            (*self._artifacts.objects, *self.workloads),
            {**self._artifacts.overlays.files, **self._artifacts.charts.files},
        )


def _models_interest() -> frozenset[str]:
    """The calls that the models look for."""
    from k8slint.workload.celery_code import setting_words
    from k8slint.workload.concurrency import concurrency_calls
    from k8slint.workload.cores import COUNTS
    from k8slint.workload.libraries import library_calls
    from k8slint.workload.lifetime import call_names
    from k8slint.workload.project_scripts import SETUP_CALLS
    from k8slint.workload.shutdown import stopping_calls

    own = (*call_names(), *COUNTS, *SETUP_CALLS, *concurrency_calls(), *library_calls(), *setting_words())
    return frozenset((*own, *stopping_calls()))


def _written_at(workload: Workload) -> tuple[object, ...]:
    owner, container = workload.owner, workload.container
    part = owner.pod.name if owner is not None and owner.pod is not None else ""
    service = workload.compose[0].location if workload.role is Role.SERVICE else None
    return (owner and owner.location, part, container and container.name, workload.role, service)


def _hash_comments(source: Source) -> Iterator[tuple[int, str]]:
    """Comments of languages whose comments start with ``#`` at the start of a line or after a blank."""
    for number in range(1, source.line_count + 1):
        line = source.line(number)
        stripped = line.lstrip()
        if stripped.startswith("#"):
            yield number, stripped
        elif " #" in line or "\t#" in line:
            at = max(line.rfind(" # k8slint"), line.rfind("\t# k8slint"))
            if at >= 0:
                yield number, line[at + 1 :]
