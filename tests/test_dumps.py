"""What a cluster, ``helm template`` or ``kustomize build`` prints, given on standard input."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from builders import workloads
from k8slint.models.manifest import objects
from k8slint.models.source import Source

DUMP = (Path(__file__).parent / "dumps" / "cluster.yaml").read_text(encoding="utf-8")
_, WEB, REPLICA_SET, POD = ("- apiVersion" + one for one in DUMP.partition("\nkind: List")[0].split("\n- apiVersion"))
DOCKERFILE = 'FROM python:3.12-slim\nUSER 1000\nCOPY web.py .\nCMD ["python", "web.py"]\n'
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: shop/web
"""


def dump(*items: str) -> str:
    """What ``kubectl get -o yaml`` prints for these items."""
    return "\n".join(["apiVersion: v1", "items:", *items, "kind: List", 'metadata: {resourceVersion: ""}', ""])


def scan(folder: Path, *arguments: str, stdin: str, select: str = "requests-limits-missing") -> list[str]:
    """The lines of a scan of standard input in ``folder``: findings first, then notes and the summary."""
    command = [sys.executable, "-m", "k8slint", "scan", "-", "--format", "concise", "--select", select, *arguments]
    done = subprocess.run(command, cwd=folder, input=stdin, capture_output=True, text=True, check=False)
    return [*done.stdout.splitlines(), *done.stderr.splitlines()]


class TestClusterDump:
    def test_the_owner_is_judged_and_what_it_made_is_not(self, tmp_path: Path) -> None:
        first, *rest = scan(tmp_path, stdin=DUMP)
        assert first.startswith("stdin.yaml:67:11: warning requests-limits-missing Deployment web has")
        assert rest[0].startswith("note: stdin.yaml:")
        assert rest[0].endswith(
            "not judged, because what made them is judged, or another one of its like: 1 Pod, 1 ReplicaSet"
        )
        assert len(rest) == 2

    def test_json_says_the_same(self, tmp_path: Path) -> None:
        text = json.dumps(YAML(typ="safe", pure=True).load(DUMP), indent=4, default=str)
        first, *_ = scan(tmp_path, stdin=text)
        assert "Deployment web has no memory limit" in first

    def test_a_pod_is_left_out_though_its_replica_set_is_not_in_the_dump(self) -> None:
        assert [one.label for one in workloads({"dump.yaml": dump(WEB, POD)})] == ["Deployment web"]

    def test_of_the_pods_of_one_owner_that_is_not_there_one_is_judged(self) -> None:
        pods = dump(POD, POD.replace("hx2x9", "zzzzz"))
        assert [one.label for one in workloads({"dump.yaml": pods})] == ["Pod web-6bf4bcd5c7-hx2x9"]

    def test_a_replica_set_of_an_earlier_revision_runs_nothing(self) -> None:
        assert [one.label for one in workloads({"dump.yaml": dump(REPLICA_SET)})] == ["ReplicaSet web-6bf4bcd5c7"]
        assert workloads({"dump.yaml": dump(REPLICA_SET.replace("replicas: 2", "replicas: 0"))}) == ()

    def test_what_an_object_without_pods_made_is_judged(self) -> None:
        crawler = "- apiVersion: example.com/v1\n  kind: Crawler\n  metadata: {name: all, namespace: shop}"
        pod = POD.replace("kind: ReplicaSet", "kind: Crawler").replace("name: web-6bf4bcd5c7\n", "name: all\n")
        assert [one.label for one in workloads({"dump.yaml": dump(crawler, pod)})] == ["Pod web-6bf4bcd5c7-hx2x9"]

    def test_an_owner_elsewhere_leaves_an_object_judged(self) -> None:
        content = DEPLOYMENT.replace(
            "{name: web}", "{name: web, ownerReferences: [{kind: Shop, name: web, controller: true}]}", 1
        )
        assert [one.label for one in workloads({"web.yaml": content})] == ["Deployment web"]

    def test_two_thousand_deployments_are_read(self) -> None:
        text = dump(*(WEB.replace("name: web", f"name: web{n}") for n in range(2000)))
        found, notices = objects(Source("dump.yaml", text))
        assert (len(found), notices) == (2000, ())


class TestRenderedCharts:
    def test_a_finding_names_the_template(self, tmp_path: Path) -> None:
        service = "---\n# Source: shop/templates/service.yaml\napiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
        text = f"{service}---\n# Source: shop/templates/web.yaml\n{DEPLOYMENT}"
        first, *_ = scan(tmp_path, stdin=text)
        assert first.startswith("stdin.yaml:17:17: warning")
        assert first.endswith("(rendered from shop/templates/web.yaml)")

    def test_a_document_without_a_source_is_not_said_to_have_one(self, tmp_path: Path) -> None:
        text = f"---\n# Source: shop/templates/a.yaml\napiVersion: v1\nkind: Service\n---\n{DEPLOYMENT}"
        first, *_ = scan(tmp_path, stdin=text)
        assert "rendered from" not in first


class TestSource:
    @pytest.fixture
    def tree(self, tmp_path: Path) -> Path:
        files = {
            "web/Dockerfile": DOCKERFILE,
            "web/web.py": "while True:\n    pass\n",
            "k8s/web.yaml": DEPLOYMENT,
            "k8s/kustomization.yaml": "resources: [web.yaml]\n",
            "charts/shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
            "charts/shop/templates/web.yaml": DEPLOYMENT,
        }
        for path, content in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(content, encoding="utf-8")
        return tmp_path

    def test_manifests_come_from_stdin_and_all_else_from_the_tree(self, tree: Path) -> None:
        *findings, summary = scan(tree, "--source", ".", stdin=DEPLOYMENT)
        assert [line.split(" ")[0] for line in findings] == ["stdin.yaml:10:17:"]
        assert "1 workload joined, 1 linked to an image" in summary

    def test_without_it_stdin_stands_alone(self, tree: Path) -> None:
        *_, summary = scan(tree, stdin=DEPLOYMENT)
        assert "1 Kubernetes object; 1 workload joined" in summary
        assert "Dockerfile" not in summary

    def test_it_needs_stdin(self, tree: Path) -> None:
        command = [sys.executable, "-m", "k8slint", "scan", "--source", "."]
        done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert "k8slint scan - --source FOLDER" in done.stderr


@pytest.mark.parametrize("page", ["README.md", "docs/manifests.md"])
def test_the_commands_that_the_documentation_shows_work(page: str, tmp_path: Path) -> None:
    """Whatever stands before the pipe prints a Deployment."""
    file = Path(__file__).parent.parent / page
    if not file.exists():
        pytest.skip("runs from a clone: the wheel has no documentation beside it")
    commands = re.findall(r"^.+ \| k8slint (scan - .*|scan -)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    assert commands
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", "k8slint", *command.split()],
            cwd=tmp_path,
            input=DEPLOYMENT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, "Deployment web" in done.stdout) == (1, True), command
