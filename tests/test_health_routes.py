"""The routes that a program has for probes, in the frameworks' spellings."""

from __future__ import annotations

import pytest

from k8slint import Workload, health_routes
from k8slint.project import FileText, Project


def found(text: str) -> list[str]:
    files = {
        "main.py": FileText("main.py", text.encode(), 0o644),
        "Dockerfile": FileText("Dockerfile", b'FROM python:3.12\nCOPY . .\nCMD ["python", "main.py"]\n', 0o644),
    }
    (workload,) = Project.from_files(files, frozenset(), "app").units(Workload)
    program = workload.program(workload.processes.value[0]).value
    return [place.note for place in health_routes(program)]


@pytest.mark.parametrize(
    ("text", "routes"),
    [
        (
            "import flask\napp = flask.Flask('x')\n"
            "@app.get('/healthz')\ndef a(): ...\n@app.route('/ready')\ndef b(): ...",
            ["a route that ends in /ready", "a route that ends in /healthz"],
        ),
        (
            "import quart\napp = quart.Quart('x')\n@app.route('/livez')\nasync def a(): ...",
            ["a route that ends in /livez"],
        ),
        (
            "from aiohttp import web\napp = web.Application()\napp.router.add_get('/ping', a)",
            ["a route that ends in /ping"],
        ),
        ("from starlette.routing import Route\nroutes = [Route('/health', a)]", ["a route that ends in /health"]),
        ("from django.urls import path\nurlpatterns = [path('api/health/', a)]", ["a route that ends in api/health/"]),
        ("import flask\napp = flask.Flask('x')\n@app.post('/healthz')\ndef a(): ...", []),
        ("import flask\napp = flask.Flask('x')\n@app.get('/health_report')\ndef a(): ...", []),
        ("import requests\nrequests.get('/healthz')", []),
    ],
)
def test_spellings(text: str, routes: list[str]) -> None:
    assert found(text) == routes
