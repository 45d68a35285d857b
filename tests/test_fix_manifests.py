"""Repairs of manifests that are templates, share values, or are written in braces."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from k8slint.cli import cli
from k8slint.fix.compare import demand_little
from k8slint.fix.edits import applied, edits
from k8slint.fix.refusal import Refused
from k8slint.fix.template_lines import template_lines
from k8slint.models.manifest import objects
from k8slint.models.source import Source
from k8slint.repair import Change, Field, Item, Level, Repair, Safety

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: shop}
spec:
  containers:
    - name: shop
      image: shop:1
"""
CHART = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "shop.name" . }}
  labels:
    {{- include "shop.labels" . | nindent 4 }}
spec:
  selector:
    matchLabels: {app: shop}
  template:
    metadata:
      labels: {app: shop}
    spec:
      {{- with .Values.pullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      serviceAccountName: shop
      containers:
        - name: {{ .Chart.Name }}
          image: "{{ .Values.image }}:{{ .Values.tag }}"
          imagePullPolicy: {{ .Values.pullPolicy }}
          {{- if .Values.debug }}
          stdin: true
          {{- end }}
          {{- with .Values.security }}
          securityContext:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
      {{- with .Values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
"""
RESOURCES = "          resources:\n"
IMAGE = '        - name: {{ .Chart.Name }}\n          image: "{{ .Values.image }}:{{ .Values.tag }}"\n'


def made(text: str, change: Change) -> str:
    source = Source("file.yaml", text)
    after = applied(source, edits(Repair("change it", Safety.SAFE, (change,)), lambda _: source))
    demand_little(source, Source("file.yaml", after), [change])
    return after


def field(text: str, level: Level, route: str, value: str) -> Field:
    source = Source("file.yaml", text)
    template = template_lines(source)
    found, _ = objects(source if template is None else template.source)
    return Field(found[0].pods[0].containers[0].location, level, tuple(route.split(".")), value)


def refused(text: str, level: Level, route: str, value: str) -> str:
    with pytest.raises(Refused) as caught:
        made(text, field(text, level, route, value))
    return str(caught.value)


def test_a_field_of_a_chart_stands_below_a_line_that_is_always_there() -> None:
    before, after = "          imagePullPolicy: {{ .Values.pullPolicy }}\n", "          tty: true\n"
    assert made(CHART, field(CHART, Level.CONTAINER, "tty", "true")) == CHART.replace(before, before + after)
    before, after = "      serviceAccountName: shop\n", "      terminationGracePeriodSeconds: 45\n"
    grace = field(CHART, Level.POD, "terminationGracePeriodSeconds", "45")
    assert made(CHART, grace) == CHART.replace(before, before + after)


def test_an_action_of_a_chart_may_go_over_several_lines() -> None:
    text = CHART.replace("{{- if .Values.debug }}", "{{- if and .Values.debug\n   .Values.more\n}}")
    text = text.replace(
        "  {{- toYaml .Values.resources | nindent 12 }}", "  {{- include (list\n      .x) | nindent 12 }}"
    )
    before, after = "          imagePullPolicy: {{ .Values.pullPolicy }}\n", "          tty: true\n"
    assert made(text, field(text, Level.CONTAINER, "tty", "true")) == text.replace(before, before + after)


@pytest.mark.parametrize(
    ("route", "reason"),
    [
        ("securityContext.runAsNonRoot", "a condition"),
        ("stdin", "a condition"),
        ("imagePullPolicy", "filled in by a template"),
        ("resources.limits.memory", "filled in by a template"),
    ],
)
def test_what_a_chart_fills_in_or_leaves_out_is_left_alone(route: str, reason: str) -> None:
    assert reason in refused(CHART, Level.CONTAINER, route, "true")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (RESOURCES, "          {{- toYaml .Values.more | nindent 10 }}\n" + RESOURCES, "more fields"),
        (RESOURCES, "          {{- toYaml .Values.more }}\n" + RESOURCES, "more fields"),
        ('image: "{{', 'image: {{ if .x }}a{{ end }}"{{', "within a line"),
        (IMAGE, "        - image: {{ tpl .x . }}\n", "certain"),
        ("{{ .Values.pullPolicy }}", "{{ default .Values.pullPolicy\n   .Values.more }}", "several lines"),
        (RESOURCES, "{{ end }}\n" + RESOURCES, "cannot be read"),
    ],
)
def test_a_chart_that_may_write_anything_there_is_left_alone(old: str, new: str, reason: str) -> None:
    text = CHART.replace(old, new, 1).replace("imagePullPolicy: {{", "imagePullPolicy: {{ tpl", reason == "certain")
    assert text != CHART
    assert reason in refused(text, Level.CONTAINER, "tty", "true")


def test_expressions_within_values_do_not_matter() -> None:
    text = POD.replace("shop:1", '"{{workflow.parameters.image}}"')
    assert made(text, field(text, Level.CONTAINER, "tty", "true")) == text + "      tty: true\n"


def test_anchors_of_single_values_do_not_matter_and_aliases_stay() -> None:
    text = POD.replace("name: shop}", "name: &name shop}").replace("- name: shop", "- name: &n a\n      command: *n")
    text = text.replace("image: shop:1", "image: *n")
    assert made(text, field(text, Level.CONTAINER, "tty", "true")) == text + "      tty: true\n"
    assert "alias" in refused(text, Level.CONTAINER, "image", "b")


@pytest.mark.parametrize("anchor", ["spec: &pod", "spec:  &pod # all of it", "<<: *x\nspec:"])
def test_anchors_of_mappings_are_left_alone(anchor: str) -> None:
    text = POD.replace("spec:", anchor)
    change = Field(field(POD, Level.CONTAINER, "tty", "true").location, Level.CONTAINER, ("tty",), "true")
    with pytest.raises(Refused, match="anchors"):
        made(text, change)


@pytest.mark.parametrize(
    ("written", "after"),
    [
        ("resources: {}", "resources:\n        limits:\n          memory: 1Gi  # review"),
        ("resources: { } # none yet", "resources: # none yet\n        limits:\n          memory: 1Gi  # review"),
        ("resources:\n        {}", "resources:\n        limits:\n          memory: 1Gi  # review"),
    ],
)
def test_empty_braces_become_a_block(written: str, after: str) -> None:
    text = f"{POD}      {written}\n      # the end\n"
    whole = field(text, Level.CONTAINER, "resources", "limits:\n  memory: 1Gi  # review")
    assert made(text, whole) == f"{POD}      {after}\n      # the end\n"
    single = field(text, Level.CONTAINER, "resources.limits.memory", "1Gi  # review")
    assert made(text, single) == f"{POD}      {after}\n      # the end\n"


def test_a_field_is_added_within_braces() -> None:
    text = f"{POD}      securityContext: {{privileged: false}}  # why\n"
    added = made(text, field(text, Level.CONTAINER, "securityContext.runAsNonRoot", "true"))
    assert added == text.replace("false}", "false, runAsNonRoot: true}")
    deeper = made(text, field(text, Level.CONTAINER, "securityContext.capabilities.add", "[]"))
    assert deeper == text.replace("false}", "false, capabilities: {add: []}}")
    assert "braces" in refused(text, Level.CONTAINER, "securityContext.runAsUser", "1  # review")


def test_the_empty_value_of_a_chart_is_filled() -> None:
    text = "image: shop:1\nweb:\n  resources: {}\n    # limits:\n    #   memory: 128Mi\n\nnodeSelector: {}\n"
    source = Source("values.yaml", text)
    start = text.index("{}")
    whole = Field(source.span(start, start + 2), Level.VALUE, (), "limits:\n  memory: 1Gi")
    assert made(text, whole) == text.replace("resources: {}", "resources:\n    limits:\n      memory: 1Gi")


def test_a_list_of_a_chart_is_added_to_only_where_it_is_all_written() -> None:
    text = CHART.replace(RESOURCES, "          env:\n            - name: A\n          resources:\n")
    place = field(text, Level.CONTAINER, "tty", "true").location
    with pytest.raises(Refused, match="more of the list"):
        made(text, Item(place, Level.CONTAINER, ("env",), ("name: B",)))


def test_a_chart_is_repaired_in_its_template(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "chart" / "templates").mkdir(parents=True)
    (tmp_path / "chart" / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.0.0\n")
    (tmp_path / "chart" / "values.yaml").write_text(
        "image: shop\ntag: '1'\npullPolicy: Always\nresources: {}\nnodeSelector: {}\n"
    )
    template = tmp_path / "chart" / "templates" / "deployment.yaml"
    template.write_text(CHART)
    (tmp_path / "shop" / "Dockerfile").write_text(
        'FROM python:3.12-slim\nCOPY shop.py .\nCMD ["gunicorn", "shop:app"]\n'
    )
    (tmp_path / "shop" / "shop.py").write_text("def app(environ, start_response):\n    return []\n")
    chosen = ["--select", "grace-shorter-than-shutdown", "--pedantic", "--fix", "--unsafe-fixes"]
    CliRunner().invoke(cli, ["scan", str(tmp_path), *chosen])
    line = "      serviceAccountName: shop\n"
    assert template.read_text() == CHART.replace(line, f"{line}      terminationGracePeriodSeconds: 35\n")
