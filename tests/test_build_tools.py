"""Compilers that stay in an image."""

from __future__ import annotations

import pytest

from builders import workloads
from k8slint.workload.build_tools import BuildTools, build_tools


def installed(dockerfile: str) -> BuildTools:
    (one,) = workloads({"Dockerfile": dockerfile})
    (found,) = build_tools(one)
    return found


@pytest.mark.parametrize(
    ("install", "remove", "is_hidden"),
    [
        ("apt-get install -y gcc libpq-dev", "apt-get purge -y gcc", True),
        ("apk add --virtual .build build-base", "apk del .build", True),
        ("apt-get install -y gcc g++", "apt-get purge -y gcc", False),
        ("apt-get install -y gcc", "apt-get clean", False),
    ],
)
def test_a_later_layer_hides_what_it_removes(install: str, remove: str, is_hidden: bool) -> None:
    found = installed(f'FROM python:3.12-slim\nRUN {install}\nRUN {remove}\nCMD ["python", "app.py"]\n')
    assert (found.has_compiler, found.is_hidden) == (True, is_hidden)
