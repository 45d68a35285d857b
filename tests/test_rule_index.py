"""The list of the built-in rules says what their modules say. ``K8SLINT_RENEW=1`` writes it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import k8slint_rules
from k8slint import plugins, rule_index
from k8slint.plugins import PluginError
from k8slint.report import LoadedRule

LIST = Path(k8slint_rules.__path__[0]) / rule_index.NAME


def told(loaded: LoadedRule) -> dict[str, Any]:
    """All but the function; the calls in any order."""
    rule = loaded.rule
    names = [name for name in rule.__struct_fields__ if name not in ("check", "calls")]
    facts = {name: getattr(rule, name) for name in names}
    return {**facts, "calls": set(rule.calls), "module": loaded.module, "concern": loaded.concern, "page": loaded.page}


def test_it_is_what_the_modules_say() -> None:
    rules = list(plugins.import_package("k8slint_rules"))
    if os.environ.get("K8SLINT_RENEW") == "1":
        LIST.write_bytes(rule_index.written(rules))
    assert LIST.read_bytes() == rule_index.written(rules), "run `make docs`"
    assert [told(one) for one in plugins.load_package("k8slint_rules")] == [told(one) for one in rules]


def test_a_broken_list_names_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "torn_rules").mkdir()
    (tmp_path / "torn_rules" / "__init__.py").write_text("")
    (tmp_path / "torn_rules" / rule_index.NAME).write_text('[{"module": "torn_rules.x"}]')
    with pytest.raises(PluginError, match=r"torn_rules: its list of rules, _index\.json, cannot be read: .*summary"):
        plugins.load_package("torn_rules")
