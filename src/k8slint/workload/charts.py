"""The objects of the project's Helm charts, as they are with the values that the charts come with."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from collections.abc import Mapping as ReadOnly
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field

from k8slint.fact import Place
from k8slint.location import Location, Notice, NoticeLevel, whole_file
from k8slint.models.manifest import KubernetesObject, is_manifest, objects_in
from k8slint.models.source import Source
from k8slint.models.template_lexer import TemplateError
from k8slint.models.template_numbers import LimitError
from k8slint.models.template_output import documents
from k8slint.models.template_parser import Part, Template, parse_template
from k8slint.models.template_render import Rendering
from k8slint.models.template_text import Piece, Text, plain
from k8slint.models.template_values import Mapping, Value, copied, from_node, merged, unset
from k8slint.models.yaml import Document, Node, YamlMapping, load_documents, text
from k8slint.models.yaml_either import either

# Any version that is still supported: what charts ask is whether it is newer than one that no longer is.
_KUBERNETES = (1, 33)
_MOST_VARIANTS = 8
_VALUES = re.compile(r"values[^/]*\.ya?ml|[^/]*[._-]values\.ya?ml")
_DEVELOPMENT = re.compile(
    r"(^|[._-])(dev|develop|development|tests?|testing|ci|local|localhost|minikube|kind|k3d|examples?|debug|e2e)([._-]|$)"
)


@dataclass(frozen=True, slots=True)
class ChartReading:
    """The objects of all charts, notices for what could not be read, and the files that may hold what is not known.

    ``files`` are the values files that each variant is made of.
    """

    objects: tuple[KubernetesObject, ...] = ()
    notices: tuple[Notice, ...] = ()
    unread: tuple[str, ...] = ()
    files: ReadOnly[Place, frozenset[str]] = dataclass_field(default_factory=dict)


def read_charts(charts: Collection[str], paths: Collection[str], source: Callable[[str], Source]) -> ChartReading:
    """Read the charts whose folders are ``charts``.

    A chart in the ``charts/`` folder of another is a third party's if that one takes it from a repository, and is not
    judged; a library has nothing to deploy.
    """
    objects: list[KubernetesObject] = []
    notices: list[Notice] = []
    unread: list[str] = []
    files: dict[Place, frozenset[str]] = {}
    for folder in sorted(charts):
        if _holder(folder, charts):
            continue
        chart = _Chart(folder, sorted(path for path in paths if _inside(path, folder)), source)
        objects.extend(chart.objects())
        notices.extend(chart.notices)
        unread.extend(chart.unread)
        files.update(chart.files)
    return ChartReading(tuple(objects), tuple(notices), tuple(unread), files)


def _inside(path: str, folder: str) -> bool:
    return folder == "." or path.startswith(f"{folder}/")


def _holder(folder: str, charts: Collection[str]) -> str:
    """The chart in whose ``charts/`` folder another one lies, or ''."""
    above, name = posixpath.split(posixpath.dirname(folder))
    return (above or ".") if name == "charts" and (above or ".") in charts else ""


class _Chart:
    def __init__(self, folder: str, paths: list[str], source: Callable[[str], Source]) -> None:
        self._folder = folder
        self._paths = paths
        self._source = source
        self.notices: list[Notice] = []
        self.unread: list[str] = []
        self.files: dict[Place, frozenset[str]] = {}
        self._named: dict[str, tuple[Part, ...]] = {}
        self._templates: dict[str, Template] = {}

    def objects(self) -> Iterator[KubernetesObject]:
        about = self._mapping("Chart.yaml")
        if about is None or text(about.get("type")) == "library":
            return
        self._parse()
        for place, values in self._variants():
            self.files[place] = frozenset((place.location.path, self._path("values.yaml")))
            for one in self._rendered(about, values):
                yield replace(one, variant=place)

    def _path(self, name: str) -> str:
        return name if self._folder == "." else f"{self._folder}/{name}"

    def _mapping(self, name: str) -> YamlMapping | None:
        path = self._path(name)
        if path not in self._paths:
            return None
        found, notices = load_documents(self._source(path))
        self.notices.extend(notices)
        return next((one.root for one in found if isinstance(one.root, YamlMapping)), None)

    def _parse(self) -> None:
        """Read the templates; those of charts below come first, because the chart's own win."""
        own = self._path("templates/")
        for path in sorted(self._paths, key=lambda path: (path.startswith(own), path)):
            is_own = path.startswith(own)
            if not is_own and ("/templates/" not in path or not posixpath.basename(path).startswith("_")):
                continue
            source = self._source(path)
            try:
                template = parse_template(Text((Piece(source.text, source),)))
            except TemplateError as error:
                if is_own:
                    self._skip(path, source.line_span(source.position(error.offset)[0]), error.reason)
                continue
            self._named.update(template.defines)
            if is_own and path.endswith((".yaml", ".yml", ".tpl")):
                self._templates[path] = template

    def _skip(self, path: str, place: Location, reason: str) -> None:
        if path not in self.unread:
            self.unread.append(path)
            message = f"a template of a Helm chart that cannot be read: {reason}"
            self.notices.append(Notice(place, message, NoticeLevel.NOTE))

    def _variants(self) -> Iterator[tuple[Place, Value]]:
        """The values that the chart comes with, and with each other values file beside them laid over those."""
        base = self._values("values.yaml")
        name = self._path("values.yaml")
        yield Place(whole_file(name), posixpath.basename(name)), base
        count = 0
        for path in self._paths:
            file = path if self._folder == "." else path[len(self._folder) + 1 :]
            if "/" in file or file == "values.yaml" or not _VALUES.fullmatch(file) or _DEVELOPMENT.search(file):
                continue
            count += 1
            if count > _MOST_VARIANTS:
                message = f"more than {_MOST_VARIANTS} files of values: this one and those after it are not tried"
                self.notices.append(Notice(whole_file(path), message, NoticeLevel.NOTE))
                return
            yield Place(whole_file(path), file), merged(base, self._values(file))

    def _values(self, name: str) -> Value:
        root = self._mapping(name)
        return from_node(root) if root is not None else Value(Mapping({}, True))

    def _rendered(self, about: YamlMapping, values: Value) -> Iterator[KubernetesObject]:
        plainly = _root(about, copied(values))
        turned = _root(about, copied(values))
        for path, template in self._templates.items():
            name = posixpath.basename(path)
            if name.startswith("_") or "/templates/tests/" in f"/{path}" or name.lower().startswith("notes."):
                continue
            try:
                documents_found = self._documents(path, template, plainly, turned)
            except LimitError as error:
                self._skip(path, whole_file(path), str(error))
                continue
            for root in documents_found:
                yield from (one for one in objects_in(path, root) if not _is_test(one))

    def _documents(self, path: str, template: Template, plainly: Value, turned: Value) -> list[Node]:
        """The documents that a template gives: what a condition that is not known decides is unknown in them."""
        first = Rendering(self._named)
        found = self._read(path, first.render(template, _for(plainly, path)))
        if first.met == 0:
            return [one.root for one in found]
        other = self._read(path, Rendering(self._named, flips=True).render(template, _for(turned, path)))
        return list(_united(found, other))

    def _read(self, path: str, rendered: Text) -> list[Document]:
        found, notices = documents(path, rendered, is_manifest)
        for notice in notices:
            if notice.level is NoticeLevel.ERROR or "rendering" in notice.message:
                reason = notice.message.partition(": line ")[2].partition(": ")[2] or notice.message
                self._skip(path, notice.location, f"what it renders to is no YAML, {reason}")
        return found


