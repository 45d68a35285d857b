"""Which files are read from disk, and what is said about the others."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from k8slint import discover
from k8slint.discover import Discovery, Exclude, ignore, names
from k8slint.location import NoticeLevel

MANIFEST = '{"apiVersion": "v1", "kind": "Pod"}'
posix = pytest.mark.skipif(sys.platform == "win32", reason="links, pipes and odd names as POSIX has them")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    folder = Path(os.path.realpath(tmp_path)) / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def write(tree: Path, *paths: str, text: str = "x") -> None:
    for path in paths:
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text, encoding="utf-8")


def found(tree: Path, *paths: str, exclude: tuple[str, ...] = ()) -> Discovery:
    given = paths or (".",)
    return discover.files(given, discover.root_of(given), [Exclude(str(tree), exclude)])


@pytest.mark.parametrize(
    "name",
    [
        "app.py",
        "web.yaml",
        "values-prod.yml",
        "Dockerfile",
        "dockerfile",
        "Dockerfile.prod",
        "api.Dockerfile",
        "worker.dockerfile",
        "Containerfile",
        "start.sh",
        "Procfile",
        "Makefile",
        "pyproject.toml",
        "requirements-dev.txt",
        "supervisord.conf",
        "uwsgi-prod.ini",
        ".dockerignore",
        "docker-bake.hcl",
        "_helpers.tpl",
        "images.tpl",
    ],
)
def test_files_read_for_their_names(tree: Path, name: str) -> None:
    write(tree, f"sub/{name}")
    assert list(found(tree).files) == [f"sub/{name}"]


@pytest.mark.parametrize("name", ["README.md", "main.go", "notes.txt", "Dockerfile.dockerignore", "Dockerfile.md"])
def test_files_not_read_for_their_names(tree: Path, name: str) -> None:
    write(tree, name, text="#!/bin/sh\n")
    assert found(tree).files == {}


@pytest.mark.parametrize(
    ("name", "text", "is_read"),
    [
        ("README.md", "```\ndocker build -t x .\n```\n", True),
        ("docker/my-readme.md", "podman build .\n", True),
        ("README.md", "how to build it\n", False),
        ("guide.md", "docker build -t x .\n", False),
        ("images.mk", "x:\n\tdocker buildx build .\n", True),
        ("docker-bake.json", "{}", True),
        ("pod.json", MANIFEST, True),
        ("package.json", '{"name": "x"}', False),
        ("far.json", " " * 70_000 + MANIFEST, False),
        ("entrypoint", "#!/bin/sh\nexec app\n", True),
        ("entrypoint", "#!/usr/bin/env -S bash -eu\n", True),
        ("serve", "#!/usr/bin/python3.12\n", True),
        ("serve.run", "#!/bin/dash\n", True),
        ("serve", "#!/usr/bin/perl\n", False),
        ("serve", "no shebang\n/bin/sh\n", False),
        ("serve", "#!/bin/sh\n" + " " * names.SCRIPT_LIMIT, False),
    ],
)
def test_files_read_for_their_first_bytes(tree: Path, name: str, text: str, is_read: bool) -> None:
    write(tree, name, text=text)
    assert (name in found(tree).files) is is_read


def test_a_file_comes_with_its_bytes_and_mode(tree: Path) -> None:
    (tree / "start.sh").write_bytes(b"\xff\x00\r\n")
    (tree / "start.sh").chmod(0o750)
    file = found(tree).files["start.sh"]
    assert (file.path, file.data) == ("start.sh", b"\xff\x00\r\n")
    assert sys.platform == "win32" or file.mode == 0o750


def test_folders_that_hold_no_code_of_the_project_are_counted_and_not_entered(tree: Path) -> None:
    write(tree, "app.py", ".git/x.py", "node_modules/a/x.py", "env3/pyvenv.cfg", "env3/lib/x.py")
    write(tree, "lib/site-packages/x.py", "__pycache__/x.py", ".tox/x.py", "vendor/x.py", "a-1.dist-info/x.py")
    write(tree, "src/tests/x.py", "e2e/x.yaml", "pkg/testdata/x.yaml")
    result = found(tree)
    assert list(result.files) == ["app.py"]
    assert result.skipped == {"test folders": 3, "tool folders": 2, "vendored folders": 5}
    assert result.notices == ()


def test_what_is_given_is_read_whatever_it_is_called(tree: Path) -> None:
    write(tree, ".gitignore", text="build/\n*.yaml\n")
    write(tree, "tests/e2e/a.py", "tests/conftest.py", "build/deep/b.py", "odd.name", "c.yaml")
    assert list(found(tree, "tests").files) == ["tests/conftest.py"]
    assert list(found(tree, "tests/e2e").files) == ["tests/e2e/a.py"]
    assert list(found(tree, "build/deep").files) == ["build/deep/b.py"]
    assert list(found(tree, "odd.name", "c.yaml").files) == ["c.yaml", "odd.name"]


def test_the_same_file_given_twice_is_read_once(tree: Path) -> None:
    write(tree, "src/app.py")
    assert list(found(tree, "src/app.py", ".", "src").files) == ["src/app.py"]


def test_paths_are_relative_to_the_current_folder_or_else_to_what_is_given(tree: Path) -> None:
    other = tree.parent / "other"
    write(other, "a/x.py", "b/y.py")
    assert list(found(tree, "../other").files) == ["a/x.py", "b/y.py"]
    assert list(found(tree, "../other/a", "../other/b/y.py").files) == ["a/x.py", "b/y.py"]
    assert list(found(tree, "../other/a/x.py").files) == ["x.py"]
    write(tree, "z.py")
    assert list(found(tree, "z.py", "../other/a").files) == ["other/a/x.py", "project/z.py"]


def test_gitignore_files_hold_below_their_folder_and_the_inner_one_wins(tree: Path) -> None:
    write(tree, ".gitignore", text="*.log.py\n/gen/\nkeep*.py\r\n")
    write(tree, "svc/.gitignore", text="!keep.py\n/local.py\n")
    write(tree, "a.log.py", "gen/x.py", "svc/gen/x.py", "svc/keep.py", "svc/keep2.py", "svc/local.py", "local.py")
    result = found(tree)
    assert list(result.files) == ["local.py", "svc/gen/x.py", "svc/keep.py"]
    assert result.skipped == {"git-ignored paths": 4}


def test_gitignore_files_above_hold_up_to_the_top_of_the_repository(tree: Path) -> None:
    write(tree.parent, ".gitignore", text="*.py\n")
    write(tree, ".gitignore", text="a.py\n")
    write(tree, "sub/a.py", "sub/b.py")
    assert list(found(tree, "sub").files) == ["sub/a.py", "sub/b.py"]
    (tree / ".git").mkdir()
    assert list(found(tree, "sub").files) == ["sub/b.py"]


def test_a_repository_inside_has_its_own_gitignore_only(tree: Path) -> None:
    write(tree, ".gitignore", text="a.py\n")
    write(tree, "inner/.git/config", "inner/a.py")
    assert list(found(tree).files) == ["inner/a.py"]


@pytest.mark.parametrize(
    "pattern", ["!", "[z-a]", "*a*a*a*b", "**/a/**/a/**/a/**/b", "a**a**a**b", "*a*/*a*/*a*/b", "x" * 600]
)
def test_a_pattern_that_is_invalid_or_could_take_minutes_is_named_and_not_used(tree: Path, pattern: str) -> None:
    write(tree, ".gitignore", text=f"# comment\n{pattern}\nb.py\n")
    write(tree, "a" * 200 + ".py", "b.py")
    result = found(tree)
    assert list(result.files) == ["a" * 200 + ".py"]
    assert [(str(notice.location), notice.level) for notice in result.notices] == [(".gitignore:2:1", NoticeLevel.NOTE)]


def test_common_patterns_are_used() -> None:
    lines = ["*.py[cod]", "**/*.egg-info/**", "/data/*/*/*.csv", "npm-debug.log*", "!**/keep/", "\\#x", "*.tar.*"]
    assert ignore.compile_patterns("/", lines)[1] == ()


def test_excluded_paths_are_counted(tree: Path) -> None:
    write(tree, "a.py", "b.py", "deploy/gen/c.yaml", "deploy/d.yaml")
    result = found(tree, exclude=("b.py", "deploy/*", "!deploy/d.yaml"))
    assert list(result.files) == ["a.py", "deploy/d.yaml"]
    assert result.skipped == {"excluded paths": 2}


def test_an_exclude_pattern_that_cannot_be_used_is_an_error(tree: Path) -> None:
    (notice,) = found(tree, exclude=("[z-a]",)).notices
    assert notice.level is NoticeLevel.ERROR
    assert "'[z-a]'" in notice.message


def test_large_files_are_left_out_and_named(tree: Path) -> None:
    write(tree, "big.py", text="#" * (names.PYTHON_LIMIT + 1))
    write(tree, "ok.yaml", text="#" * (names.PYTHON_LIMIT + 1))
    write(tree, "big.yaml", text="#" * (names.LIMIT + 1))
    write(tree, "data.json", text=" " * (names.LIMIT + 1))
    result = found(tree)
    assert list(result.files) == ["ok.yaml"]
    assert [(notice.location.path, notice.level) for notice in result.notices] == [
        ("big.py", NoticeLevel.NOTE),
        ("big.yaml", NoticeLevel.NOTE),
    ]
    assert [notice.level for notice in found(tree, "big.py").notices] == [NoticeLevel.ERROR]


def test_a_given_path_that_does_not_exist_is_an_error(tree: Path) -> None:
    (notice,) = found(tree, "gone.py").notices
    assert (notice.location.path, notice.level) == ("gone.py", NoticeLevel.ERROR)
    assert "No such file" in notice.message


@posix
def test_links_are_not_followed_unless_given(tree: Path) -> None:
    outside = tree.parent / "outside"
    write(outside, "secret.py", ".gitignore")
    write(tree, "a.py")
    (tree / "loop").symlink_to(tree)
    (tree / "out").symlink_to(outside)
    (tree / "secret.py").symlink_to(outside / "secret.py")
    (tree / "inside.py").symlink_to("a.py")
    (tree / ".gitignore").symlink_to(outside / ".gitignore")
    result = found(tree)
    assert list(result.files) == ["a.py"]
    assert result.skipped == {"links": 4}
    assert list(found(tree, "secret.py", "out").files) == ["out/secret.py", "secret.py"]


@posix
def test_pipes_are_never_opened_for_waiting(tree: Path) -> None:
    os.mkfifo(tree / "pipe.yaml")
    os.mkfifo(tree / ".gitignore")
    assert found(tree).skipped == {"special files": 1}
    (notice,) = found(tree, "pipe.yaml").notices
    assert notice.level is NoticeLevel.ERROR


@posix
@pytest.mark.parametrize("name", [b"new\nline.py", b"\xff.py", "turn\u202eyp.x.py".encode(), b"esc\x1b[31m.yaml"])
def test_names_that_would_garble_a_report_are_escaped_and_not_read(tree: Path, name: bytes) -> None:
    Path(os.fsdecode(os.fsencode(tree) + b"/" + name)).write_text("x")
    result = found(tree)
    assert result.files == {}
    (notice,) = result.notices
    assert notice.location.path.isprintable()
    assert result.skipped == {"oddly named paths": 1}


@posix
def test_what_may_not_be_read_is_an_error(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tree, "a.py", "sub/b.py", "c.py")
    real_open, real_scandir = os.open, os.scandir

    def refuse_open(path: str, flags: int) -> int:
        if path.endswith("a.py"):
            raise PermissionError(13, "Permission denied")
        return real_open(path, flags)

    def refuse_scandir(path: str) -> object:
        if path.endswith("sub"):
            raise PermissionError(13, "Permission denied")
        return real_scandir(path)

    monkeypatch.setattr(os, "open", refuse_open)
    monkeypatch.setattr(os, "scandir", refuse_scandir)
    result = found(tree)
    assert list(result.files) == ["c.py"]
    assert [(notice.location.path, notice.level, notice.message) for notice in result.notices] == [
        ("a.py", NoticeLevel.ERROR, "the file cannot be read: Permission denied"),
        ("sub", NoticeLevel.ERROR, "the folder cannot be read: Permission denied"),
    ]


def test_a_tree_of_endless_depth_is_left_with_an_error(tree: Path) -> None:
    write(tree, "/".join("d" * 70) + "/deep.py", "/".join("d" * 60) + "/ok.py")
    result = found(tree)
    assert [path.rpartition("/")[2] for path in result.files] == ["ok.py"]
    assert [notice.level for notice in result.notices] == [NoticeLevel.ERROR]
