"""What is fuzzed: each model, the settings, the suppressions, and the whole way from files to reports."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

from msgspec.structs import replace

from k8slint import config, engine, plugins, reporters, suppress
from k8slint.discover import ignore
from k8slint.location import Location
from k8slint.models.bake import parse_bake
from k8slint.models.compose import parse_compose
from k8slint.models.dockerfile import DockerfileError, parse_dockerfile
from k8slint.models.kustomization import parse_kustomization
from k8slint.models.makefile import parse_makefile
from k8slint.models.manifest import objects
from k8slint.models.prose import commented_code, markdown_code
from k8slint.models.python import Interest, PythonSyntaxError, parse_python
from k8slint.models.shell import parse_shell
from k8slint.models.skaffold import parse_skaffold
from k8slint.models.source import Source, decode
from k8slint.models.tiltfile import parse_tiltfile
from k8slint.models.yaml import load_documents
from k8slint.project import FileText, Project
from k8slint.report import LoadedRule

CORPUS = Path(__file__).parent / "corpus"
_NOTHING = Interest(frozenset())
_SUPPRESSED = ("a.py", "Dockerfile", "run.sh", "pod.yaml")
SEPARATOR = b"=== "
"""Begins the line that names a file, in an input for ``project``."""


def seeds(target: str) -> list[bytes]:
    """The inputs for ``target`` that were written by hand, in the order of their names."""
    return [path.read_bytes() for path in sorted((CORPUS / target).iterdir())]


def split_project(data: bytes) -> dict[str, FileText]:
    """The files in ``data``: each begins with a line ``=== path``."""
    found: dict[str, FileText] = {}
    for part in (b"\n" + data).split(b"\n" + SEPARATOR)[1:]:
        name, _, content = part.partition(b"\n")
        path = os.path.normpath("/" + name.decode("utf-8", "replace").replace("\0", "")).lstrip("/") or "a.py"
        found[path] = FileText(path, content, 0o755)
    return dict(sorted(found.items()))


def assert_within(source: Source, places: Iterable[Location]) -> None:
    """Each place is in the file."""
    for place in places:
        assert 1 <= place.line <= place.end_line <= source.line_count, place
        assert place.column >= 1, place
        assert place.end_column >= (place.column if place.line == place.end_line else 1), place


def _dockerfile(data: bytes) -> None:
    source = decode("Dockerfile", data)
    try:
        parsed = parse_dockerfile(source)
    except DockerfileError as error:
        assert_within(source, [error.location])
        return
    assert_within(source, (notice.location for notice in parsed.notices))
    instructions = [one for stage in parsed.stages for one in (stage.from_, *stage.instructions)]
    assert_within(source, (one.location for one in instructions))


def _yaml(data: bytes) -> None:
    source = decode("a.yaml", data)
    documents, notices = load_documents(source)
    assert_within(source, (one.root.location for one in documents))
    assert_within(source, (notice.location for notice in notices))


def _manifest(data: bytes) -> None:
    source = decode("a.yaml", data)
    found, notices = objects(source)
    assert_within(source, (one.location for one in found))
    assert_within(source, (notice.location for notice in notices))


def _python(data: bytes) -> None:
    source = decode("a.py", data)
    try:
        parse_python(source, _NOTHING)
        parsed = parse_python(source, _NOTHING, in_full=True)
    except PythonSyntaxError as error:
        assert_within(source, [error.location])
        return
    assert_within(source, (one.location for one in parsed.calls))


def _shell(data: bytes) -> None:
    source = decode("run.sh", data)
    script = parse_shell(source)
    assert_within(source, (word.location for one in script.commands() for word in one.words))
    assert_within(source, (notice.location for notice in script.notices))


def _compose(data: bytes) -> None:
    parse_compose(decode("compose.yaml", data))


def _skaffold(data: bytes) -> None:
    parse_skaffold(decode("skaffold.yaml", data))


def _bake(data: bytes) -> None:
    parse_bake(decode("docker-bake.hcl", data))
    parse_bake(decode("docker-bake.json", data))


def _makefile(data: bytes) -> None:
    parse_makefile(decode("Makefile", data))


def _tiltfile(data: bytes) -> None:
    parse_tiltfile(decode("Tiltfile", data))


def _kustomization(data: bytes) -> None:
    parse_kustomization(decode("kustomization.yaml", data))


def _prose(data: bytes) -> None:
    source = decode("README.md", data)
    for snippet in (*markdown_code(source), *commented_code(source)):
        assert_within(source, snippet.lines)


def _gitignore(data: bytes) -> None:
    lines = data.decode("utf-8", "replace").split("\n")
    patterns, _ = ignore.compile_patterns("/p", lines)
    for path in ("/p/a.py", "/p/a/b/c/d/e.py", "/p/" + "a" * 200, "/p/" + "a/" * 30 + "b"):
        patterns.verdict(path, is_folder=False)


def _suppressions(data: bytes) -> None:
    project = Project.from_files({path: FileText(path, data, 0o644) for path in _SUPPRESSED}, frozenset(), "p")
    suppress.collect(project, frozenset({"a-rule"}))


@lru_cache(maxsize=1)
def _settings_folder() -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory(prefix="k8slint-fuzz-")
    (Path(folder.name) / ".git").mkdir()
    return folder


def _config(data: bytes) -> None:
    folder = _settings_folder().name
    (Path(folder) / "pyproject.toml").write_bytes(data)
    try:
        config.choose(_rules(), config.load(folder))
    except config.ConfigError as error:
        assert "\x1b" not in str(error)


@lru_cache(maxsize=1)
def _rules() -> tuple[LoadedRule, ...]:
    return plugins.load()


def _project(data: bytes) -> None:
    project = Project.from_files(split_project(data), engine.interest(_rules()), "p")
    report = engine.run(project, _rules(), known=frozenset(one.rule.id for one in _rules()), pedantic=True)
    failures = [notice.message for notice in report.notices if " failed" in notice.message]
    assert not failures, failures
    for finding in (*report.findings, *(one.finding for one in report.suppressed)):
        for place in (finding.location, *(related.location for related in finding.related)):
            assert_within(project.source(place.path), [place])
    for form in reporters.FORMATS:
        reporters.render(replace(report, root="/p"), form).encode("utf-8", "backslashreplace")


TARGETS: dict[str, Callable[[bytes], None]] = {
    "bake": _bake,
    "compose": _compose,
    "config": _config,
    "dockerfile": _dockerfile,
    "gitignore": _gitignore,
    "kustomization": _kustomization,
    "makefile": _makefile,
    "manifest": _manifest,
    "project": _project,
    "prose": _prose,
    "python": _python,
    "shell": _shell,
    "skaffold": _skaffold,
    "suppressions": _suppressions,
    "tiltfile": _tiltfile,
    "yaml": _yaml,
}
