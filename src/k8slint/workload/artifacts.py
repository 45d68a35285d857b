"""All artifacts of one project, parsed when first asked for."""

from __future__ import annotations

import posixpath
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct

from k8slint.location import Location, Notice, NoticeLevel
from k8slint.models.manifest import KubernetesObject
from k8slint.models.source import Source, decode
from k8slint.workload.chart_reading import ChartReading, HelmRun
from k8slint.workload.file_class import FileKind, classify, is_yaml, set_aside

# A parser is imported where a file needs it.
if TYPE_CHECKING:
    from k8slint.models.compose import ComposeFile
    from k8slint.models.dockerfile import Dockerfile
    from k8slint.models.kustomization import Kustomization
    from k8slint.models.python import Interest, PythonFile
    from k8slint.models.shell import ShellScript
    from k8slint.models.skaffold import SkaffoldArtifact
    from k8slint.workload.chart_templates import DisabledObject
    from k8slint.workload.memory import Memory
    from k8slint.workload.overlays import Overlays

T = TypeVar("T")


class FileText(Struct, frozen=True):
    """One file of the linted tree: its path from the root with forward slashes, its bytes and its mode."""

    path: str
    data: bytes
    mode: int


class _Memo(Generic[T]):
    """Remembers what a path was parsed to."""

    def __init__(self, parse: Callable[[str], T]) -> None:
        self._parse = parse
        self._known: dict[str, T] = {}

    def __call__(self, path: str) -> T:
        if path not in self._known:
            self._known[path] = self._parse(path)
        return self._known[path]

    def values(self) -> Iterable[T]:
        return self._known.values()


