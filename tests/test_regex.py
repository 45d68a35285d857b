"""Regular expressions that are compiled late are right all the same."""

import importlib
import pkgutil
import re

import pytest

import k8slint
import k8slint_rules
from k8slint.regex import regex


def test_a_pattern_does_what_a_compiled_one_does() -> None:
    words = regex(r"(\w)\w*", re.ASCII)
    assert words.sub(r"\1", "late but right") == "l b r"
    assert words.match("late")
    assert (words.pattern, words.flags) == (r"(\w)\w*", re.ASCII)


def test_a_mistake_shows_at_the_first_use() -> None:
    wrong = regex("(")
    with pytest.raises(re.error):
        wrong.search("")


def test_every_pattern_of_every_module_is_one() -> None:
    kind = type(regex(""))
    found = 0
    for top in (k8slint, k8slint_rules):
        for module in pkgutil.walk_packages(top.__path__, f"{top.__name__}."):
            if module.name.endswith("__main__"):
                continue
            for value in vars(importlib.import_module(module.name)).values():
                for one in value.values() if isinstance(value, dict) else (value,):
                    if isinstance(one, kind):
                        assert isinstance(one.pattern, (str, bytes))
                        found += 1
    assert found > 200
