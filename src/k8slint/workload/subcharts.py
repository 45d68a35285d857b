"""The charts that a Helm chart brings with it, and the values that it gives them."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator

from msgspec import Struct

from k8slint.models.chart_dependencies import ChartDependency, chart_dependencies
from k8slint.models.project_path import project_path
from k8slint.models.template_values import Mapping, Missing, Value, merged
from k8slint.workload.chart_templates import ChartTemplates

_EMPTY = Value(Mapping({}, Missing.UNSET))


class Subchart(Struct, frozen=True):
    """A chart of the tree in ``folder`` that another one installs under ``dependency``.

    ``is_own`` is false of one that the project has copied from a repository of charts.
    """

    folder: str
    dependency: ChartDependency
    is_own: bool


def subcharts(chart: ChartTemplates, charts: Collection[str]) -> Iterator[Subchart]:
    """The charts among ``charts`` that ``chart`` installs: those it names and those in its folder ``charts/``."""
    below = {posixpath.basename(one): one for one in charts if _holds(chart.folder, one)}
    listed = [*chart_dependencies(chart.about), *chart_dependencies(chart.mapping("requirements.yaml"))]
    for one in listed:
        folder = _folder(one, chart.folder, below)
        if folder in charts and folder != chart.folder:
            yield Subchart(folder, one, not one.is_foreign)
    named = {one.name for one in listed}
    for name, folder in sorted(below.items()):
        if name not in named:
            yield Subchart(folder, ChartDependency(name, name, "", (), ()), True)


def _holds(folder: str, other: str) -> bool:
    return posixpath.dirname(other) == ("charts" if folder == "." else f"{folder}/charts")


def _folder(dependency: ChartDependency, folder: str, below: dict[str, str]) -> str:
    if dependency.repository.startswith("file://"):
        written = dependency.repository.removeprefix("file://")
        found = project_path("" if folder == "." else folder, written)
        return ("." if found == "" else found) if found is not None else ""
    return below.get(dependency.name, "")


def is_installed(dependency: ChartDependency, values: Value) -> bool:
    """Whether the values of the chart above install a dependency; true where nobody can say."""
    for path in dependency.conditions:
        found = _at(values, path.split("."))
        if found is not None and isinstance(found.data, bool):
            return found.data
    given = [_at(values, ["tags", tag]) for tag in dependency.tags]
    flags = [one.data for one in given if one is not None and isinstance(one.data, bool)]
    return not flags or any(flags)


def values_below(values: Value, dependency: ChartDependency, own: Value) -> Value:
    """The values of a dependency, ``own`` being its defaults: what the chart above sets under its name wins."""
    given = _at(values, [dependency.key])
    found = merged(own, given) if given is not None and isinstance(given.data, Mapping) else own
    shared = _at(values, ["global"])
    if shared is None or not isinstance(shared.data, Mapping) or not isinstance(found.data, Mapping):
        return found
    mine = found.data.entries.get("global", _EMPTY)
    entries = {**found.data.entries, "global": merged(mine, shared)}
    return Value(Mapping(entries, found.data.missing), found.place, found.key)


def values_above(values: Value, dependency: ChartDependency, below: Value) -> Value:
    """The values of a chart, in which those of its dependency can be seen under its name."""
    if not isinstance(values.data, Mapping):
        return values
    entries = {**values.data.entries, dependency.key: below}
    return Value(Mapping(entries, values.data.missing), values.place, values.key)


def _at(values: Value, path: list[str]) -> Value | None:
    found: Value | None = values
    for name in path:
        found = found.data.entries.get(name) if found is not None and isinstance(found.data, Mapping) else None
    return found
