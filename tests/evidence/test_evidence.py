"""What k8slint predicts of every case, beside what happens to it on this machine's kernel."""

from __future__ import annotations

from pathlib import Path

import pytest

from evidence import children, stopping
from evidence.case import Case, happened, predicted, reason_to_skip, verdict

CASES = (*stopping.CASES, *children.CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_verdict(case: Case) -> None:
    assert verdict(case) == case.says


@pytest.mark.evidence
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_happens(case: Case, tmp_path: Path) -> None:
    if reason := reason_to_skip(case):
        pytest.skip(reason)
    assert happened(case, tmp_path) == predicted(case)
