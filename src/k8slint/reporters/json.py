"""The report as JSON, for programs.

One object; a reader should refuse a ``version`` it does not know. Within version 1 keys may be added, never changed:

- ``version``: 1
- ``tool``: ``name`` and ``version`` of k8slint
- ``complete``: false when something that should have been linted was not (exit code 2)
- ``findings``: sorted by path, line and column; each has
  ``rule``, ``concern``, ``severity`` (``error``, ``warning``, ``info``), ``confidence`` (``high``, ``medium`` or
  ``low``), ``pedantic``, ``message``, ``fix`` ("" when there is none to name), the place (below), ``related`` (places
  with a ``note`` each), ``fingerprint``, which stays the same when lines are added elsewhere in the file, and
  ``repair``: null, or ``title``, ``safety`` (``safe`` or ``unsafe``) and ``edits``, places with the ``text`` to put
  there; ``--fix`` lints what they make before it writes them, whoever applies them otherwise should
- ``suppressed``: as ``findings``, with ``suppression``: ``kind`` (``inSource``) and ``reason``
- ``notices``: what was not read or not done: ``level`` (``error`` or ``note``), ``message`` and a place
- ``counts``: what was read and joined; ``skipped``: what was left out, by reason

A place is ``path`` (relative, with forward slashes), ``line``, ``column``, ``end_line``, ``end_column``, counted from 1
in characters, the end column being the one after the last character.
"""

from __future__ import annotations

import json

from k8slint._version import __version__
from k8slint.fix.edits import proposed
from k8slint.location import Location
from k8slint.report import Report, Result
from k8slint.rule import Finding

VERSION = 1


def render(report: Report) -> str:
    concerns = {loaded.rule.id: loaded.concern for loaded in report.rules}
    results = list(report.results())
    document = {
        "version": VERSION,
        "tool": {"name": "k8slint", "version": __version__},
        "complete": report.is_complete,
        "findings": [_finding(result, concerns, report) for result in results if result.suppressed is None],
        "suppressed": [
            {
                **_finding(result, concerns, report),
                "suppression": {"kind": result.suppressed.kind, "reason": result.suppressed.reason},
            }
            for result in results
            if result.suppressed is not None
        ],
        "notices": [
            {"level": notice.level.value, "message": notice.message, **_place(notice.location)}
            for notice in report.notices
        ],
        "counts": dict(report.counts),
        "skipped": dict(report.skipped),
    }
    return json.dumps(document, indent=2) + "\n"


def _finding(result: Result, concerns: dict[str, str], report: Report) -> dict[str, object]:
    finding = result.finding
    return {
        "rule": finding.rule.id,
        "concern": concerns.get(finding.rule.id, ""),
        "severity": str(finding.effective_severity),
        "confidence": str(finding.effective_confidence),
        "pedantic": finding.is_pedantic,
        "message": finding.message,
        "fix": finding.fix,
        **_place(finding.location),
        "related": [{**_place(related.location), "note": related.note} for related in finding.related],
        "fingerprint": result.fingerprint,
        "repair": _repair(finding, report),
    }


def _repair(finding: Finding, report: Report) -> dict[str, object] | None:
    repair, edits = finding.repair, proposed(finding.repair, report.source)
    if repair is None or not edits:
        return None
    written = [{**_place(edit.location), "text": edit.text} for edit in edits]
    return {"title": repair.title, "safety": str(repair.safety), "edits": written}


def _place(location: Location) -> dict[str, object]:
    return {
        "path": location.path,
        "line": location.line,
        "column": location.column,
        "end_line": location.end_line,
        "end_column": location.end_column,
    }
