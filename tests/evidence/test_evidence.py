"""What k8slint predicts of every case, beside what happens to it on this machine's kernel."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from evidence import children, limits, serving, stopping
from evidence.case import Case, happened, predicted, reason_to_skip, verdict
from evidence.table import row, table

CASES = (*stopping.CASES, *children.CASES, *serving.CASES, *limits.CASES)
PAGE = Path(__file__).parent.parent.parent / "docs" / "evidence.md"
BETWEEN = re.compile(r"<!-- cases: [^\n]*\n(.*?)<!-- end of cases -->", re.DOTALL)
RENEW = os.environ.get("K8SLINT_RENEW") == "1"


@pytest.fixture(scope="module")
def rows() -> dict[str, str]:
    """The rows of the cases that have been run, by the cases' names."""
    return {}


def test_every_case_has_its_own_name() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_verdict(case: Case) -> None:
    assert verdict(case) == case.says


@pytest.mark.skipif(not PAGE.exists(), reason="runs from a clone: the wheel has no docs beside it")
@pytest.mark.skipif(RENEW, reason="the page is being written")
def test_the_page_shows_every_case_with_its_verdict() -> None:
    shown = [line for line in PAGE.read_text().splitlines() if line.startswith("| ") and "---" not in line]
    promised = [row(case, predicted(case), predicted(case)) for case in CASES]
    assert [line for line in shown if not line.startswith("| case |")] == promised, "run `make evidence-docs`"


@pytest.mark.evidence
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_happens(case: Case, tmp_path: Path, rows: dict[str, str]) -> None:
    if reason := reason_to_skip(case):
        pytest.skip(reason)
    promised, seen = predicted(case), happened(case, tmp_path)
    rows[case.name] = row(case, promised, seen)
    assert seen == promised


@pytest.mark.evidence
def test_the_page_shows_what_happened(rows: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n\n{table(CASES, rows)}\n{len(rows)} of {len(CASES)} cases were run")
    if not PAGE.exists():
        pytest.skip("runs from a clone: the wheel has no docs beside it")
    text = PAGE.read_text()
    shown = BETWEEN.search(text)
    assert shown is not None
    if RENEW and len(rows) == len(CASES):
        PAGE.write_text(f"{text[: shown.start(1)]}{table(CASES, rows)}{text[shown.end(1) :]}")
    else:
        assert [line for line in rows.values() if line not in shown[1]] == [], "run `make evidence-docs`"
