"""What is kept of files between runs changes nothing but the time."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from k8slint import cache, testing
from k8slint.cache import Cache
from k8slint.cli import cli
from k8slint.models import manifest
from k8slint.models.python import Interest, parse_python
from k8slint.models.source import Source, decode
from k8slint.models.stored import (
    DamagedError,
    documents_restored,
    documents_stored,
    python_restored,
    python_stored,
)
from k8slint.models.yaml import load_documents
from k8slint.project import FileText, Project
from k8slint.workload import memory

APP = "import os\nimport time\n\nWORKERS = os.cpu_count()\n\nwhile True:\n    time.sleep(1)\n"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: app}\nspec: {containers: [{name: app, image: app}]}\n"
DOCKERFILE = 'FROM python:3.12\nCOPY app.py /\nCMD ["python", "/app.py"]\n'
INTEREST = frozenset(("os.cpu_count",))


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are read anew from here on."""
    read: list[str] = []

    def python(source: Source, *rest: object) -> object:
        read.append(source.path)
        return parse_python(source, *rest)  # type: ignore[arg-type]

    def documents(source: Source, *rest: object) -> object:
        read.append(source.path)
        return load_documents(source, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(memory, "parse_python", python)
    monkeypatch.setattr(memory, "load_documents", documents)
    return read


def scan(folder: Path, files: Mapping[str, str]) -> Project:
    """A run with a cache in ``folder``."""
    kept = Cache(str(folder), "/root")
    given = {path: FileText(path, text.encode(), 0o644) for path, text in files.items()}
    project = Project.from_files(given, INTEREST, "example", memory=kept)
    kept.save()
    return project


FILES = {"app.py": APP, "Dockerfile": DOCKERFILE, "pod.yaml": POD}


def test_what_has_not_changed_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = counted(monkeypatch)
    scan(tmp_path, FILES)
    assert sorted(set(read)) == ["app.py", "pod.yaml"]
    read.clear()
    again = scan(tmp_path, FILES)
    assert read == []
    assert [one.label for one in again.workloads] == [one.label for one in scan(tmp_path / "other", FILES).workloads]


def test_what_has_changed_is_read_again_whatever_its_times_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan(tmp_path, FILES)
    read = counted(monkeypatch)
    scan(tmp_path, {**FILES, "pod.yaml": POD.replace("app}", "app2}")})
    assert set(read) == {"pod.yaml"}


def test_the_same_text_elsewhere_is_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan(tmp_path, FILES)
    read = counted(monkeypatch)
    project = scan(tmp_path, {"app.py": APP, "Dockerfile": DOCKERFILE, "b/pod.yaml": POD})
    assert set(read) == {"b/pod.yaml"}
    assert [one.location.path for one in project.workloads if one.location] == ["b/pod.yaml"]


def test_other_code_answers_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan(tmp_path, FILES)
    monkeypatch.setattr(cache, "__version__", "other")
    read = counted(monkeypatch)
    scan(tmp_path, FILES)
    assert set(read) == {"app.py", "pod.yaml"}


def test_a_file_that_is_no_database_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan(tmp_path, FILES)
    (database,) = tmp_path.iterdir()
    database.write_bytes(b"\x80\x04 no database " * 500)
    assert len(scan(tmp_path, FILES).workloads) == 1
    scan(tmp_path, FILES)
    read = counted(monkeypatch)
    scan(tmp_path, FILES)
    assert read == []


@pytest.mark.parametrize("facts", [b"", b"\x00", b"x\x9c\x03\x00\x00\x00\x00\x01", None, "text", 7])
def test_facts_that_are_none_are_made_anew(facts: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan(tmp_path, FILES)
    (path,) = tmp_path.iterdir()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE facts SET facts = ?", (b"" if facts is None else facts,))
    database.close()
    assert len(scan(tmp_path, FILES).workloads) == 1
    read = counted(monkeypatch)
    scan(tmp_path, FILES)
    assert read == []


def test_a_database_of_another_shape_is_left_alone(tmp_path: Path) -> None:
    scan(tmp_path, FILES)
    (path,) = tmp_path.iterdir()
    path.unlink()
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE facts (something TEXT)")
    database.close()
    assert len(scan(tmp_path, FILES).workloads) == 1


def test_a_run_does_not_wait_for_another(tmp_path: Path) -> None:
    scan(tmp_path, {})
    (path,) = (one for one in tmp_path.iterdir() if one.suffix == ".sqlite")
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("BEGIN EXCLUSIVE")
    assert len(scan(tmp_path, FILES).workloads) == 1
    database.execute("ROLLBACK")
    database.close()


def test_where_nothing_can_be_written_there_is_no_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert len(scan(tmp_path / "file" / "below", FILES).workloads) == 1


def test_what_was_not_asked_for_in_a_month_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan(tmp_path, FILES)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 20 * 86_400)
    scan(tmp_path, {"app.py": APP, "Dockerfile": DOCKERFILE})
    monkeypatch.setattr(time, "time", lambda: now + 40 * 86_400)
    scan(tmp_path, {"app.py": APP, "Dockerfile": DOCKERFILE})
    read = counted(monkeypatch)
    scan(tmp_path, FILES)
    assert set(read) == {"pod.yaml"}


def test_facts_come_back_as_they_were() -> None:
    interest = Interest(frozenset(), everything=True)
    seen = 0
    for _, example in testing.cases("k8slint_rules"):
        for path, file in example.files.items():
            source = decode(path, file.data)
            if path.endswith(".py"):
                read = parse_python(source, interest)
                stored = python_stored(read)
                assert stored is None or python_restored(stored, source) == read
                seen += stored is not None
            elif path.endswith((".yaml", ".yml")):
                documents = load_documents(source, manifest.is_manifest)
                written = documents_stored(*documents)
                assert written is not None
                assert documents_restored(written) == documents
                seen += 1
    assert seen > 1000


@pytest.mark.parametrize(
    "text", ["x = os.cpu_count() + 3j", "x = f(10 ** 3, 99999999999999999999999)", "x = f('\\ud800')"]
)
def test_what_cannot_be_stored_is_not(text: str) -> None:
    assert python_stored(parse_python(Source("a.py", text), Interest(frozenset(), everything=True), True)) is None


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x90", b"\x91" * 5000, b"\x93\xa1x\xc0"])
def test_other_bytes_are_told_from_facts(data: bytes) -> None:
    with pytest.raises(DamagedError):
        python_restored(data, Source("a.py", ""))
    with pytest.raises(DamagedError):
        documents_restored(data)


def many(folder: Path) -> Path:
    (folder / "tree").mkdir()
    for number in range(200):
        (folder / "tree" / f"m{number}.py").write_text(f"n = {number}\n")
    for path, text in FILES.items():
        (folder / "tree" / path).write_text(text)
    return folder / "tree"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(one) for one in arguments])


