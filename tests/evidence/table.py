"""The table of docs/evidence.md: every case, what was predicted and what happened."""

from __future__ import annotations

from itertools import groupby

from evidence.case import Case, findings


def row(case: Case, promised: str, seen: str) -> str:
    says = ", ".join(dict.fromkeys(f"`{finding.rule.id}`" for finding in findings(case))) or "nothing"
    return f"| {case.name.replace('|', chr(92) + '|')} | {says} | {promised} | {seen} |"


def table(cases: tuple[Case, ...], rows: dict[str, str]) -> str:
    """The rows under their questions, without the cases that did not run."""
    parts = []
    for name, group in groupby(cases, key=lambda case: case.question.name):
        lines = [rows[case.name] for case in group if case.name in rows]
        if lines:
            head = ("| case | k8slint finds | predicted | happened |", "| --- | --- | --- | --- |")
            parts.append("\n".join((f"### {name}", "", *head, *lines, "")))
    return "\n".join(parts)
