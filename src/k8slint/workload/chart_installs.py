"""With which values the project's own tools install its Helm charts: Argo CD, skaffold, helmfile."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterable, Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.helm_set import set_value
from k8slint.models.inline_yaml import inline_documents
from k8slint.models.manifest import KubernetesObject
from k8slint.models.project_path import project_path
from k8slint.models.source import Source
from k8slint.models.template_values import Value, from_node
from k8slint.models.yaml import Node, Scalar, YamlMapping, YamlSequence, is_null, load_documents, text


class ChartInstall(Struct, frozen=True):
    """One installation of the chart in the folder ``chart``.

    ``layers`` are laid over the chart's own values one after the other: paths of files in the project, and values that
    are written where the installation is.
    """

    chart: str
    layers: tuple[str | Value, ...]
    location: Location

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(one for one in self.layers if isinstance(one, str))

    @property
    def called(self) -> str:
        """What a person knows it by: the files of values, else the file that describes it."""
        return ", ".join(self.files) or self.location.path


class Charts:
    """Which folders hold charts, and which files there are."""

    def __init__(self, charts: Collection[str], paths: Collection[str]) -> None:
        self._charts = charts
        self._paths = paths

    def chart(self, folder: str, written: str | None) -> str:
        """The folder of the chart that a file in ``folder`` calls ``written``, or ''."""
        found = project_path(folder, written) if written else None
        if found is None:
            return ""
        return (found or ".") if (found or ".") in self._charts else ""

    def file(self, folder: str, written: str | None) -> str:
        """A file of values that a file in ``folder`` names, or ''."""
        found = project_path(folder, written) if written else None
        return found if found in self._paths and found is not None else ""


def of_applications(objects: Iterable[KubernetesObject], charts: Charts) -> Iterator[ChartInstall]:
    """Argo CD: https://argo-cd.readthedocs.io/en/stable/user-guide/helm/"""
    for one in objects:
        if one.kind != "Application" or one.group != "argoproj.io":
            continue
        several = one.root.get("spec", "sources")
        for source in (one.root.get("spec", "source"), *(several.items if isinstance(several, YamlSequence) else ())):
            if isinstance(source, YamlMapping):
                chart = charts.chart("", text(source.get("path")))
                layers = _of_application(source.get("helm"), chart, charts) if chart else None
                if layers is not None:
                    yield ChartInstall(chart, tuple(layers), source.location)


def _of_application(helm: Node | None, chart: str, charts: Charts) -> list[str | Value] | None:
    if not isinstance(helm, YamlMapping):
        return [] if is_null(helm) else None
    layers: list[str | Value] = []
    for item in _items(helm.get("valueFiles")):
        written = text(item) or ""
        path = charts.file("" if written.startswith("/") or chart == "." else chart, written.lstrip("/"))
        if not path:
            return None
        layers.append(path)
    inline = helm.get("values")
    if isinstance(inline, Scalar) and not is_null(inline):
        documents = inline_documents(inline)
        if documents is None:
            return None
        layers.extend(from_node(one) for one in documents[:1])
    if isinstance(given := helm.get("valuesObject"), YamlMapping):
        layers.append(from_node(given))
    for item in _items(helm.get("parameters")):
        if isinstance(item, YamlMapping):
            name = text(item.get("name"))
            as_text = text(item.get("forceString")) == "true"
            if name:
                layers.append(set_value(name, text(item.get("value")) or "", item.location, as_text=as_text))
    return layers


def of_skaffold(path: str, source: Callable[[str], Source], charts: Charts) -> Iterator[ChartInstall]:
    """https://skaffold.dev/docs/deployers/helm/"""
    folder = posixpath.dirname(path)
    for document in load_documents(source(path))[0]:
        root = document.root
        if not isinstance(root, YamlMapping) or not (text(root.get("apiVersion")) or "").startswith("skaffold/"):
            continue
        for owner in (root, *_items(root.get("profiles"))):
            for section in ("deploy", "manifests"):
                releases = owner.get(section, "helm", "releases") if isinstance(owner, YamlMapping) else None
                for release in _items(releases):
                    found = _of_release(release, folder, charts) if isinstance(release, YamlMapping) else None
                    if found is not None:
                        yield found


def _of_release(release: YamlMapping, folder: str, charts: Charts) -> ChartInstall | None:
    chart = charts.chart(folder, text(release.get("chartPath")))
    layers: list[str | Value] = []
    for item in _items(release.get("valuesFiles")):
        path = charts.file(folder, text(item))
        if not path:
            return None
        layers.append(path)
    if isinstance(given := release.get("overrides"), YamlMapping):
        layers.append(from_node(given))
    for key in ("setValues", "setValueTemplates"):
        given = release.get(key)
        for entry in given.entries if isinstance(given, YamlMapping) else ():
            written = text(entry.value) or "" if key == "setValues" else "$"
            layers.append(set_value(entry.key.text, written, entry.key.location))
    return ChartInstall(chart, tuple(layers), release.location) if chart else None


def of_helmfile(path: str, source: Callable[[str], Source], charts: Charts) -> Iterator[ChartInstall]:
    """https://helmfile.readthedocs.io/en/latest/#configuration"""
    folder = posixpath.dirname(path)
    for document in load_documents(source(path))[0]:
        for release in _items(document.root.get("releases") if isinstance(document.root, YamlMapping) else None):
            if not isinstance(release, YamlMapping) or not (chart := charts.chart(folder, text(release.get("chart")))):
                continue
            layers: list[str | Value] = []
            for item in _items(release.get("values")):
                layers.append(from_node(item) if isinstance(item, YamlMapping) else charts.file(folder, text(item)))
            for item in _items(release.get("set")):
                if isinstance(item, YamlMapping) and (name := text(item.get("name"))):
                    written = text(item.get("value"))
                    layers.append(set_value(name, "$" if written is None else written, item.location))
            if "" not in layers:
                yield ChartInstall(chart, tuple(layers), release.location)


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, YamlSequence) else ()