def test_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree, kept = many(tmp_path), tmp_path / "kept"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    assert run("scan", tree, "--no-cache").exit_code < 2
    assert not (tmp_path / "home").exists()
    first = run("scan", tree, "--cache-dir", kept)
    second = run("scan", tree, "--cache-dir", kept)
    assert first.output == second.output == run("scan", tree, "--no-cache").output
    assert [one.suffix for one in kept.iterdir()] == [".sqlite"]
    (kept / "mine.txt").write_text("")
    assert run("clean", "--cache-dir", kept).output == f"1 cache deleted from {kept}\n"
    assert os.listdir(kept) == ["mine.txt"]
    assert run("clean", "--cache-dir", tmp_path / "none").output == f"0 caches deleted from {tmp_path / 'none'}\n"


def test_few_files_are_not_worth_one(tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text(POD)
    run("scan", tmp_path / "pod.yaml", "--cache-dir", tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/c"}, "/c/k8slint"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "/home/ann/.cache/k8slint"),
        ("linux", {}, "/home/ann/.cache/k8slint"),
        ("darwin", {"XDG_CACHE_HOME": "/c"}, "/home/ann/Library/Caches/k8slint"),
    ],
)
def test_the_folder(platform: str, variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/ann")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert cache.default_folder() == expected
