"""The values that a Helm chart is installed with: its own, those of files beside them, those of installations."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from k8slint.fact import Place
from k8slint.location import Notice, NoticeLevel, whole_file
from k8slint.models.source import Source
from k8slint.models.template_values import Value, from_node, merged
from k8slint.models.yaml import load_documents
from k8slint.regex import regex
from k8slint.workload.chart_installs import ChartInstall
from k8slint.workload.chart_templates import ChartTemplates

_MOST_VARIANTS = 8
_VALUES = regex(r"values[^/]*\.ya?ml|[^/]*[._-]values\.ya?ml")
_DEVELOPMENT = regex(
    r"(^|[._/-])(dev|develop|development|tests?|testing|ci|local|localhost|minikube|kind|k3d|examples?|debug|e2e)"
    r"([._/-]|$)"
)


class Variant(Struct, frozen=True):
    """``values`` to install a chart with, what that is called, and the files that the values are from."""

    place: Place
    values: Value
    files: frozenset[str]


def variants(chart: ChartTemplates, installs: Sequence[ChartInstall], is_published: bool) -> Iterator[Variant]:
    """The ways in which a chart is installed, those for development and tests apart.

    The chart's own values alone are one of them, unless every installation in the project lays others over them: as
    with the base of overlays, what all of them mend is no fault. A chart that is published is for other people, too.
    """
    own = chart.path("values.yaml")
    base = chart.values()
    used = [one for one in installs if not _DEVELOPMENT.search("/".join(one.files).lower()) and not _is_aside(one)]
    if is_published or not used or not all(one.layers for one in used):
        yield Variant(Place(whole_file(own), posixpath.basename(own)), base, frozenset((own,)))
    layered = {one.layers: one for one in used if one.layers and all(isinstance(layer, str) for layer in one.layers)}
    beside = [
        ChartInstall(chart.folder, (path,), whole_file(path)) for path in _beside(chart) if (path,) not in layered
    ]
    inline = [one for one in used if one.layers and one.layers not in layered]
    found = [*layered.values(), *inline, *beside]
    for one in sorted(found, key=lambda one: (one.location.path, one.location.line, one.called))[:_MOST_VARIANTS]:
        yield _variant(chart, one, base, own)
    if len(found) > _MOST_VARIANTS:
        message = f"more than {_MOST_VARIANTS} ways of installing this chart: the others are not tried"
        chart.notices.append(Notice(whole_file(chart.path("Chart.yaml")), message, NoticeLevel.NOTE))


def variant_of_helm(chart: ChartTemplates, files: Sequence[Source]) -> Variant:
    """What helm is given that renders a chart: its own values, and over them the ``files`` of its user."""
    own = chart.path("values.yaml")
    values = chart.values()
    for file in files:
        root = next((one.root for one in load_documents(file)[0]), None)
        if root is not None:
            values = merged(values, from_node(root))
    last = files[-1].path if files else own
    called = ", ".join(file.path for file in files) or posixpath.basename(own)
    return Variant(Place(whole_file(last), called), values, frozenset((own, *(file.path for file in files))))


def _is_aside(install: ChartInstall) -> bool:
    """Whether what describes an installation is for development; the file of a CI system may be called after it."""
    path = install.location.path
    is_ci = path.startswith((".github/", ".gitlab", ".circleci/")) or "cloudbuild" in path
    return not is_ci and _DEVELOPMENT.search(path.lower()) is not None


def _beside(chart: ChartTemplates) -> Iterable[str]:
    """The files of values in the chart's folder."""
    for path in chart.paths:
        file = path if chart.folder == "." else path[len(chart.folder) + 1 :]
        is_other = "/" not in file and file != "values.yaml" and _VALUES.fullmatch(file) is not None
        if is_other and not _DEVELOPMENT.search(file):
            yield path


def _variant(chart: ChartTemplates, install: ChartInstall, base: Value, own: str) -> Variant:
    values = base
    for layer in install.layers:
        if isinstance(layer, Value):
            values = merged(values, layer)
        elif (root := chart.mapping_at(layer)) is not None:
            values = merged(values, from_node(root))
    named = install.files
    called = posixpath.basename(named[0]) if len(named) == 1 and _is_beside(named[0], chart) else install.called
    # A file that several installations use is not theirs to be called by.
    place = whole_file(named[-1]) if named and len(named) == len(install.layers) else install.location
    return Variant(Place(place, called), values, frozenset((own, install.location.path, *named)))


def _is_beside(path: str, chart: ChartTemplates) -> bool:
    return posixpath.dirname(path) == ("" if chart.folder == "." else chart.folder)
