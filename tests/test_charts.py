"""What is read of Helm charts: values, conditions, named templates, and the places of it all."""

from __future__ import annotations

import pytest

from k8slint.location import Notice
from k8slint.models.manifest import KubernetesObject
from k8slint.models.source import Source
from k8slint.models.yaml import Node, Scalar, YamlMapping, YamlSequence
from k8slint.workload.charts import read_charts

CHART = "apiVersion: v2\nname: shop\nversion: 1.2.3\nappVersion: '4.5'\n"
HEAD = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: shop\nspec:\n  containers:\n  - name: app\n    image: shop\n"


def read(files: dict[str, str]) -> tuple[tuple[KubernetesObject, ...], tuple[Notice, ...]]:
    files = {"Chart.yaml": CHART, **files}
    charts = [path.rpartition("/")[0] or "." for path in files if path.endswith("Chart.yaml")]
    reading = read_charts(charts, files, lambda path: Source(path, files[path]))
    return reading.objects, reading.notices


def pod(template: str, values: str = "", helpers: str = "") -> KubernetesObject:
    """The pod of a chart whose one template is a whole pod followed by ``template``."""
    files = {"values.yaml": values, "templates/pod.yaml": HEAD + template, "templates/_helpers.tpl": helpers}
    objects, notices = read(files)
    assert not notices
    return objects[0]


def shown(node: Node | None) -> object:
    """A node as plain data; what is not known is "?"."""
    if isinstance(node, YamlMapping):
        return {key: shown(value) for key, value in node.items()}
    if isinstance(node, YamlSequence):
        return [shown(item) for item in node.items]
    return None if node is None else "?" if "{{" in node.text else node.text


def field(template: str, values: str = "", helpers: str = "") -> object:
    """The field ``x`` of a pod's specification, as a template gives it."""
    return shown(pod(template, values, helpers).root.get("spec", "x"))


class TestValues:
    def test_a_value_is_read_where_the_chart_gives_it(self) -> None:
        assert field("  x: {{ .Values.a.b }}\n", "a: {b: 3}\n") == "3"

    def test_what_the_chart_leaves_to_its_user_is_unknown(self) -> None:
        assert field("  x: {{ .Values.a.b }}\n") == "?"
        assert field("  x: {{ .Values.a }}\n", "a:\n") == "?"

    def test_a_default_holds_where_the_chart_gives_none(self) -> None:
        assert field("  x: {{ .Values.a | default 5 }}\n") == "5"
        assert field('  x: {{ .Values.a | default "v" | quote }}\n', 'a: ""\n') == "v"

    def test_a_part_of_a_text_may_be_unknown(self) -> None:
        node = pod('  x: "{{ .Values.registry }}/shop:{{ .Chart.AppVersion }}"\n').root.get("spec", "x")
        assert isinstance(node, Scalar)
        assert node.text == "{{ .Values.registry }}/shop:4.5"

    def test_the_chart_and_the_release_are_known_by_name(self) -> None:
        assert field("  x: {{ .Release.Name }}-{{ .Chart.Name }}-{{ .Chart.Version }}\n") == "release-name-shop-1.2.3"

    def test_the_namespace_is_not_known(self) -> None:
        assert field("  x: {{ .Release.Namespace }}\n") == "?"


