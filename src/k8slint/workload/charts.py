"""The objects of the project's Helm charts, as they are with the values that they are installed with."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TypeVar

from msgspec.structs import replace

from k8slint.fact import Place
from k8slint.location import Notice
from k8slint.models.manifest import KubernetesObject
from k8slint.models.source import Source
from k8slint.models.template_values import Value
from k8slint.workload.chart_installs import ChartInstall
from k8slint.workload.chart_reading import ChartReading, HelmRun
from k8slint.workload.chart_templates import ChartTemplates, DisabledObject, Named
from k8slint.workload.chart_values import Variant, variant_of_helm, variants
from k8slint.workload.helm_output import HelmOutput, read_output
from k8slint.workload.subcharts import Subchart, is_installed, subcharts, values_above, values_below

T = TypeVar("T")

_DEEPEST = 5
_NO_RUN = HelmRun()


def read_charts(
    charts: Collection[str],
    paths: Collection[str],
    source: Callable[[str], Source],
    installs: Iterable[ChartInstall] = (),
    is_published: bool = False,
    helm: HelmRun = _NO_RUN,
) -> ChartReading:
    """Read the charts whose folders are ``charts``, as ``installs`` and their own values have them.

    A chart that another one of the project brings with it is judged as that one installs it; it is a third party's, and
    not judged, if it is taken from a repository of charts. A library has nothing to deploy. What ``helm`` made of a
    chart stands for what would be read of it.
    """
    return _Charts(charts, paths, source).read(installs, is_published, helm)


def disabled_in_charts(
    charts: Collection[str],
    paths: Collection[str],
    source: Callable[[str], Source],
    installs: Iterable[ChartInstall] = (),
    is_published: bool = False,
) -> tuple[DisabledObject, ...]:
    """The objects with containers that a value disables in each way of installing the charts; see ``read_charts``."""
    reader = _Charts(charts, paths, source)
    found: dict[tuple[str, str, str | None], DisabledObject] = {}
    deployed: set[tuple[str, str, str | None]] = set()
    for folder, variant in reader.installed(installs, is_published):
        deployed.update(map(_identity, reader.made(folder, variant.values, ChartTemplates.objects)))
        for one in reader.made(folder, variant.values, ChartTemplates.disabled):
            if one.object.containers:
                found.setdefault(_identity(one.object), replace(one, object=replace(one.object, variant=variant.place)))
    return tuple(one for key, one in found.items() if key not in deployed)


def _identity(one: KubernetesObject) -> tuple[str, str, str | None]:
    return one.path, one.kind, one.name


def installable(charts: Collection[str], paths: Collection[str], source: Callable[[str], Source]) -> tuple[str, ...]:
    """The charts that helm can render: no libraries, and none that another chart brings with it."""
    names = ("Chart.yaml", "requirements.yaml")
    found = _Charts(charts, [path for path in paths if posixpath.basename(path) in names], source)
    return tuple(
        folder for folder in found.tops() if found.all[folder].about is not None and not found.all[folder].is_library
    )


class _Charts:
    def __init__(self, charts: Collection[str], paths: Collection[str], source: Callable[[str], Source]) -> None:
        by_chart: dict[str, list[str]] = defaultdict(list)
        for path in sorted(paths):
            for folder in _folders(path):
                if folder in charts:
                    by_chart[folder].append(path)
        self.all = {folder: ChartTemplates(folder, by_chart[folder], source) for folder in sorted(charts)}
        self._below = {folder: tuple(subcharts(one, charts)) for folder, one in self.all.items()}
        self._made: set[str] = set()

    def tops(self) -> list[str]:
        """The charts that no other one brings with it."""
        held = {one.folder for found in self._below.values() for one in found}
        return [folder for folder in self.all if folder not in held]

    def _is_inside_another(self, folder: str) -> bool:
        above, name = posixpath.split(posixpath.dirname(folder))
        return name == "charts" and (above or ".") in self.all

    def installed(self, installs: Iterable[ChartInstall], is_published: bool) -> Iterator[tuple[str, Variant]]:
        """The charts that are installed by themselves, each with the values of each way that is shown."""
        by_chart: dict[str, list[ChartInstall]] = defaultdict(list)
        for install in installs:
            by_chart[install.chart].append(install)
        held = {one.folder: one.is_own for found in self._below.values() for one in found}
        foreign = {folder for folder, is_own in held.items() if not is_own}
        # A chart beside those that could bring it along, and do not, is judged by itself.
        for folders in (self.tops(), [one for one in held if one not in foreign and not self._is_inside_another(one)]):
            for folder in folders:
                if folder not in self._made and not any(_inside(folder, one) for one in foreign):
                    for variant in variants(self.all[folder], by_chart[folder], is_published):
                        yield folder, variant

    def read(self, installs: Iterable[ChartInstall], is_published: bool, helm: HelmRun) -> ChartReading:
        objects: list[KubernetesObject] = []
        files: dict[Place, frozenset[str]] = {}
        notices: list[Notice] = []
        templates: set[str] = set()
        by_helm: dict[str, Place] = {}
        for folder, variant in self.installed(installs, is_published):
            if folder in helm.texts and folder not in by_helm:
                rendered = variant_of_helm(self.all[folder], helm.values)
                by_helm[folder] = rendered.place
                files[rendered.place] = rendered.files
                output = self._output(folder, rendered.values, helm.texts[folder])
                objects.extend(replace(one, variant=rendered.place) for one in output.objects)
                notices.extend(output.notices)
                templates.update(one.path for one in output.objects)
            if folder in by_helm and (helm.values or variant.place == by_helm[folder]):
                continue
            files[variant.place] = variant.files
            made = self.made(folder, variant.values, ChartTemplates.objects)
            objects.extend(replace(one, variant=variant.place) for one in made)
        read = [self.all[folder] for folder in sorted(self._made)]
        notices.extend(notice for chart in read for notice in chart.notices)
        unread = tuple(path for one in read for path in one.unread)
        withheld = frozenset(each for one in read for each in one.withheld)
        return ChartReading(tuple(objects), tuple(notices), unread, files, frozenset(templates), withheld)

    def _output(self, folder: str, values: Value, text: str) -> HelmOutput:
        """The objects in what helm wrote of a chart, with the places that they have when it is read."""
        read = list(self.made(folder, values, ChartTemplates.objects))
        for chart in self.all.values():
            # What could not be read was made by helm.
            if _inside(chart.folder, folder):
                chart.notices.clear()
                chart.unread.clear()
        return read_output(text, lambda written: self._template(folder, written), read)

    def _template(self, folder: str, written: str) -> str:
        """The path of what helm calls ``charts/redis/templates/pod.yaml``; "" for a part of a third party's chart."""
        if not written.startswith("charts/"):
            return self.all[folder].path(written)
        name, _, rest = written.removeprefix("charts/").partition("/")
        for one in self._below[folder]:
            if one.is_own and name in (one.dependency.key, one.dependency.name):
                return self._template(one.folder, rest)
        return ""

    def made(
        self, folder: str, values: Value, ask: Callable[[ChartTemplates, Value, Named], Iterator[T]]
    ) -> Iterator[T]:
        """What a chart and those that it brings with it make of its ``values``."""
        return self._made_of(folder, values, {}, 0, ask)

    def _made_of(
        self,
        folder: str,
        values: Value,
        above: Named,
        depth: int,
        ask: Callable[[ChartTemplates, Value, Named], Iterator[T]],
    ) -> Iterator[T]:
        self._made.add(folder)
        chart = self.all[folder]
        below = self._below[folder] if depth < _DEEPEST else ()
        given = [(one, values_below(values, one.dependency, self.all[one.folder].values())) for one in below]
        for one, inner in given:
            values = values_above(values, one.dependency, inner)
        named = {**self._named(below), **chart.named, **above}
        yield from ask(chart, values, named)
        for one, inner in given:
            if one.is_own and is_installed(one.dependency, values):
                yield from self._made_of(one.folder, inner, named, depth + 1, ask)

    def _named(self, below: Sequence[Subchart]) -> Named:
        """The named templates of the charts that are brought along: every chart sees those of all others."""
        return {name: parts for one in below for name, parts in self.all[one.folder].named.items()}


def _folders(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path
    yield "."


def _inside(path: str, folder: str) -> bool:
    return folder == "." or path.startswith(f"{folder}/")
