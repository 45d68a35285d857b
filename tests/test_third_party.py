"""A rule package of somebody else, installed for real into an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

PLUGIN = Path(__file__).parent / "plugin"
MANIFEST = """\
apiVersion: v1
kind: Pod
metadata:
  name: api
spec:
  containers:
    - name: api
      image: registry.example.com/api:1
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds the plugin, and sees k8slint where this one has it."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False)
    scripts = "Scripts" if os.name == "nt" else "bin"
    executable = home / scripts / "python"
    site = subprocess.run(
        [executable, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    here = sysconfig.get_path("purelib")
    Path(site, "k8slint_of_this_environment.pth").write_text(f"import site; site.addsitedir({here!r})\n")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", executable, "install", "--quiet"),
            *("--disable-pip-version-check", "--no-deps", "--no-build-isolation", "--no-index", PLUGIN),
        ],
        check=True,
        cwd=home,
    )
    return executable


def run(python: Path, tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, "-m", "k8slint", *arguments], cwd=tree, capture_output=True, text=True, timeout=60, check=False
    )


def test_its_rule_runs_beside_the_others(python: Path, tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text(MANIFEST)
    result = run(python, tmp_path, "scan", "--format", "json")
    assert result.returncode == 1, result.stderr
    found = [(one["rule"], one["line"]) for one in json.loads(result.stdout)["findings"]]
    assert ("unowned-workload", 4) in found
    assert ("requests-limits-missing", 7) in found


def test_its_concern_can_be_selected_and_its_page_explained(python: Path, tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text(MANIFEST)
    result = run(python, tmp_path, "scan", "--select", "policy", "--format", "concise")
    assert [line.split()[2] for line in result.stdout.splitlines()] == ["unowned-workload"]
    assert "Nobody is called" in run(python, tmp_path, "explain", "unowned-workload").stdout
