"""The report as SARIF 2.1.0, as GitHub code scanning and the OASIS schema want it.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from k8slint._version import __version__
from k8slint.fix.edits import proposed
from k8slint.location import Location, Notice, NoticeLevel
from k8slint.repair import Edit, Repair
from k8slint.report import LoadedRule, Report, Result
from k8slint.rule import Finding, Severity

_ROOT = "%SRCROOT%"
_BACKSLASHED = r"\\\g<0>"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
# The words GitHub knows for rules that are not about security.
_PROBLEM = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}


def render(report: Report) -> str:
    index = {loaded.rule.id: number for number, loaded in enumerate(report.rules)}
    run: dict[str, object] = {
        "tool": {
            "driver": {
                "name": "k8slint",
                "version": __version__,
                "semanticVersion": __version__,
                "informationUri": "https://pypi.org/project/k8slint/",
                "rules": [_rule(loaded) for loaded in report.rules],
            }
        },
        "invocations": [
            {
                "executionSuccessful": report.is_complete,
                "toolExecutionNotifications": [_notification(notice) for notice in report.notices],
            }
        ],
        "originalUriBaseIds": {_ROOT: _base(report.root)},
        "columnKind": "unicodeCodePoints",
        "results": [_result(result, index, report) for result in report.results()],
    }
    document = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2) + "\n"


def _rule(loaded: LoadedRule) -> dict[str, object]:
    rule = loaded.rule
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": _first_paragraph(loaded.page) or rule.summary},
        "help": {"text": loaded.page, "markdown": loaded.page},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "tags": [loaded.concern, "kubernetes", "python"],
            "precision": str(rule.confidence),
            "problem.severity": _PROBLEM[rule.severity],
        },
    }


def _first_paragraph(page: str) -> str:
    """The first paragraph of a page below its title, on one line."""
    for block in page.split("\n\n"):
        text = " ".join(line for line in block.strip().splitlines() if not line.startswith("#"))
        if text:
            return text
    return ""


def _result(result: Result, index: Mapping[str, int], report: Report) -> dict[str, object]:
    finding = result.finding
    document: dict[str, object] = {
        "ruleId": finding.rule.id,
        "level": _LEVELS[finding.effective_severity],
        "message": {"text": _message(finding)},
        "locations": [_location(finding.location)],
        "partialFingerprints": {"k8slint/v1": result.fingerprint},
        # The standard wants the property on all results of a run or on none.
        "suppressions": _suppressions(result),
        "properties": {"confidence": str(finding.effective_confidence), "pedantic": finding.is_pedantic},
    }
    if finding.rule.id in index:
        document["ruleIndex"] = index[finding.rule.id]
    if finding.related:
        document["relatedLocations"] = [
            {"id": number, **_location(related.location), "message": {"text": related.note}}
            for number, related in enumerate(finding.related, 1)
        ]
    edits = proposed(finding.repair, report.source)
    if finding.repair is not None and edits:
        document["fixes"] = [_fix(finding.repair, edits)]
    return document


def _fix(repair: Repair, edits: Sequence[Edit]) -> dict[str, object]:
    changes: dict[str, list[dict[str, object]]] = {}
    for edit in edits:
        region = _region(edit.location)
        replacement = {"deletedRegion": region, "insertedContent": {"text": edit.text}}
        changes.setdefault(edit.location.path, []).append(replacement)
    return {
        "description": {"text": f"{repair.title} ({repair.safety})"},
        "artifactChanges": [
            {"artifactLocation": {"uri": _quoted(path), "uriBaseId": _ROOT}, "replacements": replacements}
            for path, replacements in changes.items()
        ],
    }


def _message(finding: Finding) -> str:
    """The message, with a link to each related place: GitHub shows only those that the message links to.

    Brackets are escaped where they would make a link, or end one (section 3.11.6 of the standard).
    """
    lines = [finding.message, f"Fix: {finding.fix}"] if finding.fix else [finding.message]
    text = re.sub(r"\](?=\()", r"\\]", "\n".join(lines))
    links = (
        f"[{re.sub(r'[][]', _BACKSLASHED, related.note) or 'related'}]({number})"
        for number, related in enumerate(finding.related, 1)
    )
    return "\n".join((text, *links))


def _suppressions(result: Result) -> list[dict[str, str]]:
    if result.suppressed is None:
        return []
    entry = {"kind": result.suppressed.kind}
    return [{**entry, "justification": result.suppressed.reason} if result.suppressed.reason else entry]


def _notification(notice: Notice) -> dict[str, object]:
    document: dict[str, object] = {
        "level": "error" if notice.level is NoticeLevel.ERROR else "note",
        "message": {"text": notice.message},
    }
    # The root itself and what lies above it have no name relative to the root.
    if notice.location.path != "." and not notice.location.path.startswith("../"):
        document["locations"] = [_location(notice.location)]
    return document


def _location(location: Location) -> dict[str, object]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _quoted(location.path), "uriBaseId": _ROOT},
            "region": _region(location),
        }
    }


def _region(location: Location) -> dict[str, object]:
    return {
        "startLine": location.line,
        "startColumn": location.column,
        "endLine": location.end_line,
        "endColumn": location.end_column,
    }


def _base(root: str) -> dict[str, object]:
    description = {"description": {"text": "The folder that all paths are relative to."}}
    if not root:
        return {**description}
    uri = Path(root).as_uri()
    return {"uri": uri if uri.endswith("/") else f"{uri}/", **description}


def _quoted(path: str) -> str:
    return quote(path, safe="/", errors="surrogatepass")