class TestFunctions:
    @pytest.mark.parametrize(
        ("expression", "gives"),
        [
            ('"a+b" | replace "+" "_"', "a_b"),
            ('printf "%s:%d" "shop" 8', "shop:8"),
            ('"shop-" | trimSuffix "-" | upper', "SHOP"),
            ('"abcdef" | trunc 3', "abc"),
            ("add 1 2 | mul 3", "9"),
            ('ternary "yes" "no" (eq 1 1)', "yes"),
            ('coalesce .Values.none "" "last"', "last"),
            ('index (list "a" "b") 1', "b"),
            ('get (dict "k" "v") "k"', "v"),
            ('list "a" "b" | join "-"', "a-b"),
            ('semverCompare ">=1.19-0" "1.28.3"', "true"),
            ('(dict "a" (dict "b" "c")).a.b', "c"),
            ('(fromYaml "a: {b: c}").a.b', "c"),
            ('index (fromJsonArray "[1, 2]") 1', "2"),
            ('fromYaml "a: {" | len', "?"),
            ('regexReplaceAll "(-?[^a-z\\\\d\\\\-])+-?" "shop_one" "-"', "shop-one"),
            ('regexReplaceAll "\\\\W+" "a b" "_"', "a_b"),
            ('regexMatch "^[a-z]+$" "shop"', "true"),
            ('regexReplaceAll "(a+)+$" "aaaaaaaaaaaaaaaaaaaaaab" "x"', "?"),
            ('regexReplaceAll "a*" (repeat 9 "long ") "x"', "?"),
            ("randAlphaNum 5", "?"),
            ('lookup "v1" "Secret" "a" "b"', "?"),
            ("noSuchFunction 1", "?"),
        ],
    )
    def test_what_a_function_gives(self, expression: str, gives: str) -> None:
        assert field(f"  x: {{{{ {expression} }}}}\n") == gives

    def test_merge_fills_what_is_empty(self) -> None:
        values = "a: {name: ''}\nb: {name: shop, tag: 1}\n"
        assert field("  x: {{- toYaml (merge .Values.a .Values.b) | nindent 4 }}\n", values) == {
            "name": "shop",
            "tag": "1",
        }

    def test_what_is_read_of_a_text_has_its_place_in_the_values(self) -> None:
        one = pod("  x: {{ (toYaml .Values.a | fromYaml).n }}\n", "a:\n  n: 1\n").root.get("spec", "x")
        assert isinstance(one, Scalar)
        assert str(one.location) == "values.yaml:2:6"
        made = pod('  x: {{ (fromYaml "n: 1").n }}\n').root.get("spec", "x")
        assert isinstance(made, Scalar)
        assert made.location.path == "templates/pod.yaml"

    def test_mappings_that_named_templates_hand_on_as_text(self) -> None:
        helpers = (
            '{{- define "all" }}{{ $all := dict }}{{ range .list }}'
            "{{ $all = toYaml . | fromYaml | merge $all }}{{ end }}{{ toYaml $all }}{{ end }}"
        )
        template = '  x:\n    {{- include "all" (dict "list" (list .Values.a .Values.b)) | nindent 4 }}\n    c: 3\n'
        assert field(template, "a: {n: 1}\nb: {n: 2, m: 2}\n", helpers) == {"n": "1", "m": "2", "c": "3"}
        unknown = field(template, "a: {n: 1}\n", helpers.replace("fromYaml", "noSuchFunction"))
        assert isinstance(unknown, dict)
        assert unknown["c"] == "3"


