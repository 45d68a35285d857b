"""The templates of one Helm chart, and the objects that they make of some values."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as ReadOnly

from msgspec import Struct
from msgspec.structs import replace

from k8slint.location import Location, Notice, NoticeLevel, whole_file
from k8slint.models.manifest import KubernetesObject, is_manifest, objects_in
from k8slint.models.source import Source
from k8slint.models.template_lexer import TemplateError
from k8slint.models.template_numbers import LimitError
from k8slint.models.template_output import documents
from k8slint.models.template_parser import Part, Template, parse_template
from k8slint.models.template_render import Rendering
from k8slint.models.template_text import Piece, Text, plain
from k8slint.models.template_values import Mapping, Missing, Value, copied, from_node, unset
from k8slint.models.yaml import Document, Node, YamlMapping, load_documents, text
from k8slint.models.yaml_either import either
from k8slint.regex import regex

# Any version that is still supported: what charts ask is whether it is newer than one that no longer is.
_KUBERNETES = (1, 33)
_MOST_DISABLED = 50
_SETTINGS = regex(r"^kind:\s*(?:Secret|ConfigMap)\b", re.MULTILINE)

Named = ReadOnly[str, tuple[Part, ...]]


class DisabledObject(Struct, frozen=True):
    """An object that a chart does not deploy, ``because`` of a value: "by chart/values.yaml:3:5"."""

    object: KubernetesObject
    because: str


class ChartTemplates:
    """One chart: the files ``paths`` in its ``folder``. ``notices`` and ``unread`` say what could not be read."""

    def __init__(self, folder: str, paths: Sequence[str], source: Callable[[str], Source]) -> None:
        self.folder = folder
        self.paths = paths
        self.notices: list[Notice] = []
        self.unread: list[str] = []
        self.named: dict[str, tuple[Part, ...]] = {}
        self.withheld: set[tuple[str, str]] = set()
        """Kind and name of the ConfigMaps and Secrets that some values leave out."""
        self._source = source
        self._templates: dict[str, Template] = {}
        self.about = self.mapping("Chart.yaml")
        self.is_library = self.about is not None and text(self.about.get("type")) == "library"
        self._parse()

    def path(self, name: str) -> str:
        """A file of the chart from the project's root."""
        return name if self.folder == "." else f"{self.folder}/{name}"

    def mapping(self, name: str) -> YamlMapping | None:
        """What a file of the chart holds; None where it is not there or no mapping."""
        path = self.path(name)
        return self.mapping_at(path) if path in self.paths else None

    def mapping_at(self, path: str) -> YamlMapping | None:
        """What a file of the project holds, None for no mapping."""
        found, notices = load_documents(self._source(path))
        self.notices.extend(one for one in notices if one not in self.notices)
        return next((one.root for one in found if isinstance(one.root, YamlMapping)), None)

    def values(self, name: str = "values.yaml") -> Value:
        """What a file of values of the chart holds, an open mapping without keys where it is not there."""
        root = self.mapping(name)
        return from_node(root) if root is not None else Value(Mapping({}, Missing.UNSET))

    def _parse(self) -> None:
        """Read the templates; those of charts below come first, because the chart's own win."""
        own = self.path("templates/")
        for path in sorted(self.paths, key=lambda path: (path.startswith(own), path)):
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
            self.named.update(template.defines)
            if is_own and path.endswith((".yaml", ".yml", ".tpl")):
                self._templates[path] = template

    def _skip(self, path: str, place: Location, reason: str) -> None:
        if path not in self.unread:
            self.unread.append(path)
            message = f"a template of a Helm chart that cannot be read: {reason}"
            self.notices.append(Notice(place, message, NoticeLevel.NOTE))

    def objects(self, values: Value, named: Named) -> Iterator[KubernetesObject]:
        """What the templates make of ``values``; ``named`` are the named templates of the charts around this one."""
        if self.about is None or self.is_library:
            return
        together = {**self.named, **named}
        plainly = _root(self.about, _with_shared(copied(values)))
        turned = _root(self.about, _with_shared(copied(values)))
        for path, template in self._deployed():
            try:
                found = self._documents(path, template, together, _for(plainly, path), _for(turned, path))
                if _SETTINGS.search(self._source(path).text):
                    left_out = (one.object for one in self._left_out(path, template, together, values))
                    self.withheld.update((one.kind, one.name) for one in left_out if one.name)
            except LimitError as error:
                self._skip(path, whole_file(path), str(error))
                continue
            for root in found:
                yield from (one for one in objects_in(path, root) if not is_test(one))

    def disabled(self, values: Value, named: Named) -> Iterator[DisabledObject]:
        """The objects that ``values`` leave out; those beside them in the template are among them."""
        if self.about is None or self.is_library:
            return
        together = {**self.named, **named}
        for path, template in self._deployed():
            try:
                yield from self._left_out(path, template, together, values)
            except LimitError:
                continue

    def _left_out(self, path: str, template: Template, named: Named, values: Value) -> Iterator[DisabledObject]:
        if self.about is None:
            return
        plainly = Rendering(named)
        plainly.render(template, _for(_root(self.about, _with_shared(copied(values))), path))
        for choice, place in plainly.disabled[:_MOST_DISABLED]:
            woken = Rendering(named, held=choice)
            text = woken.render(template, _for(_root(self.about, _with_shared(copied(values))), path))
            written = choice.pipeline.written
            because = f"by {place}" if place is not None else f"by the condition {written}"
            for one in documents(path, text, is_manifest)[0]:
                yield from (DisabledObject(made, because) for made in objects_in(path, one.root))

    def _deployed(self) -> Iterator[tuple[str, Template]]:
        """The templates of objects: neither those of names, nor of tests and notes."""
        for path, template in self._templates.items():
            name = posixpath.basename(path)
            if not (name.startswith("_") or "/templates/tests/" in f"/{path}" or name.lower().startswith("notes.")):
                yield path, template

    def _documents(self, path: str, template: Template, named: Named, plainly: Value, turned: Value) -> list[Node]:
        """The documents that a template gives: what a condition that is not known decides is unknown in them."""
        first = Rendering(named)
        found = self._read(path, first.render(template, plainly))
        if first.met == 0:
            return [one.root for one in found]
        other = self._read(path, Rendering(named, flips=True).render(template, turned))
        return list(_united(found, other))

    def _read(self, path: str, rendered: Text) -> list[Document]:
        found, notices = documents(path, rendered, is_manifest)
        for notice in notices:
            if notice.level is NoticeLevel.ERROR or "rendering" in notice.message:
                reason = notice.message.partition(": line ")[2].partition(": ")[2] or notice.message
                self._skip(path, notice.location, f"what it renders to is no YAML, {reason}")
        return found


def is_test(one: KubernetesObject) -> bool:
    """Whether an object runs for ``helm test`` only."""
    return "test" in one.annotations.get("helm.sh/hook", "")


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
        "Namespace": unset("$.Release.Namespace", Missing.ELSEWHERE),
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
                "Capabilities": Value(Mapping(capabilities, Missing.ELSEWHERE)),
                "Files": unset("$.Files", Missing.ELSEWHERE),
                "Subcharts": unset("$.Subcharts", Missing.ELSEWHERE),
            }
        )
    )


def _with_shared(values: Value) -> Value:
    """The values, in which those under ``global`` are known only where the chart is installed with others."""
    if isinstance(values.data, Mapping):
        shared = values.data.entries.get("global", unset("$.Values.global", Missing.ELSEWHERE))
        values.data.entries["global"] = _given_elsewhere(shared)
    return values


def _given_elsewhere(value: Value) -> Value:
    if not isinstance(value.data, Mapping):
        return value
    entries = {key: _given_elsewhere(one) for key, one in value.data.entries.items()}
    return replace(value, data=Mapping(entries, Missing.ELSEWHERE))


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
