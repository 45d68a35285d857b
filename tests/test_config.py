"""Settings from pyproject.toml and the command line."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from k8slint import config
from k8slint.config import Config, ConfigError
from k8slint.report import LoadedRule
from k8slint.rule import Finding, Rule, Severity


def nothing(unit: str) -> Iterable[Finding]:
    return ()


def loaded(rule_id: str, concern: str, pedantic: bool = False) -> LoadedRule:
    rule = Rule(rule_id, "It is so", Severity.WARNING, str, nothing, pedantic=pedantic)
    return LoadedRule(rule, concern, "rules", "rules.x", "")


RULES = (
    loaded("python-as-pid-1", "signals"),
    loaded("sigterm-unhandled", "signals"),
    loaded("stdout-buffered", "output"),
    loaded("too-fussy", "output", pedantic=True),
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The top of a repository, so that nothing above it is read."""
    (tmp_path / ".git").mkdir()
    return Path(os.path.realpath(tmp_path))


def settings(root: Path, text: str) -> Config:
    (root / "pyproject.toml").write_text(text, encoding="utf-8")
    return config.load(str(root))


def chosen(**keys: object) -> list[str]:
    return [one.rule.id for one in config.choose(RULES, Config(**keys))]  # type: ignore[arg-type]


def test_without_a_file_the_defaults_hold(root: Path) -> None:
    assert config.load(str(root)) == Config()


def test_all_keys(root: Path) -> None:
    text = """
    [tool.k8slint]
    select = ["signals"]
    ignore = ["python-as-pid-1"]
    exclude = ["deploy/old/"]
    pedantic = true
    fail-on = "never"
    """
    assert settings(root, text) == Config(
        select=("signals",),
        ignore=("python-as-pid-1",),
        exclude=((str(root), "deploy/old/"),),
        pedantic=True,
        fail_on=None,
    )


def test_the_nearest_file_with_a_table_counts_up_to_the_top_of_the_repository(root: Path) -> None:
    inner = root / "services" / "web"
    inner.mkdir(parents=True)
    settings(root, "[tool.k8slint]\npedantic = true\n")
    (root / "services" / "pyproject.toml").write_text("[project]\nname = 'other'\n")
    assert config.load(str(inner)).pedantic
    (inner / ".git").mkdir()
    assert not config.load(str(inner)).pedantic


def test_the_command_line_adds_what_to_leave_out_and_overrides_the_rest() -> None:
    file = Config(select=("a",), ignore=("b",), exclude=(("/x", "c"),), pedantic=True, fail_on=Severity.ERROR)
    assert file.merged((), (), (), None, None) == file
    assert file.merged(("d",), ("e",), (("/y", "f"),), False, "never") == Config(
        select=("d",), ignore=("b", "e"), exclude=(("/x", "c"), ("/y", "f")), pedantic=False, fail_on=None
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.k8slint]\nignroe = []\n", "unknown key 'ignroe' in [tool.k8slint]; did you mean 'ignore'?"),
        ("[tool.k8slint]\nselect = 'signals'\n", "select is a list of strings"),
        ("[tool.k8slint]\npedantic = 'yes'\n", "pedantic is true or false"),
        ("[tool.k8slint]\nfail-on = 'eror'\n", "did you mean 'error'?"),
        ("[tool]\nk8slint = 3\n", "tool.k8slint is not a table"),
        ("[tool.k8slint\n", "not valid TOML"),
    ],
)
def test_mistakes_name_the_file_and_what_was_meant(root: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(root, text)
    assert str(caught.value).startswith(str(root / "pyproject.toml"))
    assert message in str(caught.value)


def test_a_broken_file_without_our_name_is_none_of_our_business(root: Path) -> None:
    assert settings(root, "{% if broken %}") == Config()


def test_rules_are_chosen_by_id_or_concern_and_ignore_wins() -> None:
    assert chosen() == ["python-as-pid-1", "sigterm-unhandled", "stdout-buffered"]
    assert chosen(select=("signals",)) == ["python-as-pid-1", "sigterm-unhandled"]
    assert chosen(select=("signals",), ignore=("python-as-pid-1",)) == ["sigterm-unhandled"]
    assert chosen(select=("python-as-pid-1",), ignore=("signals",)) == []


def test_a_pedantic_rule_runs_when_it_is_asked_for() -> None:
    assert chosen(select=("output",)) == ["stdout-buffered"]
    assert chosen(select=("output",), pedantic=True) == ["stdout-buffered", "too-fussy"]
    assert chosen(select=("too-fussy",)) == ["too-fussy"]


@pytest.mark.parametrize("key", ["select", "ignore"])
def test_unknown_names_are_errors_with_a_suggestion(key: str) -> None:
    with pytest.raises(ConfigError, match=f"{key}: 'signal' is neither a rule nor a concern; did you mean 'signals'"):
        chosen(**{key: ("signal",)})
