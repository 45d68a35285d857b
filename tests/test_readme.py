"""What the README shows is what the tool prints. ``K8SLINT_RENEW=1`` writes it there."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from k8slint.cli import cli

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
RENEW = os.environ.get("K8SLINT_RENEW") == "1"

pytestmark = pytest.mark.skipif(not README.exists(), reason="runs from a clone: the wheel has no README.md beside it")


def printed(*arguments: str) -> str:
    return CliRunner().invoke(cli, list(arguments)).stdout


def agrees(pattern: str, wanted: str) -> None:
    text = README.read_text()
    match = re.search(pattern, text, re.DOTALL)
    assert match is not None
    if RENEW:
        README.write_text(text[: match.start(1)] + wanted + text[match.end(1) :])
    else:
        assert match.group(1) == wanted, "run `make docs`"


def test_the_rule_table_is_what_the_tool_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    table = printed("rules", "--format", "markdown", "--pages", "rules")
    agrees(r"<!-- rules: [^\n]*\n(.*?)<!-- end of rules -->", table)


def test_the_run_it_shows_is_real(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    arguments = re.search(r"<!-- run: k8slint (.*?) -->", README.read_text())
    assert arguments is not None
    agrees(r"<!-- run: [^\n]* -->\n```text\n(.*?)```", printed(*arguments.group(1).split()))
