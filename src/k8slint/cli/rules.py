"""``k8slint rules`` and ``k8slint explain``: what is looked for, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from k8slint.cli.failure import Failure
from k8slint.cli.printing import show
from k8slint.cli.reading import all_rules

if TYPE_CHECKING:
    from k8slint.report import LoadedRule


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "markdown", "json"]), default="text", show_default=True)
@click.option("--pages", metavar="FOLDER", help="In Markdown: link each rule to its page below this folder.")
def rules(form: str, pages: str | None) -> None:
    """List all rules."""
    known = all_rules()
    if form == "json":
        show(_rules_as_json(known))
    elif form == "markdown":
        rows = [
            f"| {one.concern} | {_linked(one, pages)} | {one.rule.severity} | {one.rule.summary} |"
            for one in sorted(known, key=lambda one: (one.concern, one.rule.id))
        ]
        show("\n".join(["| concern | rule | severity | what it finds |", "| --- | --- | --- | --- |", *rows]) + "\n")
    else:
        width = max(len(one.rule.id) for one in known)
        concern = max(len(one.concern) for one in known)
        for one in known:
            name = f"{one.rule.id:<{width}}  {one.concern:<{concern}}"
            show(f"{name}  {one.rule.severity!s:<7}  {one.rule.summary}\n")


@click.command()
@click.argument("rule")
def explain(rule: str) -> None:
    """Print the page of a RULE: what happens in production, examples, the fix, sources."""
    from k8slint.suppress import suggestion

    pages = {one.rule.id: one.page for one in all_rules()}
    if rule not in pages:
        raise Failure(f"there is no rule {rule!r}{suggestion(rule, pages)} (see k8slint rules)")
    show(pages[rule].rstrip("\n") + "\n")


def _linked(one: LoadedRule, pages: str | None) -> str:
    has_page = pages is not None and one.module != "k8slint.suppress"
    return f"[{one.rule.id}]({pages}/{one.module.replace('.', '/')}.md)" if has_page else one.rule.id


def _rules_as_json(known: Sequence[LoadedRule]) -> str:
    import json

    listed = [
        {
            "id": one.rule.id,
            "concern": one.concern,
            "severity": str(one.rule.severity),
            "confidence": str(one.rule.confidence),
            "pedantic": one.rule.pedantic,
            "fixable": str(one.rule.fixable),
            "summary": one.rule.summary,
            "package": one.package,
        }
        for one in known
    ]
    return json.dumps(listed, indent=2) + "\n"
