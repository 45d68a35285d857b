"""One line for each finding, for editors and grep: ``path:line:column: severity rule-id message``."""

from __future__ import annotations

from k8slint.report import Report
from k8slint.reporters.terminal import visible


def render(report: Report) -> str:
    return "".join(
        visible(f"{finding.location}: {finding.effective_severity} {finding.rule.id} {finding.message}") + "\n"
        for finding in report.findings
    )
