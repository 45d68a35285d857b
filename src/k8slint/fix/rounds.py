"""Rounds of repairs, each checked by linting what it makes, until nothing is left to repair."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from k8slint.fix.compare import demand_little
from k8slint.fix.edits import applied, edits, overlap
from k8slint.fix.refusal import Refused
from k8slint.models.source import Source, decode
from k8slint.project import FileText
from k8slint.repair import Edit, Repair, Safety
from k8slint.report import Report
from k8slint.rule import Finding

_MOST_ROUNDS = 10
_BOM = b"\xef\xbb\xbf"

Lint = Callable[[Mapping[str, FileText]], Report]
_Key = tuple[str, str, str, int]


class Dropped(Struct, frozen=True):
    """A finding that stays, and why."""

    finding: Finding
    reason: str


class Outcome(Struct, frozen=True):
    """The files that change, what was repaired in them, and what was not though a repair was known."""

    changed: Mapping[str, FileText]
    repaired: tuple[Finding, ...]
    dropped: tuple[Dropped, ...]


class _Planned(Struct, frozen=True):
    key: _Key
    finding: Finding
    repair: Repair
    edits: tuple[Edit, ...]


class _State(Struct):
    """``rules`` are those whose findings are repaired, ``unsafe`` whether by repairs that are not safe, too."""

    files: dict[str, FileText]
    report: Report
    rules: Collection[str]
    unsafe: bool
    repaired: list[Finding] = field(default_factory=list)
    dropped: dict[_Key, Dropped] = field(default_factory=dict)


def repaired(files: Mapping[str, FileText], lint: Lint, rules: Collection[str], unsafe: bool) -> Outcome:
    """Repair what ``rules`` find in ``files``, in memory.

    ``lint`` runs all rules on files. Repairs that are not safe are made only if ``unsafe``. Repairs that touch one
    another are made in different rounds. What leaves its finding is not made, nor what brings a new one that cannot be
    repaired together with it.
    """
    state = _State(dict(files), lint(files), rules, unsafe)
    for _ in range(_MOST_ROUNDS):
        planned = list(_plan(state))
        if not planned:
            break
        _make(state, lint, planned)
    changed = {
        path: one for path, one in state.files.items() if one is not files[path] and one.data != files[path].data
    }
    return Outcome(changed, tuple(state.repaired), tuple(state.dropped.values()))


def _keyed(report: Report) -> Iterator[tuple[_Key, Finding]]:
    """The findings, each with a name that does not change when lines are added above it."""
    seen: Counter[tuple[str, str, str]] = Counter()
    for finding in report.findings:
        words = (finding.rule.id, finding.location.path, finding.message)
        yield (*words, seen[words]), finding
        seen[words] += 1


def _plan(state: _State, but: Collection[_Key] = ()) -> Iterable[_Planned]:
    """The repairs of one round, ``but`` some: none touches another."""
    taken: list[Edit] = []
    for key, finding in _keyed(state.report):
        repair = finding.repair
        if repair is None or finding.rule.id not in state.rules or key in state.dropped or key in but:
            continue
        if repair.safety is not Safety.SAFE and not state.unsafe:
            continue
        try:
            wanted = edits(repair, state.report.source)
            _demand_writable(state.files, wanted)
        except Refused as refusal:
            state.dropped[key] = Dropped(finding, str(refusal))
            continue
        if any(_touch(state.report.source, one, other) for one in wanted for other in taken):
            continue
        taken.extend(wanted)
        yield _Planned(key, finding, repair, wanted)


def _touch(source: Callable[[str], Source], one: Edit, other: Edit) -> bool:
    path = one.location.path
    return path == other.location.path and overlap(source(path), one, other)


def _demand_writable(files: Mapping[str, FileText], wanted: Iterable[Edit]) -> None:
    for edit in wanted:
        data = files[edit.location.path].data
        if _encoded(data, decode(edit.location.path, data).text) != data:
            raise Refused("the file is not in UTF-8")


def _encoded(data: bytes, text: str) -> bytes:
    return (_BOM if data.startswith(_BOM) else b"") + text.encode("utf-8", "replace")


def _make(state: _State, lint: Lint, planned: list[_Planned]) -> None:
    """Make repairs together where all of them hold, else apart, so that those that do not are found."""
    waiting = [planned]
    while waiting:
        some = waiting.pop()
        reason, suspects = _tried(state, lint, some)
        if reason and len(some) == 1 and _made_with_others(state, lint, some[0].key):
            continue
        if reason and len(some) == 1:
            state.dropped[some[0].key] = Dropped(some[0].finding, reason)
        elif reason:
            others = {one.key for one in suspects}
            rest = [one for one in some if one.key not in others]
            if not others or not rest:
                middle = len(some) // 2
                suspects, rest = some[middle:], some[:middle]
            waiting += [suspects, rest]


def _made_with_others(state: _State, lint: Lint, key: _Key) -> bool:
    """Make a repair that brings other findings together with the repairs of these, if all of it holds then.

    A program that SIGTERM did not reach, for example, needs a preStop hook only when it does.
    """
    before = dict(_keyed(state.report))
    finding = before.get(key)
    if finding is None or finding.repair is None:
        return False
    try:
        one = _Planned(key, finding, finding.repair, edits(finding.repair, state.report.source))
        files = _written(state, [one])
        between = _State(files, lint(files), state.rules, state.unsafe)
        others = list(_plan(between, before))
        files = _written(between, others)
    except Refused:
        return False
    report = lint(files)
    if not others or _broken(state.report, report, [one])[0]:
        return False
    state.files, state.report = files, report
    state.repaired += [finding, *(other.finding for other in others)]
    return True


def _tried(state: _State, lint: Lint, some: list[_Planned]) -> tuple[str, list[_Planned]]:
    """Make repairs if what they promise holds afterwards; else why not, and those that it may come from."""
    try:
        # Made again: those before may have moved what stands below them.
        current = dict(_keyed(state.report))
        some = [
            _Planned(one.key, found, found.repair, edits(found.repair, state.report.source))
            for one in some
            if (found := current.get(one.key)) is not None and found.repair is not None
        ]
        files = _written(state, some)
    except Refused as refusal:
        return str(refusal), []
    report = lint(files)
    reason, suspects = _broken(state.report, report, some)
    if not reason:
        state.files, state.report = files, report
        state.repaired += [one.finding for one in some]
    return reason, suspects


def _written(state: _State, some: Iterable[_Planned]) -> dict[str, FileText]:
    some = list(some)
    files = dict(state.files)
    for path in sorted({edit.location.path for one in some for edit in one.edits}):
        before = state.report.source(path)
        text = applied(before, [edit for one in some for edit in one.edits if edit.location.path == path])
        changes = [change for one in some for change in one.repair.changes if change.location.path == path]
        demand_little(before, Source(path, text), changes)
        files[path] = replace(files[path], data=_encoded(files[path].data, text))
    return files


def _broken(before: Report, after: Report, some: Sequence[_Planned]) -> tuple[str, list[_Planned]]:
    """What does not hold after repairs, and those that it may come from; "" and none where all does.

    A milder finding of the same rule may take the place of one that is repaired, as "has no CPU limit" does.
    """
    old, new = Counter(map(_kind, before.findings)), Counter(map(_kind, after.findings))
    old.subtract(_kind(one.finding) for one in some)
    for one in some:
        if new[_kind(one.finding)] > old[_kind(one.finding)]:
            return "the finding would still be there", [one]
    totals, limits = Counter(map(_place, after.findings)), Counter(map(_place, before.findings))
    for (rule, path), number in sorted(totals.items()):
        if number > limits[(rule, path)]:
            return f"{rule} would be found in {path}", [one for one in some if path in _paths(one)]
    notices = Counter(notice.location.path for notice in after.notices)
    notices.subtract(Counter(notice.location.path for notice in before.notices))
    for path, number in sorted(notices.items()):
        if number > 0:
            return f"{path} could not be read afterwards", [one for one in some if path in _paths(one)]
    return "", []


def _kind(finding: Finding) -> tuple[str, str, int, bool]:
    return *_place(finding), int(finding.effective_severity), finding.is_pedantic


def _place(finding: Finding) -> tuple[str, str]:
    return finding.rule.id, finding.location.path


def _paths(one: _Planned) -> set[str]:
    return {one.finding.location.path, *(edit.location.path for edit in one.edits)}
