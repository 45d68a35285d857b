"""The walk through a new rule in CONTRIBUTING.md, taken as written; and the files it names."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from k8slint import plugins, testing

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "CONTRIBUTING.md"

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="runs from a clone: the wheel has no CONTRIBUTING.md")


def titled(title: str) -> str:
    """The content of the fenced block with a title."""
    fence = re.search(rf"^(`{{3,}})\w+ title={re.escape(title)}$", PAGE.read_text(), re.MULTILINE)
    assert fence is not None, f"no block is titled {title}"
    start = fence.end() + 1
    return PAGE.read_text()[start : PAGE.read_text().index(f"\n{fence.group(1)}\n", start) + 1]


def test_two_files_make_a_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "walked_rules"
    (package / "probes").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    for name in ("idle_container.py", "idle_container.md"):
        (package / "probes" / name).write_text(titled(name))
    monkeypatch.syspath_prepend(str(tmp_path))
    (loaded,) = plugins.load_package("walked_rules")
    assert (loaded.rule.id, loaded.concern) == ("idle-container", "probes")
    assert testing.page_problems(loaded) == []
    for example in testing.examples(loaded.page):
        assert testing.run_example(loaded, example) == []
    for name in [name for name in sys.modules if name.startswith("walked_rules")]:
        monkeypatch.delitem(sys.modules, name)


def test_the_files_it_names_exist() -> None:
    named = set(
        re.findall(r"`((?:src|workload|models|data|docs|tests|rules|reporters|discover)/[\w./]*)`", PAGE.read_text())
    )
    named |= set(re.findall(r"`((?:cli|config|plugins|project|engine|suppress|fact)\.py)`", PAGE.read_text()))
    named = {name for name in named if "idle_container" not in name}
    assert named
    missing = [
        name for name in sorted(named) if not (ROOT / name).exists() and not (ROOT / "src" / "k8slint" / name).exists()
    ]
    assert missing == []
