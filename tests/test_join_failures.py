"""A mistake of k8slint's own with one workload costs that workload, not the run."""

from __future__ import annotations

from typing import Any

import pytest

from builders import pod, project
from k8slint import engine
from k8slint.location import NoticeLevel, whole_file
from k8slint.project import Project
from k8slint.report import LoadedRule
from k8slint.rule import Rule, Severity
from k8slint.workload import join
from k8slint.workload.environment import environment


def test_a_workload_that_cannot_be_joined_is_named_and_the_others_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    real = environment

    def fails_for_web(container: Any, *rest: Any) -> Any:
        if container is not None and container.name == "web":
            raise LookupError("lost")
        return real(container, *rest)

    monkeypatch.setattr(join, "environment", fails_for_web)
    one = project({"a.yaml": pod("image: python:3.12"), "b.yaml": pod("image: python:3.12").replace("web", "api")})
    assert [workload.label for workload in one.workloads] == [one.workloads[0].label]
    (notice,) = one.notices
    assert (notice.location.path, notice.location.line, notice.level) == ("a.yaml", 6, NoticeLevel.ERROR)
    assert notice.message.startswith(
        "k8slint itself failed on container web of Pod web, which is not judged: LookupError: lost ("
    )
    assert engine.run(one, (), known=frozenset()).exit_code(None) == 2


def test_a_rule_that_exits_does_not_end_the_run() -> None:
    def leave(_: Project) -> Any:
        raise SystemExit(0)

    rule: Rule[Project] = Rule("leaves", "It leaves", Severity.WARNING, Project, leave)
    report = engine.run(project({"a.py": ""}), [LoadedRule(rule, "c", "p", "p.leaves", "")], known=frozenset())
    (notice,) = report.notices
    assert notice.location == whole_file(".")
    assert report.exit_code(None) == 2
