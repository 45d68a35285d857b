"""Findings for people: the place, the line, what makes it a fault and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import click

from k8slint.location import Location, Notice, NoticeLevel
from k8slint.report import Report
from k8slint.reporters.terminal import visible, width
from k8slint.rule import Finding, Severity

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_FRAME_LINES = 3
_FRAME_WIDTH = 140
_RELATED_LIMIT = 8
_NOTES_LIMIT = 20
# The counts that are not of things read.
_JOINED = ("workloads", "linked to an image")


def render(report: Report, colour: bool) -> str:
    """All findings, a block for each; "" when there are none."""
    blocks = ("".join(f"{line}\n" for line in _block(report, finding, colour)) for finding in report.findings)
    return "".join(f"{block}\n" for block in blocks)


def ending(report: Report, colour: bool, notes: bool = True) -> str:
    """What was not read or could not be done, then the summary; without ``notes`` only what went wrong."""
    errors = [notice for notice in report.notices if notice.level is NoticeLevel.ERROR]
    lines = [_notice(notice, colour) for notice in errors]
    if notes:
        left = [notice for notice in report.notices if notice.level is not NoticeLevel.ERROR]
        lines.extend(_notice(notice, colour) for notice in left[:_NOTES_LIMIT])
        if len(left) > _NOTES_LIMIT:
            lines.append(f"and {len(left) - _NOTES_LIMIT} more notes; --format json lists them all")
        lines.append(summary(report))
    return "".join(f"{line}\n" for line in lines)


def summary(report: Report) -> str:
    """One line: what was found, read, joined and skipped."""
    found = [
        _number(report.number(Severity.ERROR), "errors"),
        _number(report.number(Severity.WARNING), "warnings"),
        *_numbers({"infos": report.number(Severity.INFO)}),
        *_numbers({"suppressed": len(report.suppressed)}),
    ]
    read = ", ".join(_numbers({name: number for name, number in report.counts.items() if name not in _JOINED}))
    joined = f"{_number(report.counts.get('workloads', 0), 'workloads')} joined"
    linked = _numbers({name: number for name, number in report.counts.items() if name in _JOINED[1:]})
    parts = [", ".join(found), f"read {read}" if read else "nothing to read", ", ".join([joined, *linked])]
    skipped = ", ".join(_numbers(report.skipped))
    return "; ".join([*parts, f"skipped: {skipped}"] if skipped else parts)


def _numbers(counts: Mapping[str, int]) -> list[str]:
    return [_number(number, name) for name, number in counts.items() if number]


def _number(number: int, plural: str) -> str:
    name = re.sub(r"^python\b", "Python", plural)
    return f"{number} {name.removesuffix('s') if number == 1 else name}"


def _notice(notice: Notice, colour: bool) -> str:
    is_error = notice.level is NoticeLevel.ERROR
    word = _style("not linted" if is_error else "note", colour, "red" if is_error else "cyan")
    return f"{word}: {visible(str(notice.location))}: {visible(notice.message)}"


def _block(report: Report, finding: Finding, colour: bool) -> Iterator[str]:
    severity = finding.effective_severity
    title = _style(f"{severity}[{finding.rule.id}]", colour, _COLOURS[severity])
    related = finding.related[:_RELATED_LIMIT]
    places = [finding.location, *(place.location for place in related)]
    gutter = max(len(str(min(place.end_line, place.line + _FRAME_LINES - 1))) for place in places)
    margin = " " * gutter
    yield f"{title}: {_style(visible(finding.message), colour)}"
    yield f"{margin}--> {visible(str(finding.location))}"
    yield from _frame(
        report, finding.location, gutter, mark="^", note="", colour=_COLOURS[severity] if colour else None
    )
    for place in related:
        yield f"{margin}::: {visible(str(place.location))}"
        yield from _frame(
            report, place.location, gutter, mark="-", note=visible(place.note), colour="blue" if colour else None
        )
    if len(finding.related) > _RELATED_LIMIT:
        yield f"{margin} = and {len(finding.related) - _RELATED_LIMIT} more places"
    for number, line in enumerate(finding.fix.splitlines()):
        yield f"{margin} {'= fix:' if number == 0 else '      '} {visible(line)}"
    yield f"{margin} = k8slint explain {finding.rule.id}"


def _frame(report: Report, place: Location, gutter: int, *, mark: str, note: str, colour: str | None) -> Iterator[str]:
    """The first lines of ``place`` with its range underlined and the note after the first underline."""
    margin = " " * gutter
    lines = report.lines(place, _FRAME_LINES)
    if not any(line.strip() for line in lines):
        if note:
            yield f"{margin} = {note}"
        return
    yield f"{margin} |"
    for number, line in enumerate(lines, place.line):
        start = place.column - 1 if number == place.line else len(line) - len(line.lstrip())
        end = place.end_column - 1 if number == place.end_line else len(line)
        shown, at, length = _window(line, start, max(end, start + 1))
        marks = mark * length
        under = f"{' ' * at}{click.style(marks, fg=colour) if colour else marks} {note if number == place.line else ''}"
        yield f"{number:>{gutter}} | {shown}".rstrip()
        yield f"{margin} | {under}".rstrip()
    if place.end_line > place.line + len(lines) - 1:
        yield f"{margin} | ..."


def _window(line: str, start: int, end: int) -> tuple[str, int, int]:
    """A part of ``line`` around a range that fits a terminal; where the range begins in it, and how wide it is."""
    left = max(0, start - _FRAME_WIDTH // 2) if len(line) > _FRAME_WIDTH else 0
    right = left + _FRAME_WIDTH
    before = ("..." if left else "") + visible(line[left:start])
    marked = visible(line[start : min(end, right)])
    after = visible(line[min(end, right) : right]) + ("..." if len(line) > right else "")
    return before + marked + after, width(before), max(width(marked), 1)


def _style(text: str, colour: bool, foreground: str | None = None) -> str:
    return click.style(text, fg=foreground, bold=True) if colour else text
