"""Annotations of GitHub Actions: one workflow command for each finding, ``::error file=...,line=...::message``.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from k8slint.location import Location, NoticeLevel
from k8slint.report import Report
from k8slint.reporters.terminal import visible
from k8slint.rule import Finding, Severity

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(report: Report) -> str:
    lines = [_finding(finding) for finding in report.findings]
    lines += [
        _command("error", notice.location, "k8slint not linted", visible(notice.message))
        for notice in report.notices
        if notice.level is NoticeLevel.ERROR
    ]
    return "".join(f"{line}\n" for line in lines)


def _finding(finding: Finding) -> str:
    message = visible(finding.message)
    if finding.fix:
        message += f"\nfix: {visible(finding.fix)}"
    return _command(_COMMANDS[finding.effective_severity], finding.location, f"k8slint {finding.rule.id}", message)


def _command(name: str, place: Location, title: str, message: str) -> str:
    """What GitHub reads up to the end of the line; it decodes the escapes again."""
    properties = {"file": place.path, "line": str(place.line), "endLine": str(place.end_line), "title": title}
    written = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {written}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
