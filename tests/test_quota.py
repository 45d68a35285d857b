"""How long a CPU limit stops busy processes, and what is said where it is large enough."""

from __future__ import annotations

from types import ModuleType

import pytest

from builders import pod, workload
from k8slint.workload.quota import stalled_ms
from k8slint_rules.cpu import pool_sized_by_node, workers_from_node_cores

SETTINGS = "import multiprocessing\nworkers = multiprocessing.cpu_count() * 2 + 1\n"
POOL = "import multiprocessing, os\nmultiprocessing.Pool(os.cpu_count() * 2)\n"


@pytest.mark.parametrize(
    ("limit", "busy", "stalled"),
    [(1, 2, 50), (0.5, 16, 96.875), (4, 4, 0), (20, 16, 0)],
)
def test_it_is_what_the_limit_leaves_of_the_period(limit: float, busy: float, stalled: float) -> None:
    assert stalled_ms(limit, busy) == stalled


@pytest.mark.parametrize(
    ("rule", "command"),
    [(pool_sized_by_node, '["python", "app.py"]'), (workers_from_node_cores, '["gunicorn", "app:app"]')],
)
@pytest.mark.parametrize(("limit", "stands_still"), [(2, True), (20, False)])
def test_a_limit_beyond_the_node_stops_nothing(rule: ModuleType, command: str, limit: int, stands_still: bool) -> None:
    one = workload(
        {
            "Dockerfile": f"FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD {command}\n",
            "pod.yaml": pod(f"resources: {{limits: {{cpu: {limit}}}}}"),
            "app.py": POOL,
            "gunicorn.conf.py": SETTINGS,
        }
    )
    (finding,) = rule.check(one)
    assert ("stands still" in finding.message) is stands_still
    assert "on a 16-core node" in finding.message
