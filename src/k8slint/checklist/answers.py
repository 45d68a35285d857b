"""The answers of a workload to each row of the checklist."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from enum import Enum

from msgspec import Struct

from k8slint.checklist.questions import QUESTIONS, Question
from k8slint.report import Raised, Report
from k8slint.rule import Finding
from k8slint.workload.variants import variant_of
from k8slint.workload.workload import Workload


class Mark(Enum):
    """What is known of one row: ``UNKNOWN`` is no pass."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not applicable"


class Answer(Struct, frozen=True):
    """One row. ``why`` are the messages of the findings, or the facts that are missing, or why the row does not apply.

    ``shown`` is the arithmetic behind a row that counts something; ``rules`` are the rules that fired.
    """

    number: int
    question: str
    mark: Mark
    why: tuple[str, ...]
    shown: str
    rules: tuple[str, ...]


class Checklist(Struct, frozen=True):
    """The rows of one workload; ``variant`` is the overlay or values file that it was put together with, or ""."""

    workload: str
    place: str
    variant: str
    answers: tuple[Answer, ...]

    def number(self, mark: Mark) -> int:
        return sum(1 for answer in self.answers if answer.mark is mark)

    def reached(self, strict: bool) -> int:
        """How many rows count as passed: those that do not apply do, unknown ones only if not ``strict``."""
        return len(self.answers) - self.number(Mark.FAIL) - (self.number(Mark.UNKNOWN) if strict else 0)


def checklists(workloads: Iterable[Workload], report: Report) -> Iterator[Checklist]:
    """The list of every workload that runs the project's own Python; ``report`` is of a run over the same workloads."""
    raised: dict[int, list[Raised]] = defaultdict(list)
    of_project = []
    for one in report.raised:
        if isinstance(one.unit, Workload):
            raised[id(one.unit)].append(one)
        else:
            of_project.append(one)
    ran = frozenset(loaded.rule.id for loaded in report.rules)
    for workload in workloads:
        if not _is_asked(workload):
            continue
        own = [*raised[id(workload)], *(one for one in of_project if _is_within(one.finding, workload))]
        answers = tuple(_answer(number, row, workload, own, ran) for number, row in enumerate(QUESTIONS, 1))
        place = workload.location or workload.from_location
        variant = variant_of(workload)
        yield Checklist(workload.label, str(place or ""), variant.note if variant is not None else "", answers)


def left_out(workloads: Iterable[Workload]) -> int:
    """How many containers are not asked because nobody can tell whether they run the project's Python."""
    return sum(1 for one in workloads if one.container is not None and one.ours.is_unknown)


def _is_asked(workload: Workload) -> bool:
    return workload.ours.or_else(False) and (workload.container is not None or workload.stage is not None)


def _is_within(finding: Finding, workload: Workload) -> bool:
    """Whether a finding about the project is about the object that the workload stands in."""
    owner = workload.owner
    if owner is None or finding.location.path != owner.path:
        return False
    return owner.root.location.line <= finding.location.line <= owner.root.location.end_line


def _answer(number: int, row: Question, workload: Workload, own: Iterable[Raised], ran: frozenset[str]) -> Answer:
    applies = row.applies(workload)
    found = [one for one in own if one.finding.rule.id in row.rules]
    fired = [one.finding for one in found if not one.set_aside]
    shown = row.shown(workload) if row.shown is not None else ""
    if fired:
        mark, why = Mark.FAIL, [one.message for one in fired]
    elif applies.is_unknown:
        mark, why = Mark.UNKNOWN, [applies.reason]
    elif applies.is_absent:
        mark, why = Mark.NOT_APPLICABLE, [place.note for place in applies.places] or [row.otherwise]
    else:
        why = list(row.missing(workload)) if ran.intersection(row.rules) else ["none of its rules was run"]
        mark = Mark.UNKNOWN if why else Mark.PASS
        why = why or [_set_aside(one) for one in found]
    rules = tuple(dict.fromkeys(finding.rule.id for finding in fired))
    return Answer(number, row.text, mark, tuple(dict.fromkeys(why)), shown, rules)


def _set_aside(one: Raised) -> str:
    return f"{one.finding.rule.id} is suppressed: {one.reason or 'without a reason'}"