class TestConditions:
    ARMS = "{{- if .Values.on }}\n  x: 1\n{{- else }}\n  x: 2\n{{- end }}\n"

    def test_the_chart_decides(self) -> None:
        assert field(self.ARMS, "on: true\n") == "1"
        assert field(self.ARMS, "on: false\n") == "2"

    def test_what_the_values_leave_out_is_false(self) -> None:
        assert field(self.ARMS) == "2"
        assert field("{{- if .Values.on }}\n  x: 1\n{{- end }}\n") is None
        assert field("{{- if and .Values.on.deeper .Values.global.on }}\n  x: 1\n{{- end }}\n") is None
        assert field('  x: {{ hasKey .Values "on" }}\n') == "false"
        assert field("  x:\n  - a\n  {{- range .Values.on }}\n  - {{ . }}\n  {{- end }}\n") == ["a"]

    @pytest.mark.parametrize("values", ["", "global: {}\n", "global: {other: {}}\n"])
    @pytest.mark.parametrize(
        "condition", [".Values.global.on", ".Values.global.other.on", "or .Values.global.on .Values.x"]
    )
    def test_what_charts_share_may_be_given_above(self, condition: str, values: str) -> None:
        assert field(self.ARMS.replace(".Values.on", condition), values) == "?"

    def test_what_charts_share_may_be_given_and_empty(self) -> None:
        labels = (
            "  x:\n    a: b\n    {{- with .Values.global.labels }}\n    {{- toYaml . | nindent 4 }}\n    {{- end }}\n"
        )
        assert field(labels, "global: {labels: {}}\n") == {"a": "b"}

    def test_a_mapping_that_the_values_leave_out_is_null(self) -> None:
        assert field("  x: {{- toYaml .Values.a.b | nindent 4 }}\n", "a: {}\n") == "null"
        assert field("  x: {{- toYaml .Values.global.b | nindent 4 }}\n") == "?"

    def test_a_value_that_must_be_given_is_given(self) -> None:
        assert field(self.ARMS.replace(".Values.on", '(required "say it" .Values.on)')) == "?"
        assert field(self.ARMS.replace(".Values.on", ".Capabilities.APIVersions.Has")) == "?"

    def test_what_both_arms_say_differently_is_unknown(self) -> None:
        assert field(self.ARMS.replace(".Values.on", ".Values.global.on")) == "?"

    def test_what_one_arm_alone_says_is_unknown(self) -> None:
        assert field("{{- if .Values.global.on }}\n  x: 1\n{{- end }}\n") == "?"

    def test_a_variable_that_one_arm_alone_sets_leaves_the_environment_open(self) -> None:
        template = (
            "    env:\n    - {name: A, value: a}\n"
            "    {{- if .Values.global.on }}\n    - {name: B, value: b}\n    {{- end }}\n"
        )
        one = pod(template)
        assert one.pod is not None
        (container,) = one.pod.containers
        assert [variable.name for variable in container.env] == ["A"]
        assert [source.kind for source in container.env_from] == ["template"]

    def test_a_container_that_may_be_there_is_one(self) -> None:
        one = pod("  {{- if .Values.global.proxy }}\n  - name: proxy\n    image: nginx\n  {{- end }}\n")
        assert one.pod is not None
        assert [container.name for container in one.pod.containers] == ["app", "proxy"]

    def test_what_the_chart_turns_off_is_not_deployed(self) -> None:
        template = "{{- if .Values.on }}\n" + HEAD + "{{- end }}\n"
        assert not read({"values.yaml": "on: false\n", "templates/pod.yaml": template})[0]
        assert not read({"values.yaml": "{}\n", "templates/pod.yaml": template})[0]
        template = template.replace(".Values.on", ".Values.global.on")
        assert read({"values.yaml": "{}\n", "templates/pod.yaml": template})[0]


class TestLoops:
    def test_over_a_list_and_a_mapping(self) -> None:
        assert field("  x:\n  {{- range .Values.a }}\n  - {{ . }}\n  {{- end }}\n", "a: [p, q]\n") == ["p", "q"]
        template = "  x:\n  {{- range $k, $v := .Values.a }}\n    {{ $k }}: {{ $v }}\n  {{- end }}\n"
        assert field(template, "a: {p: 1, q: 2}\n") == {"p": "1", "q": "2"}

    def test_over_what_is_not_known(self) -> None:
        assert field("  x:\n  - a\n  {{- range .Values.global.a }}\n  - {{ . }}\n  {{- end }}\n") == ["a", "?"]


class TestNamedTemplates:
    def test_one_is_included_with_arguments(self) -> None:
        helpers = '{{- define "shop.x" -}}\na: {{ .name | quote }}\n{{- end }}\n'
        template = '  x:\n    {{- include "shop.x" (dict "name" .Values.n) | nindent 4 }}\n'
        assert field(template, "n: 5\n", helpers) == {"a": "5"}

    def test_one_may_stand_in_a_folder_of_its_own(self) -> None:
        files = {
            "templates/pod.yaml": HEAD + '  x: {{ include "shop.x" . }}\n',
            "templates/helpers/names.tpl": '{{ define "shop.x" }}abc{{ end }}',
        }
        objects, notices = read(files)
        assert (shown(objects[0].root.get("spec", "x")), notices) == ("abc", ())

    def test_one_that_the_chart_does_not_hold_is_unknown(self) -> None:
        assert field('  x:\n    a: 1\n    {{- include "common.labels" . | nindent 4 }}\n') == {
            "a": "1",
            '{{ include "common.labels" . | nindent 4 }}': "",
        }

    def test_a_text_of_the_values_may_be_a_template(self) -> None:
        assert field("  x: {{ tpl .Values.a . }}\n", "a: '{{ .Chart.Name }}-x'\n") == "shop-x"


