"""In how many processes a program runs, and how a message says it."""

from __future__ import annotations

import pytest

from builders import workload
from k8slint.workload.copies import copies, lasting_programs

DEPLOYMENT = """
apiVersion: apps/v1
kind: {kind}
metadata: {{name: web}}
spec:
  {spec}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{containers: [{{name: web, image: shop}}]}}
"""


def counted(command: str, spec: str = "replicas: 3", kind: str = "Deployment", at_import: bool = False) -> str:
    files = {
        "Dockerfile": f"FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD {command}\n",
        "app.py": "from flask import Flask\napp = Flask(__name__)\n",
        "web.yaml": DEPLOYMENT.format(kind=kind, spec=spec),
    }
    one = workload(files)
    ((process, program),) = lasting_programs(one)
    found = copies(one, process, program, at_import)
    return f"{found}: {found.total}"


@pytest.mark.parametrize(
    ("command", "spec", "expected"),
    [
        ('["gunicorn", "-w", "4", "app:app"]', "replicas: 3", "each of 4 gunicorn workers in each of 3 pods: 12"),
        ('["gunicorn", "app:app"]', "replicas: 3", "each of 3 pods: 3"),
        ('["gunicorn", "-w", "4", "app:app"]', "replicas: 1", "each of 4 gunicorn workers: 4"),
        ('["gunicorn", "app:app"]', "paused: false", "one process of one pod: 1"),
        ('["python", "app.py"]', "replicas: 2", "each of 2 pods: 2"),
        ("gunicorn -w $WORKERS app:app", "replicas: 2", "each of 2 pods: None"),
        ('["gunicorn", "app:app"]', "replicas: {{ n }}", "one process of one pod: None"),
    ],
)
def test_processes_and_pods(command: str, spec: str, expected: str) -> None:
    assert counted(command, spec) == expected


def test_what_is_loaded_before_the_fork_is_there_once_a_pod() -> None:
    command = '["gunicorn", "-w", "4", "--preload", "app:app"]'
    assert counted(command, at_import=True) == "each of 3 pods: 3"
    assert counted(command) == "each of 4 gunicorn workers in each of 3 pods: 12"


def test_the_pods_of_a_daemon_set_are_not_known() -> None:
    assert counted('["gunicorn", "app:app"]', "minReadySeconds: 1", "DaemonSet") == "one process of one pod: None"
