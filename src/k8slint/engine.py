"""Running rules on a project."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from msgspec.structs import replace

from k8slint import suppress
from k8slint.checking import check
from k8slint.fact import Place
from k8slint.location import Location, Notice
from k8slint.project import Project
from k8slint.rendered import named_after_template
from k8slint.report import LoadedRule, Raised, Report, Suppressed, sort_key
from k8slint.rule import Finding, Related
from k8slint.workload.variants import Variants, in_words, variant_of

_MOST_RELATED = 10


def interest(rules: Iterable[LoadedRule]) -> frozenset[str]:
    """The Python calls that these rules look for: what a project must be built with."""
    return frozenset(name for loaded in rules for name in loaded.rule.calls)


def run(
    project: Project,
    rules: Sequence[LoadedRule],
    *,
    known: frozenset[str],
    pedantic: bool = False,
    is_whole: bool = True,
    jobs: int | None = 1,
) -> Report:
    """Run each rule on each unit of its target.

    ``known`` are the ids of all rules there are, run or not: what a suppression may name. Pedantic findings of rules
    that are not pedantic as a whole are kept only if ``pedantic``. In a project that is not ``is_whole`` no suppression
    counts as unused: the file that makes the finding may be one that was not read. A rule that raises becomes a notice,
    and the others go on.

    ``jobs`` is the number of processes, None for as many as are worth it; the report is the same for any.
    """
    checked = check(project, rules, jobs)
    suppressions = suppress.collect(project, known)
    ledger = suppress.Ledger(suppressions.entries)
    raised: list[Raised] = []
    # Asked before pedantic findings are dropped and equal ones merged: a suppression of a pedantic finding is of use,
    # and an annotation on one workload must not silence the same line for another.
    for finding, unit in checked.findings:
        entry = ledger.match(finding, variant_of(unit))
        if finding.is_pedantic and not (pedantic or finding.rule.pedantic):
            continue
        raised.append(Raised(finding, unit, entry is not None, entry.reason if entry is not None else ""))

    kept = [(one.finding, one.unit) for one in raised if not one.set_aside]
    aside = [Suppressed(one.finding, "inSource", one.reason) for one in raised if one.set_aside]
    hushed: dict[tuple[Location, str], list[object]] = defaultdict(list)
    for one in raised:
        if one.set_aside:
            hushed[_same(one.finding)].append(one.unit)
    ran = frozenset(loaded.rule.id for loaded in rules)
    about = [*suppressions.malformed, *(ledger.unused(ran) if is_whole else ())]
    own = [(finding, project) for finding in about if finding.rule.id in ran]
    merged = _merged([*kept, *own], project.variants, hushed)
    merged = tuple(named_after_template(merged, project.source, project.rendered_by_helm))
    return Report(
        findings=merged,
        suppressed=_merged_suppressed(aside, merged),
        # Asked last: files are parsed when a rule or a suppression first needs them.
        notices=tuple(sorted(dict.fromkeys([*project.notices, *checked.notices]), key=_notice_order)),
        counts=dict(project.counts),
        rules=tuple(rules),
        source=project.source,
        raised=tuple(raised),
    )


def _same(finding: Finding) -> tuple[Location, str]:
    return finding.location, finding.rule.id


def _merged(
    findings: Iterable[tuple[Finding, object]],
    variants: Variants,
    hushed: Mapping[tuple[Location, str], Sequence[object]],
) -> tuple[Finding, ...]:
    """One finding for each rule and place, sorted; with each comes the unit it was found in.

    Workloads that share a file find the same line: the worst is kept, its first message too, and related places are
    united. A fault that only some variants of an object have says which; nothing is said of units in which it is
    ``hushed``.
    """
    ordered = sorted(findings, key=lambda found: _merge_order(found[0]))
    merged = []
    for _, group in groupby(ordered, key=lambda found: _same(found[0])):
        same = list(group)
        finding = _united([one for one, _ in same])
        units = [unit for _, unit in same]
        having, lacking = variants.split(finding.location, units, hushed.get(_same(finding), ()))
        merged.append(_of_some(finding, having, lacking) if lacking else finding)
    return tuple(sorted(merged, key=sort_key))


def _of_some(finding: Finding, having: Sequence[Place], lacking: Sequence[Place]) -> Finding:
    places = (Related(one.location, "in this overlay") for one in having[:_MOST_RELATED])
    message = f"{finding.message} ({in_words(having, lacking)})"
    return replace(finding, message=message, related=(*finding.related, *places), repair=None)


def _merge_order(finding: Finding) -> tuple[object, ...]:
    related = tuple((place.location, place.note) for place in finding.related)
    return *_same(finding), -finding.effective_severity, finding.message, related


def _united(group: list[Finding]) -> Finding:
    if len(group) == 1:
        return group[0]
    related = dict.fromkeys(place for finding in group for place in finding.related)
    repairs = {finding.repair for finding in group}
    return replace(
        group[0],
        related=tuple(related),
        confidence=max(finding.effective_confidence for finding in group),
        # What would remove the fault from one workload only is not written into a file that several share.
        repair=group[0].repair if len(repairs) == 1 else None,
    )


def _merged_suppressed(aside: Iterable[Suppressed], reported: Iterable[Finding]) -> tuple[Suppressed, ...]:
    """Suppressed findings, one for each rule and place, without those that are reported for another reason."""
    taken = {_same(finding) for finding in reported}
    result: list[Suppressed] = []
    for entry in sorted(aside, key=lambda entry: sort_key(entry.finding)):
        if _same(entry.finding) not in taken:
            taken.add(_same(entry.finding))
            result.append(entry)
    return tuple(result)


def _notice_order(notice: Notice) -> tuple[Location, str]:
    return notice.location, notice.message
