"""Fixed workloads on this machine's kernel: the fault is there before, and gone after."""

from __future__ import annotations

from pathlib import Path

import pytest

from evidence.case import happened, reason_to_skip
from evidence.fixed import FIXED, Fixed, repaired


@pytest.mark.parametrize("fixed", FIXED, ids=lambda fixed: fixed.case.name)
def test_the_fix_is_made(fixed: Fixed) -> None:
    assert repaired(fixed).files != fixed.case.files


@pytest.mark.evidence
@pytest.mark.parametrize("fixed", FIXED, ids=lambda fixed: fixed.case.name)
def test_before_and_after(fixed: Fixed, tmp_path: Path) -> None:
    if reason := reason_to_skip(fixed.case):
        pytest.skip(reason)
    seen = []
    for name, case in (("before", fixed.case), ("after", repaired(fixed))):
        (tmp_path / name).mkdir()
        seen.append(happened(case, tmp_path / name))
    assert seen == [fixed.before, fixed.after]