class Artifacts:
    """The files of a project by path, and what each of them says.

    Files are parsed when first asked for and once. A file that cannot be parsed is None and leaves a notice.
    ``name`` is the name of the project's folder. ``manifests`` are the files whose objects are judged, None for all.
    ``helm`` is what helm made of the charts, where it was asked for; ``memory`` what is known from earlier runs.
    """

    def __init__(
        self,
        files: Mapping[str, FileText],
        interest: Interest,
        name: str,
        manifests: Collection[str] | None = None,
        helm: HelmRun | None = None,
        memory: Memory | None = None,
    ) -> None:
        self.files = files
        self._memory = memory
        self.name = name
        self.interest = interest
        self._helm = helm or HelmRun()
        self._notices: list[Notice] = []
        self.source = _Memo(self._source)
        self.python = _Memo(self._python)
        self.python_in_full = _Memo(self._python_in_full)
        self.script = _Memo(self._script)
        self._dockerfile = _Memo(self._parse_dockerfile)
        self._mentioned = _Memo(self._mentions)
        self.folders = frozenset(folder for path in files for folder in _folders(path))
        self.dockerfiles = tuple(
            found for path in sorted(files) if is_dockerfile(path) and (found := self._dockerfile(path)) is not None
        )
        self.python_paths = frozenset(path for path in files if path.endswith(".py"))
        classes = {path: classify(path, files[path].data, files) for path in sorted(files) if is_yaml(path)}
        self.classes = classes if manifests is None else set_aside(classes, manifests)
        self._read_yaml()

    @property
    def notices(self) -> tuple[Notice, ...]:
        return tuple(dict.fromkeys(self._notices))

    def _source(self, path: str) -> Source:
        return decode(path, self.files[path].data)

    def _python_in_full(self, path: str) -> PythonFile | None:
        """A file whose assignments count, such as a settings module, whether or not it holds a call of interest."""
        found = self.python(path)
        if found is None or found.full:
            return found
        return self._parsed(path, in_full=True)

    def _parsed(self, path: str, *, in_full: bool) -> PythonFile:
        source = self.source(path)
        if self._memory is None:
            from k8slint.models.python import parse_python

            return parse_python(source, self.interest, in_full)
        from k8slint.workload.memory import python_file

        return python_file(self._memory, source, self.files[path].data, self.interest, in_full)

    def _python(self, path: str) -> PythonFile | None:
        from k8slint.models.python import PythonSyntaxError

        try:
            return self._parsed(path, in_full=False)
        except PythonSyntaxError as error:
            runs_on = f"{sys.version_info.major}.{sys.version_info.minor}"
            message = f"cannot be read as Python {runs_on}, which k8slint runs on: {error.message}"
            self._note(error.location, message, NoticeLevel.ERROR)
            return None

    def _script(self, path: str) -> ShellScript | None:
        from k8slint.models.shell import parse_shell

        script = parse_shell(self.source(path))
        self._notices.extend(script.notices)
        return script

    def _parse_dockerfile(self, path: str) -> Dockerfile | None:
        from k8slint.models.dockerfile import DockerfileError, parse_dockerfile

        try:
            dockerfile = parse_dockerfile(self.source(path))
        except DockerfileError as error:
            templated = re.search(rb"\{\{|\{%|<%|%%\w+%%", self.files[path].data) is not None
            # Dockerfile.requirements.in may be anything that belongs to a Dockerfile; a Dockerfile is meant to be one.
            is_named = posixpath.basename(path).lower() in ("dockerfile", "containerfile")
            is_meant = is_named or re.search(rb"^\s*FROM\s", self.files[path].data, re.MULTILINE | re.IGNORECASE)
            level = NoticeLevel.ERROR if is_meant and not templated else NoticeLevel.NOTE
            self._note(error.location, f"not a Dockerfile that can be read: {error.message}", level)
            return None
        self._notices.extend(dockerfile.notices)
        return dockerfile

    def _read_yaml(self) -> None:
        found: list[KubernetesObject] = []
        compose: list[ComposeFile] = []
        skaffold: list[SkaffoldArtifact] = []
        kustomizations: list[Kustomization] = []
        unread: list[str] = []
        for path, file_class in self.classes.items():
            kind = file_class.kind
            if file_class.chart:
                continue
            if kind is FileKind.KUSTOMIZATION and (kustomization := self._kustomization(path)):
                kustomizations.append(kustomization)
            elif kind is FileKind.SKAFFOLD and (artifacts := self._skaffold(path)):
                skaffold.extend(artifacts)
            elif kind in (FileKind.MANIFEST, FileKind.KUSTOMIZATION, FileKind.SKAFFOLD):
                here, notices = self._manifest(path)
                found.extend(here)
                self._notices.extend(notices)
                if notices:
                    unread.append(path)
            elif kind is FileKind.COMPOSE and (file := self._compose(path)):
                compose.append(file)
                self._notices.extend(file.notices)
        self.charts = self._read_charts(found)
        unread.extend(self.charts.unread)
        self.overlays = self._overlays(kustomizations, found, unread)
        self.written = (*found, *self.charts.objects)
        applied = (one for one in found if one.path not in self.overlays.sources)
        self.objects = (*applied, *self.overlays.objects, *self.charts.objects)
        self.compose = tuple(compose)
        self.skaffold = tuple(skaffold)
        self.kustomizations = tuple(kustomizations)
        self.unread_templates = tuple(unread)

    def _kustomization(self, path: str) -> Kustomization | None:
        from k8slint.models.kustomization import parse_kustomization

        return parse_kustomization(self.source(path))

    def _skaffold(self, path: str) -> Sequence[SkaffoldArtifact] | None:
        from k8slint.models.skaffold import parse_skaffold

        return parse_skaffold(self.source(path))

    def _compose(self, path: str) -> ComposeFile | None:
        from k8slint.models.compose import parse_compose

        return parse_compose(self.source(path))

    def _manifest(self, path: str) -> tuple[Sequence[KubernetesObject], Sequence[Notice]]:
        from k8slint.models.manifest import objects
        from k8slint.models.owned import owners_only

        source = self.source(path)
        if self._memory is None:
            return owners_only(*objects(source))
        from k8slint.workload.memory import manifest

        known, data = self._memory, self.files[path].data
        return owners_only(*objects(source, lambda: manifest(known, source, data)))

    def _read_charts(self, written: list[KubernetesObject]) -> ChartReading:
        charts = {one.chart for one in self.classes.values() if one.chart}
        if not charts:
            return ChartReading()
        from k8slint.workload.chart_tools import chart_installs, publishes_charts
        from k8slint.workload.charts import read_charts

        installs = chart_installs(charts, written, self.files, self.source)
        found = read_charts(charts, self.files, self.source, installs, publishes_charts(self.files), self._helm)
        self._notices.extend(found.notices)
        return found

    def disabled_in_charts(self) -> tuple[DisabledObject, ...]:
        """The objects of charts that a value disables: they are not judged."""
        charts = {one.chart for one in self.classes.values() if one.chart}
        if not charts:
            return ()
        from k8slint.workload.chart_tools import chart_installs, publishes_charts
        from k8slint.workload.charts import disabled_in_charts

        written = [one for one in self.written if one.variant is None]
        installs = chart_installs(charts, written, self.files, self.source)
        found = disabled_in_charts(charts, self.files, self.source, installs, publishes_charts(self.files))
        deployed = {(one.path, one.kind, one.name) for one in self.charts.objects}
        return tuple(one for one in found if (one.object.path, one.object.kind, one.object.name) not in deployed)

    def _overlays(
        self, kustomizations: list[Kustomization], written: list[KubernetesObject], unread: list[str]
    ) -> Overlays:
        from k8slint.workload.overlays import Overlays, kustomize, put_together

        if not kustomizations:
            return Overlays()
        by_path: dict[str, list[KubernetesObject]] = defaultdict(list)
        for one in written:
            by_path[one.path].append(one)
        found = put_together(kustomize(kustomizations, by_path, frozenset(unread), self.files, self.source))
        self._notices.extend(found.notices)
        return found

    def _note(self, location: Location, message: str, level: NoticeLevel) -> None:
        self._notices.append(Notice(location, message, level))

    def dockerfile(self, path: str) -> Dockerfile | None:
        """The Dockerfile at ``path``, None where there is none or it cannot be read."""
        return self._dockerfile(path) if path in self.files and is_dockerfile(path) else None

    def mentioned_in_templates(self, *words: str) -> bool:
        """Whether a template that was not rendered, or a value file of its chart, mentions one of ``words``.

        What no unread file mentions outside its comments is known to be absent; what one mentions is unknown.
        """
        return any(self._mentioned(word) for word in words)

    def _mentions(self, word: str) -> bool:
        wanted = re.compile(b"^[^#\n]*" + re.escape(word.encode()), re.MULTILINE)
        return any(wanted.search(self.files[path].data) for path in self.unread_templates)


def _folders(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path


def is_dockerfile(path: str) -> bool:
    """Whether a file name is one that builds an image: Dockerfile, Dockerfile.api, api.dockerfile, Containerfile."""
    name = posixpath.basename(path).lower()
    if name.endswith((".dockerignore", ".py", ".md", ".sh", ".yaml", ".yml", ".txt", ".json", ".go", ".ts", ".js")):
        return False
    stem_match = re.match(r"^(dockerfile|containerfile)($|[._-])", name)
    return stem_match is not None or name.endswith((".dockerfile", ".containerfile"))
