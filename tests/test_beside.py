"""Which of several copies of an object belongs to a workload."""

from __future__ import annotations

import pytest

from k8slint.models.manifest import objects
from k8slint.models.source import Source
from k8slint.workload.beside import Beside, by_kind

_SERVICE = "apiVersion: v1\nkind: Service\nmetadata:\n  name: {}\n"


def _found(owner_path: str, *services: tuple[str, str]) -> list[str]:
    every = [one for path, name in services for one in objects(Source(path, _SERVICE.format(name)))[0]]
    (owner,) = objects(Source(owner_path, _SERVICE.format("owner")))[0]
    return [one.path for one in Beside(every, {}).find(owner, by_kind, "Service")]


@pytest.mark.parametrize(
    ("services", "expected"),
    [
        # Of two copies the one of the folder counts, and of three that of the file.
        ((("release/all.yaml", "api"), ("dev/services.yaml", "api")), ["dev/services.yaml"]),
        ((("dev/services.yaml", "api"), ("dev/api.yaml", "api"), ("release/all.yaml", "api")), ["dev/api.yaml"]),
        # Of two that are both elsewhere nobody knows which it is.
        ((("release/all.yaml", "api"), ("test/all.yaml", "api")), ["release/all.yaml", "test/all.yaml"]),
        # Another Service is no copy.
        ((("dev/api.yaml", "api"), ("public/api.yaml", "api-public")), ["dev/api.yaml", "public/api.yaml"]),
    ],
)
def test_the_nearest_copy_counts(services: tuple[tuple[str, str], ...], expected: list[str]) -> None:
    assert _found("dev/api.yaml", *services) == expected
