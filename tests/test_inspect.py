"""What the inspect command shows, for people and as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

FILES = {
    "api/Dockerfile": """\
        FROM python:3.12-slim
        ENV MODE=prod
        WORKDIR /app
        COPY . .
        CMD ["python", "main.py"]
        """,
    "api/main.py": "import signal\nsignal.pause()\n",
    "k8s/api.yaml": """\
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: api}
        spec:
          selector: {matchLabels: {app: api}}
          template:
            metadata: {labels: {app: api}}
            spec:
              containers:
              - name: api
                image: team/api:1
                env: [{name: TOKEN, valueFrom: {secretKeyRef: {name: s, key: t}}}]
                resources: {limits: {memory: 64Mi, cpu: $CPU}}
              - name: cache
                image: redis:7
        """,
    "k8s/other.yaml": """\
        apiVersion: serving.kserve.io/v1beta1
        kind: InferenceService
        metadata: {name: model}
        spec: {predictor: {containers: [{name: model, image: team/elsewhere}]}}
        """,
    "compose.yaml": """\
        services:
          api: {build: ./api}
          api-again: {image: "team/api:${TAG:-2}"}
          db: {image: postgres}
        """,
}


CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
    "chart/values.yaml": "exporter:\n  enabled: false\n",
    "chart/templates/exporter.yaml": """\
        {{- if .Values.exporter.enabled }}
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: exporter}
        spec:
          selector: {matchLabels: {app: exporter}}
          template:
            metadata: {labels: {app: exporter}}
            spec: {containers: [{name: exporter, image: team/api:1}]}
        {{- end }}
        """,
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    write(tmp_path / "shop", FILES)
    return tmp_path / "shop"


def write(tree: Path, files: dict[str, str]) -> None:
    for path, content in files.items():
        file = tree / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(content), encoding="utf-8")


def run(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "k8slint", "inspect", *arguments]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)


def data(tree: Path, *arguments: str) -> Any:
    done = run(tree, *arguments, "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_links_of_all_containers_and_services(tree: Path) -> None:
    rows = data(tree, ".", "--links")
    found = {(row["manifest"], row["image"]): row["dockerfile"] for row in rows}
    assert found == {
        ("k8s/api.yaml", "team/api:1"): "api/Dockerfile",
        ("k8s/api.yaml", "redis:7"): None,
        ("k8s/other.yaml", "team/elsewhere"): None,
        ("compose.yaml", "build: api"): "api/Dockerfile",
        ("compose.yaml", "team/api:${TAG:-2}"): "api/Dockerfile",
        ("compose.yaml", "postgres"): None,
    }
    (row,) = [row for row in rows if row["manifest"] == "k8s/api.yaml" and row["dockerfile"]]
    assert row == {
        "manifest": "k8s/api.yaml",
        "image": "team/api:1",
        "dockerfile": "api/Dockerfile",
        "stage": None,
        "context": "api",
        "reason": "compose service api builds api",
        "confidence": "medium",
    }


def test_links_for_people(tree: Path) -> None:
    lines = run(tree, ".", "--links").stdout.splitlines()
    assert lines[:4] == [
        "k8s/api.yaml:11:16: team/api:1",
        "    api/Dockerfile, context api (compose service api builds api, medium confidence)",
        "k8s/api.yaml:15:16: redis:7",
        "    not linked (an image of a third party)",
    ]


def test_every_fact_has_a_value_or_a_reason_and_its_places(tree: Path) -> None:
    (one,) = data(tree, ".", "container api")
    assert one["label"] == "container api of Deployment api"
    assert [step["name"] for step in one["chains"][0]] == ["main.py"]
    facts = {fact["name"]: fact for fact in one["facts"]}
    assert facts["limits.memory"]["value"] == "64Mi"
    assert facts["limits.memory"]["places"] == [["k8s/api.yaml:13:38", "limits.memory"]]
    assert facts["limits.cpu"]["state"] == "unknown"
    assert facts["limits.cpu"]["value"] == "unknown because limits.cpu is filled in later"
    assert facts["livenessProbe"]["state"] == "absent"
    assert facts["user"]["value"].startswith("name root, is root yes")
    variables = {fact["name"]: fact["value"] for fact in one["environment"]}
    assert variables == {"MODE": "prod", "TOKEN": "unknown because TOKEN comes from secretKeyRef"}


def test_the_text_says_the_same(tree: Path) -> None:
    text = run(tree, ".", "container api").stdout
    for line in (
        "container api of Deployment api  (k8s/api.yaml:10:15)",
        "    limits.memory                       64Mi",
        "                                          k8s/api.yaml:13:38: limits.memory",
        "    MODE                                prod",
    ):
        assert line in text.splitlines()


def test_all_workloads_without_a_name(tree: Path) -> None:
    assert [one["label"] for one in data(tree)] == [
        "container api of Deployment api",
        "container cache of Deployment api",
        "predictor of InferenceService model",
    ]


def test_a_name_that_nothing_has(tree: Path) -> None:
    done = run(tree, ".", "web")
    assert done.returncode == 2
    assert "no workload is called 'web'" in done.stderr


def test_what_a_chart_disables_is_shown_with_the_value_that_does_it(tree: Path) -> None:
    write(tree, CHART)
    (one,) = data(tree, ".", "exporter")
    assert (one["label"], one["role"], one["chains"]) == ("Deployment exporter", "disabled", [])
    facts = {fact["name"]: fact["value"] for fact in one["facts"]}
    assert facts["judged"] == "no: disabled by chart/values.yaml:2:3"
    assert facts["Dockerfile"].startswith("api/Dockerfile, context api")
    (link,) = [row for row in data(tree, ".", "--links") if "exporter" in row["manifest"]]
    assert link["dockerfile"] == "api/Dockerfile"
    assert link["reason"].endswith("; disabled by chart/values.yaml:2:3")


def test_a_chart_that_enables_it_in_other_values_disables_nothing(tree: Path) -> None:
    write(tree, {**CHART, "chart/values-prod.yaml": "exporter:\n  enabled: true\n"})
    assert [one["role"] for one in data(tree, ".", "exporter")] == ["main"]


def test_a_chart_that_says_nothing_of_it(tree: Path) -> None:
    write(tree, {**CHART, "chart/values.yaml": ""})
    (one,) = data(tree, ".", "exporter")
    assert one["facts"][0]["value"] == "no: disabled by the condition .Values.exporter.enabled"


def test_programs_that_run_side_by_side_are_not_called_alternatives(tmp_path: Path) -> None:
    dockerfile = 'FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD ["supervisord", "-n"]\n'
    (tmp_path / "Dockerfile").write_text(dockerfile, encoding="utf-8")
    programs = "[program:a]\ncommand=python a.py\n[program:b]\ncommand=python b.py\nstopwaitsecs=25\n"
    (tmp_path / "supervisord.conf").write_text(programs, encoding="utf-8")
    shown = run(tmp_path, ".").stdout
    assert ("runs (1)" in shown, "runs (2)" in shown, "may run" in shown) == (True, True, False)
    assert "SIGTERM: forwards, kills it after 25 s" in shown