class TestPlaces:
    def test_a_literal_stands_in_the_template(self) -> None:
        node = pod("  {{- if true }}\n  x: abc\n  {{- end }}\n").root.get("spec", "x")
        assert node is not None
        assert str(node.location) == "templates/pod.yaml:10:6"

    def test_a_value_stands_in_the_values_file(self) -> None:
        template = "  x:\n    {{- toYaml .Values.resources | nindent 4 }}\n  y: {{ .Values.n }}\n"
        spec = pod(template, "n: 1\nresources:\n  limits:\n    memory: 1Gi\n").root.get("spec")
        assert isinstance(spec, YamlMapping)
        assert str(getattr(spec.get("x", "limits", "memory"), "location", None)) == "values.yaml:4:13"
        assert str(getattr(spec.get("y"), "location", None)) == "values.yaml:1:4"

    def test_a_name_from_the_values_does_not_move_the_object(self) -> None:
        objects, _ = read(
            {
                "values.yaml": "n: a\n",
                "templates/c.yaml": "apiVersion: v1\nkind: A\nmetadata: {name: {{ .Values.n }}}\n",
            }
        )
        assert (objects[0].name, str(objects[0].location)) == ("a", "templates/c.yaml:3:12")

    def test_what_the_values_leave_empty_is_missing_there(self) -> None:
        template = (
            "    {{- with .Values.resources }}\n    resources:\n      {{- toYaml . | nindent 6 }}\n    {{- end }}\n"
        )
        one = pod(template, "a: 1\nresources: {}\n")
        assert one.pod is not None
        (container,) = one.pod.containers
        assert container.quantity("limits", "memory").is_absent
        assert str(container.setting("resources")) == "values.yaml:2:1"


POD = {"templates/pod.yaml": HEAD + "  x: {{ .Values.a }}\n", "values.yaml": "a: 1\n"}


class TestCharts:
    def test_each_values_file_is_a_variant(self) -> None:
        objects, _ = read({**POD, "values-prod.yaml": "a: 2\n", "values-dev.yaml": "a: 3\n"})
        found = [(one.variant.note if one.variant else "", shown(one.root.get("spec", "x"))) for one in objects]
        assert found == [("values.yaml", "1"), ("values-prod.yaml", "2")]

    def test_a_library_and_a_third_partys_chart_are_not_judged(self) -> None:
        assert not read({**POD, "Chart.yaml": CHART + "type: library\n"})[0]
        below = {f"charts/redis/{name}": content for name, content in POD.items()}
        needs = CHART + "dependencies: [{name: redis, repository: 'https://charts.example.com'}]\n"
        assert not read({**below, "Chart.yaml": needs, "charts/redis/Chart.yaml": CHART})[0]

    def test_a_test_of_the_chart_is_no_workload(self) -> None:
        test = HEAD.replace("name: shop\n", 'name: shop\n  annotations: {"helm.sh/hook": test}\n')
        assert not read({"templates/check.yaml": test})[0]

    @pytest.mark.parametrize(
        "template",
        [
            "{{ if }}",
            "{{ if .a }}",
            "{{ end }}",
            '{{ "unclosed }}',
            "{{ .a",
            "{{ ((((( }}",
            '{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}',
            "{{ range until 2000 }}{{ range until 2000 }}x{{ end }}{{ end }}",
            '{{ $a := "xxxxxxxx" }}{{ range until 900 }}{{ $a = print $a $a }}{{ end }}{{ $a }}',
            "{{ $a := 2 }}{{ range until 900 }}{{ $a = mul $a $a }}{{ end }}",
            '{{ $d := dict }}{{ range until 900 }}{{ $d = dict "a" $d "b" $d }}{{ end }}{{ $d | toYaml }}',
            '{{ $d := dict }}{{ $_ := set $d "a" $d }}{{ $d | toYaml }}',
            '{{ $_ := set .Values "a" .Values }}',
            "{{ if .a }}" * 500,
            "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
        ],
    )
    def test_a_template_that_cannot_be_read_is_said_and_the_rest_is_read(self, template: str) -> None:
        objects, notices = read({**POD, "templates/bad.yaml": template})
        assert [one.path for one in objects] == ["templates/pod.yaml"]
        assert all(notice.location.path == "templates/bad.yaml" for notice in notices)
