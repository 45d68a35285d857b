"""Reports as text: one function for each format."""

from __future__ import annotations

from k8slint.report import Report

FORMATS = ("text", "concise", "json", "sarif", "markdown", "github")


def render(report: Report, form: str, colour: bool = False) -> str:
    """The report in one of ``FORMATS``, with a final line end unless it is empty. Only text knows colour."""
    # Imported where used: a run needs one of them.
    if form == "text":
        from k8slint.reporters import text

        return text.render(report, colour)
    if form == "concise":
        from k8slint.reporters import concise

        return concise.render(report)
    if form == "json":
        from k8slint.reporters import json

        return json.render(report)
    if form == "markdown":
        from k8slint.reporters import markdown

        return markdown.render(report)
    if form == "github":
        from k8slint.reporters import github

        return github.render(report)
    from k8slint.reporters import sarif

    return sarif.render(report)
