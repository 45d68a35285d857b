"""The commands that the stages of a Dockerfile run, and where they stand."""

from __future__ import annotations

import re

from k8slint.models.dockerfile import Dockerfile, parse_dockerfile
from k8slint.models.source import Source
from k8slint.workload.stages import build_commands, needed_stages

_ANY = re.compile("")


def _dockerfile(text: str) -> Dockerfile:
    return parse_dockerfile(Source("Dockerfile", text))


def _commands(text: str) -> list[tuple[str, int, str | None]]:
    stage = _dockerfile(text).final
    return [(" ".join(one.words), one.location.line, one.folder) for one in build_commands(stage, _ANY)]


def test_each_command_has_its_line_and_its_folder() -> None:
    text = "FROM python\nWORKDIR /app\nRUN cd web && \\\n    pip install -r 'a b'; \\\n    echo done\nRUN [\"ls\"]\n"
    assert _commands(text) == [
        ("cd web", 3, "/app/web"),
        ("pip install -r a b", 4, "/app/web"),
        ("echo done", 5, "/app/web"),
        ("ls", 6, "/app"),
    ]


def test_what_runs_under_a_condition_is_left_out() -> None:
    assert _commands('FROM python\nRUN if [ -n "$A" ]; then pip install a; fi; false || b; sudo c\n') == [
        ("false", 2, "/"),
        ("c", 2, "/"),
    ]


def test_a_variable_of_the_same_run() -> None:
    assert _commands('FROM python\nRUN A="gcc git" && apk add $A ${B}\n') == [("apk add gcc git ${B}", 2, "/")]


def test_a_folder_that_is_not_known() -> None:
    assert _commands("FROM python\nWORKDIR $HERE\nRUN a\n") == [("a", 3, None)]


def test_the_stages_that_a_build_goes_through() -> None:
    text = (
        "FROM python AS base\nFROM base AS build\nFROM node AS unused\nFROM rust AS tools\n"
        "FROM python\nCOPY --from=build /a /a\nRUN --mount=type=bind,from=tools,target=/t cp /t/x /x\n"
    )
    dockerfile = _dockerfile(text)
    assert [one.name for one in needed_stages(dockerfile, [dockerfile.final])] == ["base", "build", "tools", None]
