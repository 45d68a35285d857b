"""Suppression by comment and annotation: what is covered, and what is said about the rest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from k8slint import engine
from k8slint.project import FileText, Project
from k8slint.report import LoadedRule, Report
from k8slint.rule import Finding, Related, Rule, Severity
from k8slint.suppress import MALFORMED, UNUSED


def smells(project: Project) -> Iterator[Finding]:
    """Every line with the word SMELL; its related place is every line with the word CAUSE."""
    places = {"SMELL": [], "CAUSE": []}  # type: ignore[var-annotated]
    for path in sorted(project.paths):
        source = project.source(path)
        for number in range(1, source.line_count + 1):
            for word, found in places.items():
                if word in source.line(number):
                    found.append(source.line_span(number))
    related = tuple(Related(place, "because of this") for place in places["CAUSE"])
    for place in places["SMELL"]:
        yield Finding(RULE, place, "It smells", related=related)


RULE: Rule[Project] = Rule("smelly-line", "It smells", Severity.ERROR, Project, smells)
QUIET: Rule[Project] = Rule("other-rule", "It does not", Severity.ERROR, Project, lambda project: ())


def report(*rules: Rule[Project], **files: str) -> Report:
    """Run ``rules`` (by default all) on files whose names have ``__`` for a dot."""
    texts = {name.replace("__", "."): text for name, text in files.items()}
    given = {path: FileText(path, text.encode(), 0o644) for path, text in texts.items()}
    loaded = [LoadedRule(rule, "x", "x", "x", "") for rule in rules or (RULE, QUIET, MALFORMED, UNUSED)]
    project = Project.from_files(given, frozenset(), "example")
    return engine.run(project, loaded, known=frozenset({"smelly-line", "other-rule"}))


def lines(result: Report) -> list[str]:
    return [f"{finding.location.line} {finding.rule.id}" for finding in result.findings]


def suppressed(result: Report) -> list[tuple[int, str]]:
    return [(entry.finding.location.line, entry.reason) for entry in result.suppressed]


POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    k8slint.dev/ignore: {ignored}
spec:
  containers:
    - name: SMELL
---
apiVersion: v1
kind: Pod
metadata:
  name: other
spec:
  containers:
    - name: SMELL
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a__py", "x = 'SMELL'  # k8slint: ignore[smelly-line] it is fine\n"),
        ("a__py", "x = 'SMELL'  # noqa: E501  # k8slint:ignore[ other-rule , smelly-line ]it is fine\n"),
        ("a__py", "x = 1\n# k8slint: ignore[smelly-line] it is fine\n\n# more words\nx = 'SMELL'\n"),
        ("a__yaml", "apiVersion: v1\nkind: Pod\nx: SMELL # k8slint: ignore[smelly-line] it is fine\n"),
        ("a__sh", "#!/bin/sh\n# k8slint: ignore[smelly-line] it is fine\necho SMELL\n"),
        ("Dockerfile", "FROM a\n# k8slint: ignore[smelly-line] it is fine\nRUN SMELL\n"),
    ],
)
def test_a_comment_covers_its_line_or_the_one_below(name: str, text: str) -> None:
    result = report(RULE, MALFORMED, UNUSED, **{name: text})
    assert lines(result) == []
    assert [reason for _, reason in suppressed(result)] == ["it is fine"]


def test_a_comment_covers_one_line_and_the_rules_it_names() -> None:
    smell, above, after = "x = 'SMELL'\n", "# k8slint: ignore[smelly-line]\n", "  # k8slint: ignore[other-rule]\n"
    text = smell + above + smell + smell + smell.rstrip() + after
    result = report(a__py=text)
    assert lines(result) == ["1 smelly-line", "4 smelly-line", "5 smelly-line", "5 unused-suppression"]
    assert suppressed(result) == [(3, "")]


def test_a_comment_above_an_instruction_of_a_dockerfile_covers_all_its_lines() -> None:
    text = "FROM a\n# k8slint: ignore[smelly-line] later\nRUN one \\\n  && two \\\n  && SMELL\nRUN SMELL\n"
    result = report(Dockerfile=text)
    assert lines(result) == ["6 smelly-line"]
    assert suppressed(result) == [(5, "later")]


def test_several_comments_may_stand_above_one_line() -> None:
    text = "# k8slint: ignore[smelly-line] one\n# k8slint: ignore[other-rule] two\nx = 'SMELL'\n"
    result = report(a__py=text)
    assert lines(result) == ["2 unused-suppression"]


def test_text_in_a_string_is_no_comment() -> None:
    result = report(a__py="x = 'SMELL # k8slint: ignore[smelly-line]'\n")
    assert lines(result) == ["1 smelly-line"]


def test_a_comment_at_the_related_place_covers_nothing() -> None:
    result = report(a__py="x = 'SMELL'\ny = 'CAUSE'  # k8slint: ignore[smelly-line]\n")
    assert lines(result) == ["1 smelly-line", "2 unused-suppression"]


def test_an_annotation_covers_its_object() -> None:
    result = report(a__yaml=POD.format(ignored="smelly-line"))
    assert lines(result) == ["17 smelly-line"]
    assert suppressed(result) == [(9, "annotation k8slint.dev/ignore")]


def test_an_annotation_covers_findings_elsewhere_that_its_object_causes() -> None:
    text = POD.format(ignored="smelly-line").replace("SMELL", "CAUSE", 1).replace("SMELL", "web")
    result = report(a__yaml=text, b__py="x = 'SMELL'\n")
    assert lines(result) == []
    assert suppressed(result) == [(1, "annotation k8slint.dev/ignore")]


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("# k8slint: ignore", "this k8slint comment is not understood"),
        ("# k8slint: disable=smelly-line", "this k8slint comment is not understood"),
        ("# k8slint: ignore[]", "the list of rules to ignore is empty, or has an empty place"),
        ("# k8slint: ignore[smelly-lin]", "there is no rule 'smelly-lin'; did you mean 'smelly-line'?"),
        ("# k8slint: ignore[K8S/1]", "'K8S/1' is not the id of a rule"),
    ],
)
def test_a_malformed_comment_is_a_finding_at_the_comment(comment: str, message: str) -> None:
    result = report(MALFORMED, UNUSED, a__py=f"x = 1  {comment}\n")
    (finding,) = result.findings
    assert (finding.rule, finding.message) == (MALFORMED, message)
    place = finding.location
    assert (place.line, place.column, place.end_column) == (1, 8, 8 + len(comment))


def test_a_forgotten_colon_is_malformed() -> None:
    assert lines(report(MALFORMED, a__yaml="x: 1  # k8slint ignore[smelly-line]\n")) == ["1 malformed-suppression"]


def test_the_known_names_in_a_list_hold_when_another_is_wrong() -> None:
    result = report(a__py="x = 'SMELL'  # k8slint: ignore[nonsense, smelly-line]\n")
    assert lines(result) == ["1 malformed-suppression"]
    assert suppressed(result) == [(1, "")]


def test_two_comments_on_a_line_are_judged_apart() -> None:
    result = report(a__py="x = 'SMELL'  # k8slint: ignore[smelly-line] fine # k8slint: ignore[other-rule] too\n")
    assert suppressed(result) == [(1, "fine")]
    (finding,) = result.findings
    assert (finding.message, finding.location.column) == ("other-rule finds nothing here", 50)


@pytest.mark.parametrize("comment", ["# checked with k8slint", "# see the k8slint: page", "# k8slint.dev/ignore: x"])
def test_prose_about_k8slint_is_left_alone(comment: str) -> None:
    assert lines(report(a__py=f"x = 1  {comment}\n")) == []


def test_an_annotation_with_an_unknown_name_is_a_finding() -> None:
    result = report(MALFORMED, a__yaml=POD.format(ignored="smelly-lime"))
    (finding,) = result.findings
    assert (finding.location.line, finding.message) == (
        6,
        "there is no rule 'smelly-lime'; did you mean 'smelly-line'?",
    )


def test_unused_suppressions_name_the_rule_and_only_rules_that_ran() -> None:
    text = "x = 1  # k8slint: ignore[smelly-line, other-rule] why\n"
    assert [finding.message for finding in report(a__py=text).findings] == [
        "smelly-line and other-rule find nothing here"
    ]
    assert [finding.message for finding in report(RULE, UNUSED, a__py=text).findings] == [
        "smelly-line finds nothing here"
    ]
    assert lines(report(RULE, QUIET, a__py=text)) == []


def test_thousands_of_comments_take_no_time_to_speak_of() -> None:
    text = "# k8slint: ignore[smelly-line]\n" * 20_000 + "x = 'SMELL'\n"
    result = report(RULE, a__py=text)
    assert lines(result) == []
    assert len(result.suppressed) == 1
