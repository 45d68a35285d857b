"""How many processes a command starts: the servers' own order of settings."""

from __future__ import annotations

import pytest

from builders import workload
from k8slint import concurrency

MANIFEST = """
apiVersion: v1
kind: Pod
metadata: {name: app}
spec:
  containers:
    - name: app
      image: example/app:1
      env: [%s]
"""


def counted(command: str, settings: str = "", env: str = "", program: str = "") -> object:
    texts = {
        "Dockerfile": f"FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD {command}\n",
        "pod.yaml": MANIFEST % env,
        "app.py": program,
        **({"gunicorn.conf.py": settings} if settings else {}),
    }
    one = workload(texts, "app")
    (process,) = one.processes.value
    loaded = one.program(process)
    found = concurrency(one, process, loaded.value if loaded.is_known else None)
    return found.value.workers if found.is_known else found.state.value


def variable(name: str, value: str) -> str:
    return f'{{name: {name}, value: "{value}"}}'


@pytest.mark.parametrize(
    ("command", "settings", "env", "expected"),
    [
        ('["gunicorn", "app:app"]', "", "", 1),
        ('["gunicorn", "app:app"]', "", variable("WEB_CONCURRENCY", "3"), 3),
        ('["gunicorn", "app:app"]', "workers = 2", variable("WEB_CONCURRENCY", "3"), 2),
        ('["gunicorn", "app:app"]', "workers = 2", variable("GUNICORN_CMD_ARGS", "--workers=5"), 5),
        ('["gunicorn", "-w", "4", "app:app"]', "workers = 2", variable("GUNICORN_CMD_ARGS", "--workers=5"), 4),
        ('["gunicorn", "--workers=4", "app:app"]', "", "", 4),
        ('["gunicorn", "-w4", "app:app"]', "", "", 4),
        ('["gunicorn", "app:app"]', "import os\nworkers = int(os.environ.get('N', '2')) * 2 + 1", "", 5),
        ('["gunicorn", "app:app"]', "import os\nworkers = int(os.getenv('N') or 2)", variable("N", "7"), 7),
        ('["gunicorn", "app:app"]', "import os\nworkers = os.cpu_count() or 1", "", None),
        ('["gunicorn", "app:app"]', "if True:\n    workers = 4", "", "unknown"),
        ('["gunicorn", "app:app"]', "workers = 4\nworkers = 5", "", "unknown"),
        ('["gunicorn", "app:app"]', "from settings import *", "", "unknown"),
        ('["gunicorn", "-c", "elsewhere.py", "app:app"]', "workers = 4", "", "unknown"),
        ('["uvicorn", "app:app"]', "", variable("WEB_CONCURRENCY", "3"), 3),
        ('["uvicorn", "app:app"]', "", variable("UVICORN_WORKERS", "2"), 2),
        ('["uvicorn", "app:app", "--workers", "4", "--reload"]', "", "", 1),
        ('["hypercorn", "app:app", "-w", "3"]', "", "", 3),
        ('["hypercorn", "app:app", "-c", "hypercorn.toml"]', "", "", "unknown"),
        ('["granian", "app:app"]', "", variable("GRANIAN_WORKERS", "3"), 3),
        ('["celery", "-A", "app", "worker"]', "", "", None),
        ('["celery", "-A", "app", "worker", "-c", "3"]', "", "", 3),
        ('["celery", "-A", "app", "worker", "-c", "300", "-P", "gevent"]', "", "", 1),
        ('["celery", "-A", "app", "worker", "--autoscale=10,2"]', "", "", "unknown"),
        ('["celery", "-A", "app", "beat"]', "", "", "absent"),
        ("gunicorn app:app $OPTIONS", "", variable("OPTIONS", "-w 9"), 9),
    ],
)
def test_servers(command: str, settings: str, env: str, expected: object) -> None:
    program = "from celery import Celery\napp = Celery('app')\n"
    assert counted(command, settings, env, program) == expected


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("import uvicorn\nuvicorn.run('app:app', workers=4)", 4),
        ("import uvicorn\nuvicorn.run(app, workers=4)", 1),
        ("import uvicorn\nN = 3\nuvicorn.run('app:app', workers=N)", 3),
        ("import uvicorn\nimport sys\nuvicorn.run('app:app', workers=int(sys.argv[1]))", "unknown"),
        ("import uvicorn\nuvicorn.run('app:app', **options)", "unknown"),
        ("from multiprocessing import Pool\nPool(3)", 3),
        ("from multiprocessing import Pool\nPool()", "absent"),
        ("print(1)", "absent"),
    ],
)
def test_programs(program: str, expected: object) -> None:
    assert counted('["python", "app.py"]', program=program) == expected
