"""uWSGI's settings, on the command line, in ini files and in variables."""

from __future__ import annotations

import json

import pytest

from builders import image
from k8slint.workload.concurrency import concurrency
from k8slint.workload.listening import listeners
from k8slint.workload.process import Process
from k8slint.workload.workload import Workload

PYTHON = "FROM python:3.12-slim\nWORKDIR /srv\nCOPY . .\n"
INI = """\
[uwsgi]
; the shop
module = shop.wsgi:application
http = 127.0.0.1:8000
processes = $(WORKERS)
threads = 2
master = true
die-on-term = true
harakiri = 60
vacuum = false

[other]
processes = 9
"""


def served(command: str, settings: str = "", **files: str) -> tuple[Workload, Process]:
    dockerfile = f"{PYTHON}{settings}CMD {json.dumps(command.split())}\n"
    one = image(dockerfile, {"shop/wsgi.py": "application = None\n", **files})
    (process,) = one.processes.value
    return one, process


@pytest.mark.parametrize("command", ["uwsgi --ini uwsgi.ini", "uwsgi --ini=/srv/uwsgi.ini", "uwsgi uwsgi.ini"])
def test_an_ini_file_is_read(command: str) -> None:
    one, process = served(command, "ENV WORKERS=4\n", **{"uwsgi.ini": INI})
    entry = process.entry
    assert (entry.server, entry.sigterm, entry.module.value) == ("uwsgi", True, "shop/wsgi.py")
    count = concurrency(one, process).value
    assert (count.workers, count.has_master) == (4, True)
    assert count.location is not None
    assert (count.location.path, count.location.line) == ("uwsgi.ini", 5)
    threads, harakiri = entry.option("--threads"), entry.option("--harakiri")
    assert [word.text for word in (threads, harakiri) if word is not None] == ["2", "60"]
    assert [(one.host.value, one.port) for one in listeners(one, process)] == [("127.0.0.1", 8000)]


def test_without_die_on_term_the_signal_reloads() -> None:
    ini = INI.replace("die-on-term = true", "die-on-term = false")
    _, process = served("uwsgi uwsgi.ini", "ENV WORKERS=4\n", **{"uwsgi.ini": ini})
    assert process.entry.sigterm is False


@pytest.mark.parametrize(
    ("command", "handles"),
    [
        ("uwsgi --master -w shop.wsgi", False),
        ("uwsgi -M --die-on-term -w shop.wsgi", True),
        ("uwsgi --processes 4 -w shop.wsgi", None),
    ],
)
def test_only_a_master_reloads(command: str, handles: bool | None) -> None:
    assert served(command)[1].entry.sigterm is handles


def test_variables_are_options() -> None:
    one, process = served("uwsgi -w shop.wsgi", "ENV UWSGI_DIE_ON_TERM=1 UWSGI_PROCESSES=3 UWSGI_MASTER=0\n")
    assert (process.entry.sigterm, concurrency(one, process).value.workers) == (True, 3)
    assert not concurrency(one, process).value.has_master


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"uwsgi.ini": "[uwsgi]\nini = other.ini\n"},
        {"uwsgi.ini": "[uwsgi]\nif-env = FAST\nprocesses = 8\nendif =\n"},
        {"uwsgi.ini": "nothing"},
    ],
)
def test_a_file_that_cannot_be_read_may_set_anything(files: dict[str, str]) -> None:
    one, process = served("uwsgi uwsgi.ini", **files)
    assert process.entry.sigterm is None
    assert concurrency(one, process).is_unknown


def test_an_unknown_value() -> None:
    one, process = served("uwsgi uwsgi.ini", **{"uwsgi.ini": INI.replace("$(WORKERS)", "%k")})
    assert concurrency(one, process).is_unknown
