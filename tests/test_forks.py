"""Rules in several processes say what they say in one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from builders import project
from k8slint import checking, engine, forks
from k8slint.project import Project
from k8slint.report import LoadedRule, Report
from k8slint.rule import Finding, Rule, Severity
from k8slint.workload.workload import Workload

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")

POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: web{number}}}
spec: {{containers: [{{name: app, image: app}}]}}
"""


def named(workload: Workload) -> Iterator[Finding]:
    """The name of each workload; mistakes with one; a place outside of any process."""
    assert workload.location is not None
    if "web3" in workload.label:
        raise RuntimeError("not this one")
    yield Finding(NAMED, workload.location, workload.label)


def whole(everything: Project) -> Iterator[Finding]:
    for workload in everything.workloads:
        assert workload.location is not None
        yield Finding(WHOLE, workload.location, f"one of {len(everything.workloads)}")


NAMED: Rule[Workload] = Rule("named", "It has a name", Severity.ERROR, Workload, named)
WHOLE: Rule[Project] = Rule("whole", "It is one of several", Severity.ERROR, Project, whole)
LAMBDA: Rule[Workload] = Rule("none", "Nothing", Severity.ERROR, Workload, lambda workload: ())
RULES = [LoadedRule(rule, "x", "x", f"x.{rule.id}", "") for rule in (NAMED, WHOLE, LAMBDA)]


def report(everything: Project, jobs: int | None) -> Report:
    return engine.run(everything, RULES, known=frozenset(("named", "whole", "none")), jobs=jobs)


@pytest.mark.parametrize("jobs", [2, 3, 20])
def test_the_report_is_the_same_for_any_number_of_processes(jobs: int) -> None:
    everything = project({f"web{number}.yaml": POD.format(number=number) for number in range(10)})
    alone, shared = report(everything, 1), report(everything, jobs)
    assert len(alone.findings) == 19
    assert len(alone.notices) == 1
    assert shared.findings == alone.findings
    assert shared.notices == alone.notices
    assert [one.unit for one in shared.raised] == [one.unit for one in alone.raised]


def test_what_a_child_could_not_read_is_said() -> None:
    unknown_kind = POD.format(number=9).replace("v1", "example.com/v1").replace("Pod", "Strange")
    pods = {f"web{number}.yaml": POD.format(number=number) for number in range(2)}
    everything = project({**pods, "strange.yaml": unknown_kind, "bad.py": "# k8slint\nwhile broken(:\n"})
    assert everything.notices != ()  # there are others, which stand behind those of files

    def reads(workload: Workload) -> Iterator[Finding]:
        if "web1" in workload.label:
            everything.comments("bad.py")
        return iter(())

    rule: Rule[Workload] = Rule("reads", "It reads", Severity.ERROR, Workload, reads)
    notices = checking.check(everything, [LoadedRule(rule, "x", "x", "x.reads", "")], 2).notices
    assert [one.location.path for one in notices] == ["bad.py"]


def test_results_come_in_order_and_from_other_processes() -> None:
    numbers = forks.in_shares(lambda number: (number, os.getpid()), 4)
    assert [number for number, _ in numbers] == [0, 1, 2, 3]
    assert numbers[0][1] == os.getpid()
    assert len({process for _, process in numbers}) == 4


def test_the_share_of_a_child_that_dies_is_done_here(capfd: pytest.CaptureFixture[str]) -> None:
    here = os.getpid()

    def work(number: int) -> int:
        if os.getpid() != here:
            os._exit(9)
        return number * 10

    assert forks.in_shares(work, 3) == [0, 10, 20]
    assert capfd.readouterr() == ("", "")


def test_where_no_process_can_be_started_all_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(os, "fork", refused)
    assert forks.in_shares(lambda number: number, 3) == [0, 1, 2]


def test_a_mistake_in_a_share_is_raised_here() -> None:
    def work(number: int) -> int:
        if number == 1:
            raise ValueError("mistake")
        return number

    with pytest.raises(ValueError, match="mistake"):
        forks.in_shares(work, 2)


def test_more_than_a_pipe_holds_arrives() -> None:
    assert [len(one) for one in forks.in_shares(lambda number: b"x" * 3_000_000, 3)] == [3_000_000] * 3


def test_little_work_is_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(forks, "processors", lambda: 8)
    assert [forks.worthwhile(units, 30) for units in (0, 29, 59, 60, 95, 5000)] == [1, 1, 1, 2, 3, 4]
    monkeypatch.setattr(sys, "platform", "darwin")
    assert forks.worthwhile(5000, 30) == 1
