"""The values that other tools of a repository give its charts, and the charts that a chart brings with it."""

from __future__ import annotations

import pytest

from builders import project
from k8slint.models.yaml import text
from k8slint.workload.variants import variant_of

CHART = "apiVersion: v2\nname: shop\nversion: 1.0.0\n"
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: shop}
spec:
  containers: [{name: web, image: shop:1}]
  x: {{ .Values.x }}
  y: {{ .Values.y.z }}
"""
FILES = {
    "chart/Chart.yaml": CHART,
    "chart/values.yaml": "x: 1\ny: {z: 1}\n",
    "chart/templates/pod.yaml": POD,
    "values/prod.yaml": "x: 2\n",
}
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop}
spec:
  source:
    path: chart
    helm:
"""


def seen(files: dict[str, str]) -> list[tuple[str, str, str]]:
    """The variants of the pods: what they are called, x and y.z."""
    found = [one for one in project({**FILES, **files}).workloads if one.owner is not None]
    roots = [(one.owner.variant, one.owner.root) for one in found if one.owner is not None]
    return [
        (variant.note if variant else "", text(root.get("spec", "x")) or "", text(root.get("spec", "y")) or "")
        for variant, root in roots
    ]


class TestTools:
    @pytest.mark.parametrize(
        ("path", "content"),
        [
            ("apps/shop.yaml", APPLICATION + "      valueFiles: [../values/prod.yaml]\n"),
            ("apps/shop.yaml", APPLICATION + "      valueFiles: [/values/prod.yaml]\n"),
            ("skaffold.yaml", "apiVersion: skaffold/v4beta1\nkind: Config\ndeploy: {helm: {releases: [{name: a, "
             "chartPath: chart, valuesFiles: [values/prod.yaml]}]}}\n"),
            ("helmfile.yaml", "releases: [{name: a, chart: ./chart, values: [values/prod.yaml]}]\n"),
            ("Makefile", "deploy:\n\thelm upgrade --install shop ./chart -n shop -f values/prod.yaml --wait\n"),
            ("deploy.sh", "#!/bin/sh\nhelm upgrade shop chart --values=values/prod.yaml\n"),
            (".github/workflows/deploy.yml", "jobs: {a: {steps: [{run: helm install a chart -f values/prod.yaml}]}}\n"),
        ],
    )  # fmt: skip
    def test_a_file_of_values_is_the_way_it_is_installed(self, path: str, content: str) -> None:
        assert seen({path: content}) == [("values/prod.yaml", "2", "1")]

    @pytest.mark.parametrize(
        ("path", "content"),
        [
            ("apps/shop.yaml", APPLICATION + "      values: |\n        x: 3\n"),
            ("apps/shop.yaml", APPLICATION + "      valuesObject: {x: 3}\n"),
            ("apps/shop.yaml", APPLICATION + '      parameters: [{name: x, value: "3"}]\n'),
            ("helmfile.yaml", "releases: [{name: a, chart: ./chart, values: [{x: 3}]}]\n"),
            ("helmfile.yaml", "releases: [{name: a, chart: ./chart, set: [{name: x, value: 3}]}]\n"),
            ("Makefile", "X = 3\ndeploy:\n\thelm upgrade shop chart --set x=$(X)\n"),
        ],
    )
    def test_values_written_there_count(self, path: str, content: str) -> None:
        assert seen({path: content}) == [(path, "3", "1")]

    def test_what_a_variable_fills_in_is_not_known(self) -> None:
        ((_, x, _),) = seen({"Makefile": "deploy:\n\thelm upgrade shop chart --set x=$(X)\n"})
        assert "{{" in x

    def test_paths_lists_and_escapes_of_set(self) -> None:
        recipe = "deploy:\n\thelm upgrade shop chart --set 'y.z=5,x=a\\,b'\n"
        assert seen({"Makefile": recipe}) == [("Makefile", "a,b", "5")]


