"""Which calls of a program run for certain when it starts."""

from __future__ import annotations

import pytest

from builders import workload
from k8slint.workload.start_up import runs_at_start


def runs(program: str, command: str = '["gunicorn", "app:app"]', other: str = "") -> bool:
    texts = {
        "Dockerfile": f"FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD {command}\n",
        "app.py": program,
        "other.py": other,
    }
    one = workload(texts, "app", ["work.begin"])
    (process,) = one.processes.value
    loaded = one.program(process).value
    ((module, call),) = loaded.calls("work.begin")
    return runs_at_start(loaded, process, module, call)


@pytest.mark.parametrize(
    "program",
    [
        "import work\nwork.begin()",
        "import work\ndef create():\n    work.begin()\ncreate()",
        "import work\ndef one():\n    work.begin()\ndef two():\n    one()\ntwo()",
        "import work\n@app.on_event('startup')\nasync def begin():\n    work.begin()",
        "import work\nasync def life(app):\n    work.begin()\n    yield\napp = FastAPI(lifespan=life)",
        "import work, threading\ndef run():\n    work.begin()\nthreading.Thread(target=run).start()",
        "import work\nif not scheduler.running:\n    work.begin()",
        "import work\ntry:\n    work.begin()\nexcept ValueError:\n    pass",
        "import work\ndef create():\n    def job():\n        return 1\n    work.begin()\ncreate()",
    ],
)
def test_it_runs(program: str) -> None:
    assert runs(program)


@pytest.mark.parametrize(
    "program",
    [
        "import os, work\nif os.getenv('BEGIN'):\n    work.begin()",
        "import work\ndef never():\n    work.begin()",
        "import work\n@app.get('/')\ndef handler():\n    work.begin()",
        "import work\ndef create():\n    if off:\n        return\n    work.begin()\ncreate()",
        "import work\ndef create():\n    work.begin()\nif on:\n    create()",
        "import work\ndef one():\n    two()\n    work.begin()\ndef two():\n    one()",
        "import work\ntry:\n    pass\nexcept ValueError:\n    work.begin()",
    ],
)
def test_it_may_not_run(program: str) -> None:
    assert not runs(program)


def test_a_factory_is_named_on_the_command_line() -> None:
    program = "import work\ndef create_app():\n    work.begin()\n"
    assert runs(program, '["gunicorn", "app:create_app()"]')
    assert not runs(program, '["gunicorn", "app:app"]')


def test_the_caller_may_be_in_another_module() -> None:
    other = "import work\ndef begin_work():\n    work.begin()\n"
    assert runs("from other import begin_work\nbegin_work()", other=other)
    assert not runs("from other import begin_work", other=other)
