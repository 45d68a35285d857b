"""When servers close connections that nobody uses."""

from __future__ import annotations

import pytest

from builders import workload
from k8slint.workload.idle_connections import idle_limit

DOCKERFILE = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\n{env}CMD {command}\n"


def seconds(command: str, settings: str = "", env: str = "") -> object:
    files = {"Dockerfile": DOCKERFILE.format(command=command, env=env), "app.py": "app = None\n"}
    one = workload({**files, **({"gunicorn.conf.py": settings} if settings else {})})
    (process,) = one.processes.value
    found = idle_limit(one, process)
    return found.value.seconds if found.is_known else found.state.value


@pytest.mark.parametrize(
    ("command", "settings", "env", "expected"),
    [
        ('["gunicorn", "app:app"]', "", "", "absent"),
        ('["gunicorn", "-k", "gevent", "app:app"]', "", "", 2),
        ('["gunicorn", "--threads", "1", "app:app"]', "", "", "absent"),
        ('["gunicorn", "--threads", "4", "app:app"]', "", "", 2),
        ('["gunicorn", "--threads", "4", "app:app"]', "keepalive = 75", "", 75),
        ('["gunicorn", "--threads", "4", "--keep-alive=65", "app:app"]', "keepalive = 75", "", 65),
        ('["gunicorn", "-k", "uvicorn.workers.UvicornWorker", "app:app"]', "", "", 2),
        ('["gunicorn", "--threads", "4", "-c", "elsewhere.py", "app:app"]', "", "", "unknown"),
        ('["uvicorn", "app:app"]', "", "", 5),
        ('["uvicorn", "app:app", "--timeout-keep-alive", "75"]', "", "", 75),
        ('["uvicorn", "app:app"]', "", "ENV UVICORN_TIMEOUT_KEEP_ALIVE=70\n", 70),
        ('["hypercorn", "app:app"]', "", "", 5),
        ('["hypercorn", "-c", "hypercorn.toml", "app:app"]', "", "", "unknown"),
        ('["waitress-serve", "app:app"]', "", "", "absent"),
    ],
)
def test_idle_limit(command: str, settings: str, env: str, expected: object) -> None:
    assert seconds(command, settings, env) == expected