def _united(found: list[Document], other: list[Document]) -> Iterator[Node]:
    there = dict(_numbered(other))
    for key, one in _numbered(found):
        match = there.pop(key, None)
        yield either(one.root, match.root) if match is not None else one.root
    # What may be deployed is judged; a Service or an autoscaler that may be there tells nothing of the others.
    yield from (one.root for one in there.values() if any(made.pod is not None for made in objects_in("", one.root)))


def _numbered(found: Iterable[Document]) -> Iterator[tuple[tuple[str, int], Document]]:
    counts: dict[str, int] = {}
    for one in found:
        kind = text(one.root.get("kind")) or "" if isinstance(one.root, YamlMapping) else ""
        counts[kind] = counts.get(kind, 0) + 1
        yield (kind, counts[kind]), one


def _root(about: YamlMapping, values: Value) -> Value:
    """What a template is given: https://helm.sh/docs/chart_template_guide/builtin_objects/"""
    chart = {key[:1].upper() + key[1:]: _placeless(from_node(node)) for key, node in about.items()}
    major, minor = (str(part) for part in _KUBERNETES)
    version = Value(plain(f"v{major}.{minor}.0"))
    kubernetes = {"Version": version, "GitVersion": version, "Major": Value(plain(major)), "Minor": Value(plain(minor))}
    release = {
        "Name": Value(plain("release-name")),
        "Namespace": unset("$.Release.Namespace"),
        "Service": Value(plain("Helm")),
        "Revision": Value(1),
        "IsInstall": Value(True),
        "IsUpgrade": Value(False),
    }
    capabilities = {"KubeVersion": Value(Mapping(kubernetes))}
    return Value(
        Mapping(
            {
                "Values": values,
                "Chart": Value(Mapping(chart)),
                "Release": Value(Mapping(release)),
                "Capabilities": Value(Mapping(capabilities, True)),
                "Files": unset("$.Files"),
                "Subcharts": unset("$.Subcharts"),
            }
        )
    )


def _for(root: Value, path: str) -> Value:
    entries = dict(root.data.entries) if isinstance(root.data, Mapping) else {}
    folder = path.partition("/templates/")[0] + "/templates"
    entries["Template"] = Value(Mapping({"Name": Value(plain(path)), "BasePath": Value(plain(folder))}))
    return Value(Mapping(entries))


def _placeless(value: Value) -> Value:
    """A value of Chart.yaml: where it is written is not where a person would change what the template makes of it."""
    if isinstance(value.data, Text):
        return Value(plain(value.data.text))
    return Value(value.data)


def _is_test(one: KubernetesObject) -> bool:
    """Whether an object runs for ``helm test`` only."""
    return "test" in one.annotations.get("helm.sh/hook", "")
