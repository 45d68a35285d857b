"""Small repositories, linted through the command, against what it is expected to say.

Every folder below ``tests/projects`` is one repository, with the findings in its ``expected.txt``. Next to each stands
a twin, ``<name>-silent``, in which one file is different and nothing must be found. To renew what is expected after
a message has changed, run the tests with ``K8SLINT_RENEW=1`` and read the difference.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from k8slint.cli import cli

PROJECTS = Path(__file__).parent / "projects"
EXPECTED = "expected.txt"
NAMES = sorted(folder.name for folder in PROJECTS.iterdir())
FAULTS = [name for name in NAMES if not name.endswith("-silent")]


def files(name: str) -> dict[str, str]:
    """The files of a repository by their path."""
    folder = PROJECTS / name
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != EXPECTED)
    return {str(path.relative_to(folder)): path.read_text() for path in paths}


@pytest.mark.parametrize("name", NAMES)
def test_the_command_says_what_is_expected(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, report = PROJECTS / name / EXPECTED, tmp_path / "report.txt"
    monkeypatch.chdir(shutil.copytree(PROJECTS / name, tmp_path / "shop", ignore=shutil.ignore_patterns(EXPECTED)))
    arguments = ["scan", ".", "--format", "concise", "--fail-on", "info", "--output", str(report)]
    result = CliRunner().invoke(cli, arguments, standalone_mode=False, catch_exceptions=False)
    if os.environ.get("K8SLINT_RENEW") == "1":
        expected.write_text(report.read_text())
    assert report.read_text() == expected.read_text()
    assert result.return_value == (1 if expected.read_text() else 0)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_has_a_twin_one_edit_away_that_is_silent(name: str) -> None:
    fault, twin = files(name), files(f"{name}-silent")
    assert fault.keys() == twin.keys()
    assert len([path for path in fault if fault[path] != twin[path]]) == 1
    assert (PROJECTS / name / EXPECTED).read_text() != ""
    assert (PROJECTS / f"{name}-silent" / EXPECTED).read_text() == ""
