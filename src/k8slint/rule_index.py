"""A package's own list of its rules, which tells all that is known of a rule without importing it.

A package of many rules may have one, in ``_index.json``; the rules of one that has none are imported for every run.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import partial
from importlib import import_module
from typing import Any

import msgspec
from msgspec import Struct

from k8slint.repair import Safety
from k8slint.report import LoadedRule
from k8slint.rule import Confidence, Finding, Needs, Rule, Severity

NAME = "_index.json"


class _Entry(Struct, frozen=True, omit_defaults=True):
    module: str
    summary: str
    severity: Severity
    target: str
    confidence: Confidence = Confidence.HIGH
    pedantic: bool = False
    fixable: Safety = Safety.NONE
    needs: tuple[Needs, ...] = ()
    calls: tuple[str, ...] = ()


def listed(package: str, folder: str) -> Iterator[LoadedRule] | None:
    """The rules that the list in ``folder`` names; None where there is no list.

    Raises ``msgspec.MsgspecError`` for a list that cannot be read.
    """
    try:
        with open(os.path.join(folder, NAME), "rb") as file:
            entries = msgspec.json.decode(file.read(), type=tuple[_Entry, ...])
    except FileNotFoundError:
        return None
    return (_loaded(package, entry) for entry in entries)


def written(rules: Iterable[LoadedRule]) -> bytes:
    """The list of ``rules``, for the file."""
    entries = [
        _Entry(
            one.module,
            one.rule.summary,
            one.rule.severity,
            one.rule.target.__name__,
            one.rule.confidence,
            one.rule.pedantic,
            one.rule.fixable,
            one.rule.needs,
            tuple(sorted(one.rule.calls)),
        )
        for one in rules
    ]
    lines = ",\n".join(msgspec.json.encode(entry).decode() for entry in entries)
    return f"[\n{lines}\n]\n".encode()


def _loaded(package: str, entry: _Entry) -> LoadedRule:
    parent, _, stem = entry.module.rpartition(".")
    rule: Rule[Any] = Rule(
        stem.replace("_", "-"),
        entry.summary,
        entry.severity,
        getattr(import_module("k8slint"), entry.target),
        partial(_checked, entry.module),
        entry.confidence,
        entry.pedantic,
        entry.calls,
        entry.fixable,
        entry.needs,
    )
    return LoadedRule(rule, parent.rpartition(".")[2].replace("_", "-"), package, entry.module)


def _checked(module: str, unit: object) -> Iterable[Finding]:
    rule: Rule[Any] = import_module(module).RULE
    return rule.check(unit)
