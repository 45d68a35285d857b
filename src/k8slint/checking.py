"""Asking every rule about every unit of its target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from k8slint.forks import in_shares, worthwhile
from k8slint.location import Location, Notice, whole_file
from k8slint.project import Project
from k8slint.report import LoadedRule
from k8slint.rule import Finding, Rule
from k8slint.workload.failure import failure
from k8slint.workload.workload import Workload

# So many workloads take about as long as ten forks.
_LEAST = 30


class Checked(Struct, frozen=True):
    """All findings with the units that they were made for, rule by rule and unit by unit, and what went wrong."""

    findings: tuple[tuple[Finding, object], ...]
    notices: tuple[Notice, ...]


class _Answer(Struct, frozen=True):
    """What one rule says of one unit, both by their number: findings, or the notice of its failure."""

    rule: int
    unit: int
    findings: tuple[Finding, ...]
    notice: Notice | None = None


class _Share(Struct, frozen=True):
    answers: tuple[_Answer, ...]
    notices: tuple[Notice, ...]
    """Those of the files that were first read in this share."""


def check(project: Project, rules: Sequence[LoadedRule], jobs: int | None = None) -> Checked:
    """Ask ``rules``, in ``jobs`` processes; None for as many as are worth it. The answer is the same for any number.

    A rule that raises becomes a notice, and the others go on.
    """
    asked = [(number, loaded) for number, loaded in enumerate(rules) if project.lacks.isdisjoint(loaded.rule.needs)]
    shares = jobs or worthwhile(len(project.workloads), _LEAST)

    def share(which: int) -> _Share:
        before = frozenset(project.notices)
        answers = [one for number, loaded in asked for one in _answers(project, number, loaded, which, shares)]
        return _Share(tuple(answers), tuple(one for one in project.notices if one not in before))

    done = in_shares(share, shares)
    answers = sorted((one for each in done for one in each.answers), key=lambda one: (one.rule, one.unit))
    findings: list[tuple[Finding, object]] = []
    for one in answers:
        if one.findings:
            loaded = rules[one.rule]
            unit = _units(project, loaded)[one.unit]
            findings.extend((replace(finding, rule=loaded.rule), unit) for finding in one.findings)
    read = [notice for each in done for notice in each.notices]
    return Checked(tuple(findings), (*read, *(one.notice for one in answers if one.notice is not None)))


def _answers(project: Project, number: int, loaded: LoadedRule, which: int, shares: int) -> Iterator[_Answer]:
    """What a rule says of the units of one share: of every so many workloads; of all else in the first."""
    try:
        units = _units(project, loaded)
    except TypeError as error:
        if which == 0:
            yield _Answer(number, 0, (), _failure(loaded, project, error))
        return
    is_shared = loaded.rule.target is Workload
    for at in range(which, len(units), shares) if is_shared else range(len(units) if which == 0 else 0):
        try:
            found = _findings(loaded.rule, units[at])
        except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever a rule does wrong must not silence the others
            yield _Answer(number, at, (), _failure(loaded, units[at], error))
            continue
        if found:
            # A rule cannot be sent between processes if its function cannot; whoever asked knows it.
            yield _Answer(number, at, tuple(replace(one, rule=None) for one in found))


def _units(project: Project, loaded: LoadedRule) -> Sequence[Any]:
    found = project.units(loaded.rule.target)
    return found if isinstance(found, Sequence) else tuple(found)


def _findings(rule: Rule[Any], unit: object) -> list[Finding]:
    """All findings of one rule on one unit. Raises what the rule raises, and ``TypeError`` for what is no finding."""
    found = list(rule.check(unit))
    for finding in found:
        if not isinstance(finding, Finding) or finding.rule.id != rule.id:
            raise TypeError(f"it should yield findings of its own, not {type(finding).__name__}")
    return found


def _failure(loaded: LoadedRule, unit: object, error: BaseException) -> Notice:
    return failure(f"the rule {loaded.rule.id} of {loaded.package} failed on {_called(unit)}", _place(unit), error)


def _called(unit: object) -> str:
    name = getattr(unit, "name", None) or getattr(unit, "path", None)
    kind = type(unit).__name__
    return f"{kind} {name}" if isinstance(name, str) else kind


def _place(unit: object) -> Location:
    location = getattr(unit, "location", None)
    if isinstance(location, Location):
        return location
    path = getattr(unit, "path", None)
    return whole_file(path if isinstance(path, str) else ".")
