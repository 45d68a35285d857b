"""Finding rules in installed packages, and refusing broken ones by name."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

import pytest

from k8slint import plugins
from k8slint.plugins import PluginError

RULE = """
from k8slint.rule import Rule, Severity

def check(unit):
    return ()

RULE = Rule(id="{id}", summary="It is so", severity=Severity.WARNING, target=str, check=check)
"""


class Site:
    """A folder on the path in which packages are as good as installed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def rule(self, module: str, rule_id: str = "", page: bool = True) -> None:
        path = self.folder / (module.replace(".", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        rule_id = rule_id or path.stem.replace("_", "-")
        path.write_text(RULE.format(id=rule_id), encoding="utf-8")
        if page:
            path.with_suffix(".md").write_text(f"# {rule_id}\n", encoding="utf-8")
        importlib.invalidate_caches()

    def write(self, path: str, text: str) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text, encoding="utf-8")
        importlib.invalidate_caches()

    def installed(self, distribution: str, value: str) -> None:
        self.write(f"{distribution}-1.0.dist-info/METADATA", f"Name: {distribution}\nVersion: 1.0\n")
        self.write(f"{distribution}-1.0.dist-info/entry_points.txt", f"[k8slint.rules]\n{distribution} = {value}\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """An environment in which nothing else brings rules."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *(entry for entry in sys.path if not brings_rules(entry))])
    before = set(sys.modules)
    yield Site(tmp_path)
    for name in set(sys.modules) - before:
        del sys.modules[name]


def brings_rules(entry: str) -> bool:
    return any(found.entry_points.select(group=plugins.GROUP) for found in distributions(path=[entry]))


def refusal(package: str) -> str:
    with pytest.raises(PluginError) as caught:
        list(plugins.load_package(package))
    return str(caught.value)


def test_all_modules_of_a_package_are_rules_except_private_ones(site: Site) -> None:
    site.write("acme_rules/__init__.py", "")
    site.rule("acme_rules.start_up.too_slow")
    site.rule("acme_rules.start_up._shared", page=False)
    site.rule("acme_rules._drafts.later")
    site.rule("acme_rules.plain")
    site.write("acme_rules/py.typed", "")
    found = {one.rule.id: one for one in plugins.load_package("acme_rules")}
    assert sorted(found) == ["plain", "too-slow"]
    too_slow = found["too-slow"]
    assert (too_slow.concern, too_slow.package, too_slow.module, too_slow.page) == (
        "start-up",
        "acme_rules",
        "acme_rules.start_up.too_slow",
        "# too-slow\n",
    )
    assert found["plain"].concern == "acme-rules"


def test_entry_points_are_followed_and_rules_sorted_with_our_own(site: Site) -> None:
    site.rule("b_rules.x.beta")
    site.rule("a_rules.x.zeta")
    site.installed("b", "b_rules")
    site.installed("a", "a_rules")
    assert [one.rule.id for one in plugins.load()] == ["beta", "malformed-suppression", "unused-suppression", "zeta"]


def test_an_id_may_exist_once(site: Site) -> None:
    site.rule("a_rules.x.same")
    site.rule("b_rules.y.same")
    site.installed("a", "a_rules")
    site.installed("b", "b_rules")
    with pytest.raises(PluginError, match=r"b_rules\.y\.same: the rule 'same' exists already, in a_rules\.x\.same"):
        plugins.load()


def test_no_rules_at_all_is_a_broken_installation(site: Site) -> None:
    with pytest.raises(PluginError, match="no rules are installed"):
        plugins.load()


def test_an_entry_point_names_a_package(site: Site) -> None:
    site.write("single.py", "")
    assert refusal("single") == "single: the entry point names a module, not a package"
    site.installed("c", "c_rules:RULES")
    with pytest.raises(PluginError, match="'c' names an object, not a package"):
        plugins.load()


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("import nowhere_to_be_found", "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
        ("raise SystemExit(0)", "SystemExit: 0"),
        ("def broken(:", "SyntaxError"),
    ],
)
def test_a_module_that_fails_to_import_is_named_with_the_cause(site: Site, text: str, cause: str) -> None:
    site.write("d_rules/x/bad.py", text)
    assert refusal("d_rules").startswith(f"d_rules: the module d_rules.x.bad cannot be imported: {cause}")


def test_a_package_that_is_not_there_is_named() -> None:
    assert "the module not_there_rules cannot be imported" in refusal("not_there_rules")


def test_every_module_has_a_rule_named_like_it_and_a_page(site: Site) -> None:
    site.write("e_rules/x/empty.py", "")
    assert refusal("e_rules").startswith("e_rules: the module e_rules.x.empty has no RULE")
    site.rule("f_rules.x.one", rule_id="two")
    assert (
        refusal("f_rules")
        == "f_rules: the module f_rules.x.one names its rule 'two'; it should be 'one', as the module"
    )
    site.rule("g_rules.x.lonely", page=False)
    assert "has no readable page lonely.md beside it" in refusal("g_rules")
