"""The Python files that configure a Celery process, and which files beside them mention a setting."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache

from msgspec import Struct

from k8slint.fact import Fact
from k8slint.models.python import PythonFile
from k8slint.regex import regex
from k8slint.workload.artifacts import Artifacts
from k8slint.workload.knowledge import celery_rows
from k8slint.workload.program import Program

_CREATES = regex(rb"\bCelery\s*\(")
_TESTS = regex(r"(^|/)(tests?|testing)/|(^|/)(test_[^/]*|[^/]*_test|conftest)\.py$")
_TASK_WORDS = ("time_limit", "soft_time_limit", "acks_late", "reject_on_worker_lost")


class CeleryCode(Struct, frozen=True):
    """``modules`` are the files whose settings and tasks are this process's; ``others`` may or may not be."""

    modules: tuple[PythonFile, ...]
    others: tuple[str, ...]
    """The text of files of the project that hold a word of a setting, and cannot be told to belong to the process."""
    found: bool
    """Whether the app's module is in the repository: if not, what the code does not say proves nothing."""


@cache
def setting_words() -> tuple[str, ...]:
    """Every word that marks a file as one that sets something, for the byte test of Python files."""
    found = [*_TASK_WORDS, "celery.Celery", ".config_from_object", ".conf.update"]
    for name, row in celery_rows()["settings"].items():
        found.extend((name, name.upper(), f"CELERY_{name.upper()}", *row["old"]))
    return tuple(dict.fromkeys(found))


def celery_code(program: Fact[Program], artifacts: Artifacts) -> CeleryCode:
    """What configures the app: with one app in the project all of its files, else what the app's module imports."""
    holding, creators = _configuring(artifacts)
    own = {one.path: one for one in program.value.modules} if program.is_known else {}
    if len(creators) == 1:
        own = {path: module for path in holding if (module := artifacts.python(path)) is not None} | own
        if (module := artifacts.python(creators[0])) is not None:
            own[creators[0]] = module
    others = tuple(artifacts.source(path).text for path in holding if path not in own)
    return CeleryCode(tuple(own.values()), others, program.is_known or len(creators) == 1)


@lru_cache(maxsize=1)
def _configuring(artifacts: Artifacts) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The files of a project that mention a setting, and those that create an app: the same for every process."""
    creators = (path for path in _files(artifacts) if _CREATES.search(artifacts.files[path].data))
    return tuple(_holding(artifacts)), tuple(creators)


def _files(artifacts: Artifacts) -> Iterator[str]:
    return (path for path in sorted(artifacts.python_paths) if not _TESTS.search(path))


def _holding(artifacts: Artifacts) -> Iterator[str]:
    words = [name.lower().encode() for name in (*celery_rows()["settings"], *_TASK_WORDS)]
    words.extend(name.lower().encode() for row in celery_rows()["settings"].values() for name in row["old"])
    for path in _files(artifacts):
        data = artifacts.files[path].data.lower()
        if any(word in data for word in words):
            yield path
