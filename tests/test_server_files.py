"""Files of settings that servers read: uwsgi.ini, hypercorn.toml."""

from __future__ import annotations

import json
import shlex

import pytest

from builders import command_line, image
from k8slint.workload.concurrency import concurrency
from k8slint.workload.listening import listeners
from k8slint.workload.process import Process
from k8slint.workload.workload import Workload

PYTHON = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\n"
INI = """\
[uwsgi]
; the application
module = shop.wsgi:application
master = true
processes = 4
threads = 2
http = 127.0.0.1:8000
"""


def started(line: str, files: dict[str, str]) -> tuple[Workload, Process]:
    one = image(PYTHON + f"CMD {json.dumps(shlex.split(line))}\n", {"app.py": "", **files})
    (process,) = one.processes.value
    return one, process


class TestUwsgi:
    @pytest.mark.parametrize("line", ["uwsgi --ini uwsgi.ini", "uwsgi --ini=/app/uwsgi.ini", "uwsgi uwsgi.ini"])
    def test_its_file_stands_for_options(self, line: str) -> None:
        one, _ = started(line, {"uwsgi.ini": INI})
        expected = "--module shop.wsgi:application --master --processes 4 --threads 2 --http 127.0.0.1:8000"
        assert command_line(one) == f"uwsgi {expected}"

    def test_so_the_number_of_processes_has_its_place_there(self) -> None:
        one, process = started("uwsgi --ini uwsgi.ini", {"uwsgi.ini": INI})
        found = concurrency(one, process).value
        assert (found.workers, str(found.location)) == (4, "uwsgi.ini:5:1")

    @pytest.mark.parametrize("line", ["module = shop.wsgi:application", "wsgi-file = shop/wsgi.py"])
    def test_it_names_the_program(self, line: str) -> None:
        files = {"uwsgi.ini": f"[uwsgi]\n{line}\n", "shop/wsgi.py": "", "shop/__init__.py": ""}
        assert started("uwsgi uwsgi.ini", files)[1].entry.module.value == "shop/wsgi.py"

    def test_and_so_has_the_address(self) -> None:
        one, process = started("uwsgi --ini uwsgi.ini", {"uwsgi.ini": INI})
        (listener,) = listeners(one, process)
        assert (listener.host.value, listener.port) == ("127.0.0.1", 8000)

    @pytest.mark.parametrize(
        ("settings", "ends_on_sigterm"),
        [
            (INI, False),
            (INI + "die-on-term = true\n", True),
            (INI + "die-on-term = false\n", False),
            (INI + "chdir = $(HOME)/shop\n", None),
            (INI + "if-env = GRACEFUL\ndie-on-term = true\nendif =\n", None),
            (INI + "ini = other.ini\n", None),
        ],
    )
    def test_what_sigterm_does_is_known(self, settings: str, ends_on_sigterm: bool | None) -> None:
        _, process = started("uwsgi --ini uwsgi.ini", {"uwsgi.ini": settings})
        assert process.entry.sigterm is ends_on_sigterm

    def test_without_the_file_it_is_not(self) -> None:
        _, process = started("uwsgi --ini /etc/uwsgi.ini", {})
        assert process.entry.sigterm is None


class TestHypercorn:
    TOML = 'bind = ["0.0.0.0:80", "[::]:80"]\nworkers = 3\ngraceful_timeout = 20.5\nuse_reloader = false\n'

    def test_its_file_stands_for_options(self) -> None:
        one, process = started("hypercorn -c hypercorn.toml app:app", {"hypercorn.toml": self.TOML})
        expected = "--bind 0.0.0.0:80 --bind [::]:80 --workers 3 --graceful-timeout 20.5"
        assert command_line(one) == f"hypercorn {expected} app:app"
        assert concurrency(one, process).value.workers == 3

    @pytest.mark.parametrize("content", ["bind = \n", None])
    def test_a_file_that_cannot_be_read_leaves_it_open(self, content: str | None) -> None:
        files = {} if content is None else {"hypercorn.toml": content}
        one, process = started("hypercorn -c hypercorn.toml app:app", files)
        assert command_line(one) == "hypercorn -c hypercorn.toml app:app"
        assert concurrency(one, process).is_unknown
