"""What requirements files and pyproject.toml ask for."""

from __future__ import annotations

import pytest

from k8slint.location import whole_file
from k8slint.models.requirements import parse_project, parse_requirements, read_requirement
from k8slint.models.source import Source


@pytest.mark.parametrize(
    ("written", "name", "pinned"),
    [
        ("flask", "flask", False),
        ("Flask_SQLAlchemy == 3.1.1", "flask-sqlalchemy", True),
        ("uvicorn[standard]===0.38.0", "uvicorn", True),
        ("django==5.*", "django", False),
        ("django~=5.2", "django", False),
        ("numpy>=1,!=2.0,==1.26.4", "numpy", True),
        ("tools @ https://example.com/tools-1.0.whl", "tools", True),
        ("tools @ git+https://github.com/example/tools", "tools", False),
        ("tools @ git+https://github.com/example/tools@v1.2", "tools", True),
        ("git+https://github.com/example/tools.git#egg=Shop_Tools&subdirectory=api", "shop-tools", False),
        ("git+https://github.com/example/tools.git@v1.2#egg=tools", "tools", True),
        ("git+ssh://git@github.com/example/tools.git", "tools", False),
        ("git+ssh://git@github.com/example/tools@4f0c1d2", "tools", True),
        ("numpy<2; python_version == '3.12'", "numpy", False),
    ],
)
def test_only_one_version_fits(written: str, name: str, pinned: bool) -> None:
    found = read_requirement(written, whole_file("requirements.txt"))
    assert found is not None
    assert (found.name, found.is_pinned) == (name, pinned)


@pytest.mark.parametrize("written", ["./shop", "shop/dist/shop-1.0.whl", "https://example.com/a.whl", "", "!"])
def test_what_names_no_package(written: str) -> None:
    assert read_requirement(written, whole_file("requirements.txt")) is None


def test_lines_are_joined_and_comments_left_out() -> None:
    text = "# tools\n-r base.txt\nflask==3.1.2 \\\n    --hash=sha256:aa\n--extra-index-url=https://a.org\nhttpx # new\n"
    file = parse_requirements(Source("requirements.txt", text))
    assert [(one.name, one.is_pinned, one.location.line) for one in file.packages] == [
        ("flask", True, 3),
        ("httpx", False, 6),
    ]
    assert file.values("-r") == ("base.txt",)
    assert file.values("--extra-index-url") == ("https://a.org",)


def test_a_project_with_a_dev_group() -> None:
    text = '[project]\ndependencies = [\n  "flask>=3",\n]\n[dependency-groups]\ndev = ["pytest"]\n[build-system]\n'
    project = parse_project(Source("pyproject.toml", text))
    assert project is not None
    assert [(one.name, one.location.line) for one in project.packages] == [("flask", 3)]
    assert (project.has_dev_group, project.is_package, project.names_indexes) == (True, True, False)


@pytest.mark.parametrize("text", ["[project", "project = 3\ntool = 4", '[project]\ndependencies = "flask"'])
def test_a_project_file_that_is_none(text: str) -> None:
    project = parse_project(Source("pyproject.toml", text))
    assert project is None or project.packages == ()


def test_what_uv_takes_from_a_folder_of_the_repository_is_pinned() -> None:
    text = (
        '[project]\ndependencies = ["shop_core>=1", "flask>=3", "shop-api"]\n'
        '[tool.uv.sources]\nshop-core = {path = "../core"}\nshop-api = {workspace = true}\nflask = {index = "own"}\n'
    )
    project = parse_project(Source("pyproject.toml", text))
    assert project is not None
    assert [(one.name, one.is_pinned) for one in project.packages] == [
        ("shop-core", True),
        ("flask", False),
        ("shop-api", True),
    ]