class TestDefaults:
    def test_they_are_judged_where_nothing_overrides_them(self) -> None:
        assert seen({}) == [("values.yaml", "1", "1")]

    def test_they_are_judged_where_one_installation_leaves_them(self) -> None:
        recipe = "all:\n\thelm upgrade a chart\n\thelm upgrade b chart -f values/prod.yaml\n"
        assert [name for name, _, _ in seen({"Makefile": recipe})] == ["values.yaml", "values/prod.yaml"]

    def test_they_are_judged_where_the_chart_is_published(self) -> None:
        recipe = "all:\n\thelm package chart\n\thelm upgrade b chart -f values/prod.yaml\n"
        assert [name for name, _, _ in seen({"Makefile": recipe})] == ["values.yaml", "values/prod.yaml"]

    @pytest.mark.parametrize(
        "options", ["-f values/dev.yaml", "-f $(FILE)", "-f values/none.yaml", "-f https://example.com/values.yaml"]
    )
    def test_values_for_development_and_unknown_ones_are_no_variant(self, options: str) -> None:
        recipe = f"all:\n\thelm upgrade b chart {options}\n"
        assert [name for name, _, _ in seen({"Makefile": recipe, "values/dev.yaml": "x: 9\n"})] == ["values.yaml"]


BELOW = {
    "chart/charts/redis/Chart.yaml": "apiVersion: v2\nname: redis\nversion: 1.0.0\n",
    "chart/charts/redis/values.yaml": "x: 5\ny: {z: 5}\n",
    "chart/charts/redis/templates/pod.yaml": POD,
}
OWN_VALUES = FILES["chart/values.yaml"]


def dependency(fields: str) -> dict[str, str]:
    return {**BELOW, "chart/Chart.yaml": f"{CHART}dependencies:\n- {{name: redis, {fields}}}\n"}


class TestSubcharts:
    def test_one_of_the_project_has_the_values_under_its_name(self) -> None:
        values = {"chart/values.yaml": OWN_VALUES + "redis: {x: 7}\n"}
        assert ("values.yaml", "7", "5") in seen({**BELOW, **values})
        assert ("values.yaml", "7", "5") in seen({**dependency('repository: ""'), **values})

    def test_one_from_a_repository_is_a_third_partys(self) -> None:
        assert len(seen(dependency("repository: 'https://charts.example.com'"))) == 1
        assert len(seen(dependency("repository: 'oci://registry.example.com/charts'"))) == 1

    def test_one_beside_the_chart_is_judged_as_it_is_brought_along(self) -> None:
        moved = {path.replace("chart/charts/", ""): content for path, content in BELOW.items()}
        needs = {
            "chart/Chart.yaml": CHART + "dependencies: [{name: redis, alias: cache, repository: 'file://../redis'}]\n"
        }
        values = {"chart/values.yaml": OWN_VALUES + "cache: {x: 7}\n"}
        assert sorted(x for _, x, _ in seen({**moved, **needs, **values})) == ["1", "7"]

    def test_a_condition_decides_whether_it_is_installed(self) -> None:
        needs = dependency('repository: "", condition: redis.enabled')
        assert len(seen({**needs, "chart/values.yaml": OWN_VALUES + "redis: {enabled: false}\n"})) == 1
        assert len(seen({**needs, "chart/values.yaml": OWN_VALUES + "redis: {enabled: true}\n"})) == 2

    def test_global_values_reach_it(self) -> None:
        files = {
            **BELOW,
            "chart/charts/redis/templates/pod.yaml": POD.replace(".Values.x", ".Values.global.x"),
            "chart/values.yaml": OWN_VALUES + "global: {x: 8}\n",
        }
        assert ("values.yaml", "8", "5") in seen(files)

    def test_charts_that_bring_one_another_along_end(self) -> None:
        needs = "dependencies: [{name: a, repository: 'file://../%s'}]\n"
        files = {
            "chart/Chart.yaml": CHART + needs % "b",
            "b/Chart.yaml": CHART + needs % "chart",
            "b/templates/p.yaml": POD,
        }
        assert seen(files)


class TestVariants:
    POD = POD.replace("image: shop:1", "image: '{{ .Values.image }}'")

    def lacking(self, command: str) -> list[str]:
        """Which installations are said to lack a fault that the one with the chart's file for production has."""
        files = {"chart/templates/pod.yaml": self.POD, "chart/values.yaml": "x: 1\ny: {z: 1}\nimage: shop:1\n"}
        installs = {
            "chart/values-prod.yaml": "x: 3\n",
            "deploy.sh": f"#!/bin/sh\nhelm upgrade shop ./chart {command}\n",
        }
        one = project({**FILES, **files, **installs})
        (having,) = [each for each in one.workloads if (of := variant_of(each)) and of.note == "values-prod.yaml"]
        assert having.location is not None
        return [place.note for place in one.variants.split(having.location, [having])[1]]

    def test_one_with_another_value_lacks_it(self) -> None:
        assert self.lacking("--set x=4") == ["deploy.sh"]

    def test_one_whose_image_is_filled_in_later_may_have_it(self) -> None:
        assert self.lacking("--set image=$IMAGE") == []
