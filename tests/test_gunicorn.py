"""Where gunicorn takes a setting from: command line, GUNICORN_CMD_ARGS, configuration file."""

from __future__ import annotations

import pytest

from builders import workload
from k8slint.workload.gunicorn import GunicornSettings, gunicorn_settings

MANIFEST = """
apiVersion: v1
kind: Pod
metadata: {name: app}
spec:
  containers:
    - name: app
      image: example/app:1
      env: [{name: GUNICORN_CMD_ARGS, value: "%s"}]
"""


def settings(command: str, arguments: str = "", file: str = "") -> GunicornSettings:
    texts = {
        "Dockerfile": f"FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD {command}\n",
        "pod.yaml": MANIFEST % arguments,
        "app.py": "",
        "gunicorn.conf.py": file,
    }
    one = workload(texts, "app")
    (process,) = one.processes.value
    return gunicorn_settings(one, process)


def bound(command: str, arguments: str = "", file: str = "") -> object:
    found = settings(command, arguments, file).words("bind", "-b", "--bind")
    return [word.text for word in found.value] if found.is_known else found.state.value


PLAIN = '["gunicorn", "app:app"]'


@pytest.mark.parametrize(
    ("command", "arguments", "file", "expected"),
    [
        (PLAIN, "", "", "absent"),
        (PLAIN, "", "bind = ['0.0.0.0:80', '[::]:80']", ["0.0.0.0:80", "[::]:80"]),
        (PLAIN, "--bind=:1", "bind = ':2'", [":1"]),
        ('["gunicorn", "-b", ":1", "--bind=:2", "app:app"]', "--bind=:3", "bind = ':4'", [":1", ":2"]),
        (PLAIN, "", "# bind = ':2'", "absent"),
        (PLAIN, "", "from settings import bind", "unknown"),
        (PLAIN, "", "from settings import *", "unknown"),
        (PLAIN, "", "globals()['bind'] = ':2'", "unknown"),
        (PLAIN, "", "bind, workers = read()", "unknown"),
        (PLAIN, "", "import os\nif os.getenv('X'):\n    bind = ':2'", "unknown"),
        (PLAIN, "", "def on_starting(server):\n    bind = ':2'", "unknown"),
        (PLAIN, "-c elsewhere.py", "bind = ':2'", "unknown"),
        ("gunicorn $(cat more) app:app", "", "bind = ':2'", "unknown"),
        ("gunicorn --bind $(cat host):80 app:app", "", "bind = ':2'", [None]),
        ("gunicorn -b :1 app.$NAME:app", "", "", [":1"]),
        ("gunicorn app.$NAME:app", "", "bind = ':2'", [":2"]),
    ],
)
def test_the_order_of_settings(command: str, arguments: str, file: str, expected: object) -> None:
    assert bound(command, arguments, file) == expected


@pytest.mark.parametrize(("arguments", "expected"), [("--bind 'a", "unknown"), ("--bind :1 \\\\", "unknown")])
def test_arguments_that_cannot_be_taken_apart(arguments: str, expected: str) -> None:
    assert bound(PLAIN, arguments) == expected


def test_the_last_of_two_options_counts() -> None:
    assert settings('["gunicorn", "-w", "2", "--workers=4", "app:app"]').get("workers", "-w", "--workers").value == "4"
