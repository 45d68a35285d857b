"""Which logs of a container go into files, and whether they are printed as well."""

from __future__ import annotations

import pytest

from builders import pod, workload
from k8slint.workload.log_files import log_calls, log_files


def found(code: str, command: str = '["python", "app.py"]') -> list[tuple[str, bool]]:
    """Path and ``is_only`` of the logs of ``app.py`` in /srv."""
    lines = f"FROM python:3.12-slim\nWORKDIR /srv\nCOPY app.py .\nCMD {command}\n"
    one = workload({"Dockerfile": lines, "app.py": code, "pod.yaml": pod("")}, calls=log_calls())
    assert one.processes.is_known
    return [(log.path, log.is_only) for process in one.processes.value for log in log_files(one, process)]


def test_a_log_that_is_not_printed() -> None:
    assert found('import logging\nlogging.basicConfig(filename="app.log")\n') == [("/srv/app.log", True)]


def test_a_log_that_is_printed_as_well() -> None:
    code = "import logging\nlogging.basicConfig(handlers=[logging.FileHandler('app.log'), logging.StreamHandler()])\n"
    assert found(code) == [("/srv/app.log", False)]


def test_loguru_prints_until_its_own_handler_is_removed() -> None:
    code = 'from loguru import logger\n{}logger.add("app.log")\n'
    assert found(code.format("")) == [("/srv/app.log", False)]
    assert found(code.format("logger.remove()\n")) == [("/srv/app.log", True)]


def test_gunicorn_has_its_errors_in_one_of_two_logs() -> None:
    command = '["gunicorn", "app:app", "--access-logfile", "access.log", "--error-logfile", "error.log"]'
    assert found("app = object()\n", command) == [("/srv/error.log", True), ("/srv/access.log", False)]


@pytest.mark.parametrize("path", ["-", "/dev/stdout", "/proc/1/fd/1", "$LOG"])
def test_what_is_no_file_or_not_known(path: str) -> None:
    assert found("app = object()\n", f"gunicorn app:app --error-logfile {path}") == []


def test_a_program_that_follows_the_file() -> None:
    code = 'import logging\nlogging.basicConfig(filename="app.log")\n'
    assert found(code, "tail -F app.log & exec python app.py") == []
