"""The work of a scan grows with the tree and not with its square: counted in function calls, which no load changes."""

import sys
from collections.abc import Callable
from types import FrameType

import pytest

from k8slint import engine, plugins
from k8slint.project import FileText, Project

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: app{number}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: app{number}}}}}
  template:
    metadata: {{labels: {{app: app{number}}}}}
    spec:
      containers:
        - name: app
          image: registry.example.com/image{image}:1
          envFrom: [{{configMapRef: {{name: settings{number}}}}}]
          ports: [{{containerPort: 8080}}]
---
apiVersion: v1
kind: Service
metadata: {{name: app{number}}}
spec:
  selector: {{app: app{number}}}
  ports: [{{port: 80, targetPort: 8080}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: settings{number}}}
data: {{LEVEL: info}}
"""
DOCKERFILE = 'FROM python:3.12-slim\nCOPY . .\nUSER 1000\nCMD ["python", "main.py"]\n'
MAIN = "import os\nimport signal\nimport time\n\nwhile True:\n    time.sleep(os.cpu_count())\n"
KUSTOMIZATION = "namePrefix: dev-\nlabels:\n  - pairs: {{team: a}}\nresources:\n{resources}"


def workloads(count: int) -> dict[str, str]:
    """Every ten share an image, and every image has a Dockerfile of its own."""
    files = {f"deploy/app{at}.yaml": DEPLOYMENT.format(number=at, image=at // 10) for at in range(count)}
    for at in range(count // 10):
        files[f"image{at}/Dockerfile"] = DOCKERFILE
        files[f"image{at}/main.py"] = MAIN
    return files


def kustomized(count: int) -> dict[str, str]:
    resources = "".join(f"  - app{at}.yaml\n" for at in range(count))
    return {**workloads(count), "deploy/kustomization.yaml": KUSTOMIZATION.format(resources=resources)}


def suppressed(count: int) -> dict[str, str]:
    silent = "          # k8slint: ignore[liveness-missing] by design\n"
    return {
        path: text.replace("          image:", f"{silent}          image:") for path, text in workloads(count).items()
    }


def calls(texts: dict[str, str]) -> int:
    """How many functions a scan of a tree with all rules calls."""
    files = {path: FileText(path, text.encode(), 0o644) for path, text in texts.items()}
    known = plugins.load()
    count = 0

    def counted(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        project = Project.from_files(files, engine.interest(known), "shop")
        engine.run(project, known, known=frozenset(one.rule.id for one in known), pedantic=True)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("tree", [workloads, kustomized, suppressed], ids=lambda tree: tree.__name__)
def test_twice_the_workloads_are_twice_the_work(tree: Callable[[int], dict[str, str]]) -> None:
    calls(tree(10))  # what is read once in a process, such as the data files, does not count
    small, middle, large = (calls(tree(count)) for count in (40, 80, 160))
    # The differences leave out what every run costs.
    assert large - middle <= 1.2 * 2 * (middle - small)
