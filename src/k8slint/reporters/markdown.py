"""Findings as a comment on a pull request: object by object, with what each fix would change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from k8slint.fix.diff import of_edits
from k8slint.fix.edits import proposed
from k8slint.location import NoticeLevel
from k8slint.report import Report
from k8slint.reporters.escaping import fenced, in_code, in_markdown
from k8slint.reporters.text import summary
from k8slint.rule import Finding
from k8slint.workload.workload import Workload

# GitHub takes comments of 65,536 characters.
_MOST_CHARACTERS = 60_000
_MOST_NAMES = 3
_MOST_NOTICES = 10
_MOST_RELATED = 5


def render(report: Report) -> str:
    """A heading for each object, in the order of their files; a finding of several objects stands below all of them."""
    objects, shown = _objects(report), 0
    blocks = [f"## k8slint\n\n{in_markdown(summary(report))}\n"]
    groups: dict[str, list[Finding]] = defaultdict(list)
    for finding in report.findings:
        groups[_heading(finding, objects)].append(finding)
    room = _MOST_CHARACTERS
    for heading, findings in groups.items():
        written = [f"### {heading}\n", *(_block(report, finding) for finding in findings)]
        room -= sum(map(len, written))
        if room < 0:
            break
        blocks += written
        shown += len(findings)
    if shown < len(report.findings):
        blocks.append(
            f"Not shown here: {len(report.findings) - shown} of {len(report.findings)} findings, see k8slint scan.\n"
        )
    left = [notice for notice in report.notices if notice.level is NoticeLevel.ERROR]
    if left:
        left = left[:_MOST_NOTICES]
        lines = [f"- {in_code(str(one.location))}: {in_markdown(one.message)}\n" for one in left]
        blocks += ["### Not linted\n", "".join(lines)]
    return "\n".join(blocks)


def _objects(report: Report) -> dict[tuple[object, str], list[str]]:
    """The objects in which each finding was made."""
    found: dict[tuple[object, str], list[str]] = defaultdict(list)
    for one in report.raised:
        key = (one.finding.location, one.finding.rule.id)
        if isinstance(one.unit, Workload) and not one.set_aside and one.unit.label not in found[key]:
            found[key].append(one.unit.label)
    return found


def _heading(finding: Finding, objects: dict[tuple[object, str], list[str]]) -> str:
    names = objects.get((finding.location, finding.rule.id)) or [finding.location.path]
    shown = ", ".join(in_markdown(name) for name in names[:_MOST_NAMES])
    return f"{shown} and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else shown


def _block(report: Report, finding: Finding) -> str:
    return "\n".join(_parts(report, finding))


def _parts(report: Report, finding: Finding) -> Iterator[str]:
    severity, place = finding.effective_severity, in_code(str(finding.location))
    yield f"**{severity}** `{finding.rule.id}` at {place}: {in_markdown(finding.message)}\n"
    related = finding.related[:_MOST_RELATED]
    if related:
        yield "".join(f"- {in_code(str(one.location))}: {in_markdown(one.note)}\n" for one in related)
    repair, edits = finding.repair, proposed(finding.repair, report.source)
    if repair is None or not edits:
        if finding.fix:
            yield f"Fix: {in_markdown(finding.fix)}\n"
        return
    review = "" if str(repair.safety) == "safe" else ", to be reviewed"
    yield f"Fix{review}: {in_markdown(repair.title)}\n"
    yield fenced("diff", of_edits(edits, report.source))
