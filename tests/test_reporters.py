"""What a report looks like in each format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from k8slint import reporters
from k8slint._version import __version__
from k8slint.location import Location, Notice, NoticeLevel, whole_file
from k8slint.models.source import Source
from k8slint.report import LoadedRule, Report, Suppressed
from k8slint.reporters import text
from k8slint.rule import Confidence, Finding, Related, Rule, Severity

DOCKERFILE = "FROM python:3.12\nCMD python app.py\n"
APP = "import signal\n\n\twhile True:\n        work()\n        wait()\n        rest()\n        done()\n"
FILES = {
    "Dockerfile": DOCKERFILE,
    "my app.py": APP,
    "odd.py": 'x = "\x1b[31m\t早 [v](1)"; bad()\n',
    "long.py": "a" * 500 + "here" + "b" * 500,
}

RULE: Rule[Any] = Rule("shell-form", "The shell keeps the signal", Severity.ERROR, str, lambda unit: ())
INFO: Rule[Any] = Rule("could-be-better", "It could be better", Severity.INFO, str, lambda unit: (), Confidence.LOW)
RULES = (
    LoadedRule(INFO, "output", "k8slint_rules", "k8slint_rules.output.could_be_better", "# could-be-better\n"),
    LoadedRule(
        RULE,
        "signals",
        "k8slint_rules",
        "k8slint_rules.signals.shell_form",
        "# shell-form\n\nThe shell is PID 1\nand keeps SIGTERM.\n\n## Bad: x\n",
    ),
)
CMD = Location("Dockerfile", 2, 1, 2, 18)
LOOP = Location("my app.py", 3, 2, 7, 15)
FINDING = Finding(
    RULE, CMD, "sh is PID 1: SIGTERM is lost", 'write CMD ["python", "app.py"]', (Related(LOOP, "it stays up [here]"),)
)


def report(*findings: Finding, **keys: Any) -> Report:
    sources: Mapping[str, Source] = {path: Source(path, content) for path, content in FILES.items()}
    defaults: dict[str, Any] = {
        "suppressed": (),
        "notices": (),
        "counts": {"Python files": 2, "Dockerfiles": 1, "manifests": 0, "workloads": 1, "linked to an image": 1},
        "rules": RULES,
        "source": sources.__getitem__,
    }
    return Report(findings=findings, **{**defaults, **keys})


def test_text_shows_place_line_related_places_and_fix() -> None:
    assert reporters.render(report(FINDING), "text") == (
        "error[shell-form]: sh is PID 1: SIGTERM is lost\n"
        " --> Dockerfile:2:1\n"
        "  |\n"
        "2 | CMD python app.py\n"
        "  | ^^^^^^^^^^^^^^^^^\n"
        " ::: my app.py:3:2\n"
        "  |\n"
        "3 |     while True:\n"
        "  |     ----------- it stays up [here]\n"
        "4 |         work()\n"
        "  |         ------\n"
        "5 |         wait()\n"
        "  |         ------\n"
        "  | ...\n"
        '  = fix: write CMD ["python", "app.py"]\n'
        "  = k8slint explain shell-form\n"
        "\n"
    )


def test_text_is_safe_to_print_and_its_marks_stand_under_the_range() -> None:
    hostile = Finding(INFO, Location("odd.py", 1, 23, 1, 28), "the name is \x1b[2Jgone\nerror: none")
    lines = reporters.render(report(hostile), "text").splitlines()
    assert lines[0] == "info[could-be-better]: the name is \N{REPLACEMENT CHARACTER}[2Jgone error: none"
    assert lines[3] == '1 | x = "\N{REPLACEMENT CHARACTER}[31m    早 [v](1)"; bad()'
    # One column more than characters: the ideograph is two wide.
    assert lines[4].index("^") == lines[3].index("bad()") + 1
    assert lines[4].count("^") == 5


def test_text_cuts_long_lines_around_the_range() -> None:
    long = Finding(INFO, Location("long.py", 1, 501, 1, 505), "It is so")
    lines = reporters.render(report(long), "text").splitlines()
    assert lines[3].startswith("1 | ...aaa") and lines[3].endswith("bbb...")
    assert len(lines[3]) < 160
    at = lines[4].index("^")
    assert lines[3][at : at + 4] == "here"


def test_text_without_a_line_to_show() -> None:
    lines = reporters.render(report(Finding(INFO, whole_file("gone.yaml"), "It is so")), "text").splitlines()
    assert lines == ["info[could-be-better]: It is so", " --> gone.yaml:1:1", "  = k8slint explain could-be-better", ""]


def test_colour_only_when_asked_for() -> None:
    assert "\x1b[" not in reporters.render(report(FINDING), "text")
    coloured = reporters.render(report(FINDING), "text", colour=True)
    assert "\x1b[31m\x1b[1merror[shell-form]\x1b[0m" in coloured


def test_the_summary_says_what_was_found_read_joined_and_skipped() -> None:
    quiet = Suppressed(FINDING, "inSource", "")
    full = report(FINDING, suppressed=(quiet,), skipped={"links": 1, "test folders": 3})
    assert text.summary(full) == (
        "1 error, 0 warnings, 1 suppressed; read 2 Python files, 1 Dockerfile; 1 workload joined, 1 linked to an image"
        "; skipped: 1 link, 3 test folders"
    )
    assert text.summary(report(counts={})) == "0 errors, 0 warnings; nothing to read; 0 workloads joined"


def test_notices_come_before_the_summary_and_errors_first() -> None:
    note = Notice(whole_file("chart/x.yaml"), "a Helm template: not rendered", NoticeLevel.NOTE)
    error = Notice(Location("z.yaml", 3, 1, 3, 1), "no YAML", NoticeLevel.ERROR)
    noticed = report(notices=(*[note] * 25, error))
    lines = text.ending(noticed, colour=False).splitlines()
    assert lines[:2] == ["not linted: z.yaml:3:1: no YAML", "note: chart/x.yaml:1:1: a Helm template: not rendered"]
    assert lines[-2] == "and 5 more notes; --format json lists them all"
    assert lines[-1].startswith("0 errors")
    assert text.ending(noticed, colour=False, notes=False).splitlines() == lines[:1]


def test_concise_is_one_line_for_each_finding() -> None:
    second = Finding(INFO, whole_file("odd.py"), "two\nlines")
    assert reporters.render(report(FINDING, second), "concise") == (
        "Dockerfile:2:1: error shell-form sh is PID 1: SIGTERM is lost\nodd.py:1:1: info could-be-better two lines\n"
    )


@pytest.mark.parametrize("form", ["text", "concise"])
def test_no_findings_are_no_lines(form: str) -> None:
    assert reporters.render(report(), form) == ""


def test_json() -> None:
    quiet = Suppressed(Finding(INFO, whole_file("odd.py"), "It is so"), "inSource", "on purpose")
    note = Notice(whole_file("a.yaml"), "not read", NoticeLevel.NOTE)
    document = json.loads(
        reporters.render(report(FINDING, suppressed=(quiet,), notices=(note,), skipped={"links": 1}), "json")
    )
    place = {"line": 2, "column": 1, "end_line": 2, "end_column": 18}
    (finding,) = document["findings"]
    assert len(finding.pop("fingerprint")) == 32
    assert finding == {
        "rule": "shell-form",
        "concern": "signals",
        "severity": "error",
        "confidence": "high",
        "pedantic": False,
        "message": "sh is PID 1: SIGTERM is lost",
        "fix": 'write CMD ["python", "app.py"]',
        "path": "Dockerfile",
        **place,
        "related": [
            {"path": "my app.py", "line": 3, "column": 2, "end_line": 7, "end_column": 15, "note": "it stays up [here]"}
        ],
        "repair": None,
    }
    assert document["suppressed"][0]["suppression"] == {"kind": "inSource", "reason": "on purpose"}
    assert document["notices"][0]["level"] == "note"
    assert document["complete"] is True
    assert (document["version"], document["tool"]) == (1, {"name": "k8slint", "version": __version__})
    assert document["skipped"] == {"links": 1}
    assert document["counts"]["Python files"] == 2


def sarif(*findings: Finding, **keys: Any) -> dict[str, Any]:
    document = json.loads(reporters.render(report(*findings, **keys), "sarif"))
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    assert isinstance(run, dict)
    return run


def test_sarif_result() -> None:
    (result,) = sarif(FINDING)["results"]
    fingerprint = result.pop("partialFingerprints")["k8slint/v1"]
    assert len(fingerprint) == 32
    assert result == {
        "ruleId": "shell-form",
        "ruleIndex": 1,
        "level": "error",
        "message": {
            "text": 'sh is PID 1: SIGTERM is lost\nFix: write CMD ["python", "app.py"]\n[it stays up \\[here\\]](1)'
        },
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "Dockerfile", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 18},
                }
            }
        ],
        "relatedLocations": [
            {
                "id": 1,
                "physicalLocation": {
                    "artifactLocation": {"uri": "my%20app.py", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 3, "startColumn": 2, "endLine": 7, "endColumn": 15},
                },
                "message": {"text": "it stays up [here]"},
            }
        ],
        "suppressions": [],
        "properties": {"confidence": "high", "pedantic": False},
    }


def test_sarif_names_the_tool_and_its_rules() -> None:
    run = sarif()
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("k8slint", __version__)
    assert driver["informationUri"].startswith("https://")
    assert run["results"] == []
    assert run["columnKind"] == "unicodeCodePoints"
    assert driver["rules"][1] == {
        "id": "shell-form",
        "name": "ShellForm",
        "shortDescription": {"text": "The shell keeps the signal"},
        "fullDescription": {"text": "The shell is PID 1 and keeps SIGTERM."},
        "help": {"text": RULES[1].page, "markdown": RULES[1].page},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["signals", "kubernetes", "python"], "precision": "high", "problem.severity": "error"},
    }
    info = driver["rules"][0]
    assert info["defaultConfiguration"] == {"level": "note"}
    assert (info["properties"]["precision"], info["properties"]["problem.severity"]) == ("low", "recommendation")
    assert info["fullDescription"] == {"text": "It could be better"}


def test_sarif_carries_suppressions_on_all_results_or_their_absence() -> None:
    quiet = Suppressed(Finding(INFO, whole_file("odd.py"), "It is so"), "inSource", "on purpose")
    bare = Suppressed(Finding(INFO, whole_file("my app.py"), "It is so"), "inSource", "")
    results = sarif(FINDING, suppressed=(quiet, bare))["results"]
    assert [result["suppressions"] for result in results] == [
        [],
        [{"kind": "inSource"}],
        [{"kind": "inSource", "justification": "on purpose"}],
    ]


def test_sarif_says_what_could_not_be_done() -> None:
    notices = (
        Notice(whole_file("a b.yaml"), "not YAML", NoticeLevel.ERROR),
        Notice(whole_file("."), "a pattern is not valid", NoticeLevel.NOTE),
    )
    (invocation,) = sarif(notices=notices)["invocations"]
    assert invocation["executionSuccessful"] is False
    first, second = invocation["toolExecutionNotifications"]
    assert (first["level"], first["message"]) == ("error", {"text": "not YAML"})
    assert first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b.yaml"
    assert "locations" not in second


@pytest.mark.parametrize(
    ("path", "uri"),
    [("a:b/c.py", "a%3Ab/c.py"), ("[x]/50%.py", "%5Bx%5D/50%25.py"), ("größe?#.py", "gr%C3%B6%C3%9Fe%3F%23.py")],
)
def test_sarif_paths_are_percent_encoded(path: str, uri: str) -> None:
    (result,) = sarif(Finding(INFO, whole_file(path), "It is so"))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_sarif_root() -> None:
    assert (
        sarif(root="/home/me/my project")["originalUriBaseIds"]["%SRCROOT%"]["uri"] == "file:///home/me/my%20project/"
    )
    assert "uri" not in sarif()["originalUriBaseIds"]["%SRCROOT%"]


def test_machine_formats_hold_what_no_encoding_can() -> None:
    lone = Finding(INFO, whole_file("odd.py"), "the value is \ud800")
    for form in ("json", "sarif"):
        reporters.render(report(lone), form).encode("ascii")
