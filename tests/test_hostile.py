"""Trees made to hurt, through the real command: a notice, the rest linted, an honest exit code, bounded memory."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

import hostile

if sys.platform == "win32":
    pytest.skip("pipes, devices and limits as POSIX has them", allow_module_level=True)

import resource

MEMORY_MIB = 2048
TIMEOUT = 120


def scan(tree: Path, *arguments: str, file_size: int | None = None, **keys: object) -> subprocess.CompletedProcess[str]:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MIB << 20, MEMORY_MIB << 20))
        if file_size is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))

    command = [sys.executable, "-B", "-m", "k8slint", "scan", *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environment, **keys}
    return subprocess.run(command, cwd=tree, preexec_fn=limit, text=True, timeout=TIMEOUT, check=False, **given)  # type: ignore[call-overload,no-any-return]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The file with the fault, and nothing hostile."""
    hostile.TREES["plain"] = hostile.Tree(lambda _: None)
    hostile.build("plain", tmp_path / "tree")
    del hostile.TREES["plain"]
    return tmp_path / "tree"


@pytest.mark.parametrize("name", hostile.TREES)
def test_the_rest_is_linted_and_the_reason_said(name: str, tmp_path: Path) -> None:
    expected = hostile.build(name, tmp_path / "tree")
    done = scan(tmp_path / "tree", "--format", "concise")
    assert "Traceback" not in done.stderr
    assert [part for part in expected.says if part not in done.stderr] == []
    assert done.returncode == expected.code
    if not name.startswith("settings"):
        assert hostile.WITNESS in done.stdout


def test_positions_are_right_in_every_encoding(tmp_path: Path) -> None:
    hostile.build("encodings", tmp_path / "tree")
    lines = scan(tmp_path / "tree", "--format", "concise").stdout.splitlines()
    places = [line.partition(" ")[0] for line in lines if "shell-form-blocks-sigterm" in line]
    assert places == [f"{folder}Dockerfile:5:1:" for folder in ("", "crlf/", "mark/", "sixteen/")]


def test_nothing_outside_is_read(tmp_path: Path) -> None:
    hostile.build("links", tmp_path / "tree")
    assert "secret" not in scan(tmp_path / "tree", "--format", "json").stdout


def test_files_that_change_during_the_scan(tree: Path) -> None:
    ended = threading.Event()

    def change() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            file = tree / f"f{number % 50}.yaml"
            with contextlib.suppress(OSError):
                if number % 3 == 0:
                    file.unlink()
                else:
                    file.write_text("apiVersion: v1\nkind: Pod\n" * (number % 900))

    changer = threading.Thread(target=change)
    changer.start()
    try:
        done = scan(tree, "--format", "concise")
    finally:
        ended.set()
        changer.join()
    assert "Traceback" not in done.stderr
    assert hostile.WITNESS in done.stdout
    assert done.returncode in (1, 2)


def test_nothing_is_written_but_the_report(tree: Path) -> None:
    """No file may be larger than nothing: what a read-only home and a full disk allow."""
    home = {**os.environ, "HOME": "/proc/nowhere", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = scan(tree, file_size=0, env=home)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_report_that_finds_no_room_leaves_the_old_one(tree: Path) -> None:
    (tree / "report.json").write_text("old")
    done = scan(tree, "--format", "json", "--output", "report.json", file_size=100)
    assert done.returncode == 2
    assert "report.json: cannot be written: File too large" in done.stderr
    assert (tree / "report.json").read_text() == "old"
    assert [name for name in os.listdir(tree) if "tmp" in name] == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [[], ["--output", "/dev/full"]])
def test_a_full_disk(tree: Path, arguments: Sequence[str]) -> None:
    with open("/dev/full", "w") as full:
        done = scan(tree, *arguments, stdout=full)
    assert done.returncode == 2
    assert os.strerror(errno.ENOSPC) in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_reader_that_has_gone_is_not_a_finding(tree: Path, form: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = scan(tree, "--format", form, stdout=writing)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (2, "")


def test_a_closed_standard_output_is_said(tree: Path) -> None:
    command = f"exec {sys.executable} -m k8slint scan >&-"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(["sh", "-c", command], cwd=tree, env=environment, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (2, b"Error: the output cannot be written: it is closed\n")


@pytest.mark.parametrize("options", [["-q"], ["--fail-on", "never"], ["--format", "sarif"], ["-q", "--format", "json"]])
def test_no_option_makes_an_incomplete_run_a_success(tree: Path, options: Sequence[str]) -> None:
    (tree / "a.yaml").write_text("apiVersion: v1\nkind: Pod\na: [\n")
    done = scan(tree, *options)
    assert done.returncode == 2
    assert "a.yaml:4:1: cannot be read as YAML" in done.stdout + done.stderr


def test_sarif_carries_the_notices(tree: Path) -> None:
    (tree / "a.yaml").write_text("apiVersion: v1\nkind: Pod\na: [\n")
    (run,) = json.loads(scan(tree, "--format", "sarif").stdout)["runs"]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    (notice,) = invocation["toolExecutionNotifications"]
    assert notice["level"] == "error"
    assert notice["message"]["text"].startswith("cannot be read as YAML: line 4")
    assert notice["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a.yaml"
