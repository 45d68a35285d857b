"""Running rules: order, merging, pedantic findings, rules that fail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from k8slint import engine
from k8slint.location import NoticeLevel, whole_file
from k8slint.models.dockerfile import Dockerfile
from k8slint.project import FileText, Project
from k8slint.report import LoadedRule, Report
from k8slint.rule import Confidence, Finding, Related, Rule, Severity

FILES = {"b.py": "one = 1\ntwo = 2\n", "a.py": "three = 3\n"}


def run(*rules: Rule[Any], pedantic: bool = False, files: dict[str, str] = FILES) -> Report:
    given = {path: FileText(path, text.encode(), 0o644) for path, text in files.items()}
    loaded = [LoadedRule(rule, "concern", "a_package", f"a_package.{rule.id}", "") for rule in rules]
    project = Project.from_files(given, engine.interest(loaded), "example")
    return engine.run(project, loaded, known=frozenset(rule.id for rule in rules), pedantic=pedantic)


def rule(rule_id: str, findings: Iterable[dict[str, Any]], **keys: Any) -> Rule[Project]:
    """A rule that says the given findings about lines of files: ``at`` is (path, line)."""

    def check(project: Project) -> Iterator[Finding]:
        for finding in findings:
            path, line = finding["at"]
            rest = {key: value for key, value in finding.items() if key != "at"}
            yield Finding(made, project.source(path).line_span(line), **{"message": "It is so", **rest})

    made: Rule[Project] = Rule(rule_id, "It is so", Severity.WARNING, Project, check, **keys)
    return made


def test_findings_are_sorted_by_place_then_rule() -> None:
    late = rule("late", [{"at": ("b.py", 2)}, {"at": ("b.py", 1)}])
    early = rule("early", [{"at": ("b.py", 2)}, {"at": ("a.py", 1)}])
    report = run(late, early)
    assert [(str(finding.location), finding.rule.id) for finding in report.findings] == [
        ("a.py:1:1", "early"),
        ("b.py:1:1", "late"),
        ("b.py:2:1", "early"),
        ("b.py:2:1", "late"),
    ]
    assert [loaded.rule.id for loaded in report.rules] == ["late", "early"]


def test_findings_of_one_rule_at_one_place_are_merged() -> None:
    one = Related(whole_file("x.yaml"), "one")
    two = Related(whole_file("y.yaml"), "two")
    same = rule(
        "same",
        [
            {"at": ("a.py", 1), "message": "zz", "related": (two,), "confidence": Confidence.LOW},
            {"at": ("a.py", 1), "message": "bb", "related": (one, two), "severity": Severity.ERROR},
            {"at": ("a.py", 1), "message": "cc", "severity": Severity.ERROR},
            {"at": ("a.py", 1), "message": "aa", "severity": Severity.INFO},
        ],
    )
    (finding,) = run(same).findings
    assert (finding.message, finding.effective_severity) == ("bb", Severity.ERROR)
    assert finding.related == (one, two)
    assert finding.effective_confidence is Confidence.HIGH


def test_pedantic_findings_are_kept_when_asked_for() -> None:
    mixed = rule("mixed", [{"at": ("a.py", 1)}, {"at": ("b.py", 1), "pedantic": True}])
    assert [finding.location.path for finding in run(mixed).findings] == ["a.py"]
    assert [finding.location.path for finding in run(mixed, pedantic=True).findings] == ["a.py", "b.py"]


def test_a_rule_that_is_pedantic_as_a_whole_was_asked_for_if_it_is_run() -> None:
    fussy = rule("fussy", [{"at": ("a.py", 1)}], pedantic=True)
    assert len(run(fussy).findings) == 1


IMAGES = {"a/Dockerfile": "FROM a\n", "b/Dockerfile": "FROM b\n"}


def test_each_unit_of_the_target_is_checked_once() -> None:
    seen: list[str] = []

    def check(unit: Dockerfile) -> Iterator[Finding]:
        seen.append(unit.path)
        yield from ()

    run(Rule("files", "It is so", Severity.INFO, Dockerfile, check), files=IMAGES)
    assert sorted(seen) == ["a/Dockerfile", "b/Dockerfile"]


def test_a_rule_that_raises_is_named_and_the_rest_goes_on() -> None:
    def check(unit: Dockerfile) -> Iterator[Finding]:
        if unit.path == "a/Dockerfile":
            raise KeyError("lost")
        yield Finding(bad, whole_file(unit.path), "It is so")

    bad: Rule[Dockerfile] = Rule("bad-rule", "It is so", Severity.WARNING, Dockerfile, check)
    report = run(bad, rule("good-rule", [{"at": ("a/Dockerfile", 1)}]), files=IMAGES)
    assert [finding.rule.id for finding in report.findings] == ["good-rule", "bad-rule"]
    (notice,) = report.notices
    assert (notice.location, notice.level) == (whole_file("a/Dockerfile"), NoticeLevel.ERROR)
    assert notice.message.startswith(
        "the rule bad-rule of a_package failed on Dockerfile a/Dockerfile: KeyError: 'lost' (test_engine.py:"
    )
    assert report.exit_code(None) == 2


def test_a_rule_that_yields_something_else_or_wants_unknown_units_is_named() -> None:
    other = rule("other", [])
    wrong: Rule[Project] = Rule("wrong", "", Severity.INFO, Project, lambda project: ["text"])  # type: ignore[list-item]
    thief: Rule[Project] = Rule(
        "thief", "", Severity.INFO, Project, lambda project: [Finding(other, whole_file("a.py"), "mine")]
    )
    strange: Rule[int] = Rule("strange", "", Severity.INFO, int, lambda number: ())
    report = run(wrong, thief, strange)
    assert report.findings == ()
    assert [notice.message.split(" failed")[0] for notice in report.notices] == [
        "the rule strange of a_package",
        "the rule thief of a_package",
        "the rule wrong of a_package",
    ]


def test_a_suppressed_finding_that_is_also_reported_is_not_counted_as_suppressed() -> None:
    """Two workloads share a line; only one of them is annotated."""
    annotated = (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  annotations: {k8slint.dev/ignore: shared}\n"
        "spec:\n  containers: [{name: web}]\n"
    )

    def check(project: Project) -> Iterator[Finding]:
        place = project.source("a.py").line_span(1)
        for path in ("other.yaml", "web.yaml"):
            yield Finding(shared, place, "It is so", related=(Related(project.source(path).line_span(1), path),))

    shared: Rule[Project] = Rule("shared", "It is so", Severity.WARNING, Project, check)
    plain = annotated.replace("shared", "''").replace("k8slint.dev/ignore", "x")
    report = run(shared, files={"a.py": "x = 1\n", "web.yaml": annotated, "other.yaml": plain})
    (finding,) = report.findings
    assert [related.note for related in finding.related] == ["other.yaml"]
    assert report.suppressed == ()


def test_a_suppression_of_a_pedantic_finding_is_of_use() -> None:
    from k8slint.suppress import UNUSED

    fussy = rule("fussy", [{"at": ("a.py", 1), "pedantic": True}])
    report = run(fussy, UNUSED, files={"a.py": "x = 1  # k8slint: ignore[fussy] on purpose\n"})
    assert report.findings == ()


def test_exit_codes() -> None:
    report = run(rule("warns", [{"at": ("a.py", 1)}]))
    assert [report.exit_code(level) for level in (None, Severity.ERROR, Severity.WARNING, Severity.INFO)] == [
        0,
        0,
        1,
        1,
    ]


def test_fingerprints_survive_moved_lines_and_tell_equal_lines_apart() -> None:
    def fingerprints(text: str, *lines: int) -> list[str]:
        found = rule("found", [{"at": ("a.py", line)} for line in lines])
        return [result.fingerprint for result in run(found, files={"a.py": text}).results()]

    before = fingerprints("x = 1\ny = 2\nx  =  1\n", 1, 2, 3)
    after = fingerprints("# new\n\nx = 1\n# new\ny = 2\n    x = 1\n".replace("    ", ""), 3, 5, 6)
    assert len(set(before)) == 3
    assert [before[0], before[1]] == [after[0], after[1]]
    assert fingerprints("x   =\t1\n", 1) == fingerprints("x = 1\n", 1)
