"""Suppressions: comments and annotations that set findings aside, and what is wrong with them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, zip_longest
from typing import Any

from msgspec import Struct

from k8slint.fact import Place
from k8slint.location import Location
from k8slint.models.source import Source
from k8slint.project import Project
from k8slint.regex import regex
from k8slint.rule import Finding, Rule, Severity
from k8slint.workload.annotations import Lines

# A forgotten colon is seen as an attempt, prose that begins with the name is not.
_START = regex(r"#\s*k8slint(?:\s*(:)\s*|[ \t-]+(?=ignore\s*\[))")
_IGNORE = regex(r"ignore\s*\[([^\[\]]*)\]\s*(.*)", re.DOTALL)
_RULE_ID = regex(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_FORM = "write: # k8slint: ignore[rule-id] reason"
_HINTS_LIMIT = 100
_WORDS_LIMIT = 5


class Suppression(Struct, frozen=True):
    """A wish to hear nothing of ``rules`` on ``lines``.

    A comment covers findings whose primary place is there; an annotation also those with a related place there, and
    where it has ``variants`` only what is found in one of them.
    """

    lines: tuple[Lines, ...]
    rules: tuple[str, ...]
    reason: str
    covers_related: bool
    location: Location
    """Of the comment or annotation itself."""
    variants: frozenset[Place] = frozenset()


class Suppressions(Struct, frozen=True):
    """The suppressions of a project in order, and the findings about those that are not understood."""

    entries: tuple[Suppression, ...]
    malformed: tuple[Finding, ...]


def _nothing(project: Project) -> Iterable[Finding]:
    """These rules are about suppressions, which only the engine sees in full."""
    return ()


MALFORMED: Rule[Any] = Rule(
    id="malformed-suppression",
    summary="A k8slint comment or annotation is not understood, so it suppresses nothing",
    severity=Severity.WARNING,
    target=Project,
    check=_nothing,
)
UNUSED: Rule[Any] = Rule(
    id="unused-suppression",
    summary="A suppression names a rule that finds nothing there",
    severity=Severity.WARNING,
    target=Project,
    check=_nothing,
)

_FORMS = """
In Python, Dockerfiles, shell scripts and YAML, at the end of the line or alone on the line above:

```
# k8slint: ignore[rule-id, other-rule] the reason
```

On a Kubernetes object or a pod template, for every finding that has a place in it:

```yaml
metadata:
  annotations:
    k8slint.dev/ignore: rule-id, other-rule
```
"""

RULES: tuple[tuple[Rule[Any], str], ...] = (
    (
        MALFORMED,
        "# malformed-suppression\n\n"
        "A comment that begins with `k8slint:`, or an annotation `k8slint.dev/ignore`, could not be read, or names a\n"
        "rule that does not exist. It suppresses nothing, which is easily missed. Rules are named exactly; the name\n"
        f"of a concern is not accepted.\n\n## Fix\n{_FORMS}",
    ),
    (
        UNUSED,
        "# unused-suppression\n\n"
        "A suppression names a rule that was run and finds nothing at that place. Left there, it hides the next fault\n"
        "that appears on the line. Rules that were not selected in a run are not counted as unused, and none is where\n"
        "single files are linted: what makes the finding may stand in another file.\n\n"
        f"## Fix\n\nDelete the suppression, or move it to the line of the finding.\n{_FORMS}",
    ),
)


def collect(project: Project, known: frozenset[str]) -> Suppressions:
    """The suppressions in the comments and annotations of a project; ``known`` are the ids of all rules there are."""
    entries: list[Suppression] = []
    malformed: list[Finding] = []
    for path in project.paths:
        comments = project.comments(path)
        if not comments:
            continue
        source = project.source(path)
        targets = _targets(source, [line for line, _ in comments], project.instructions(path))
        for line, text in comments:
            for part, body in _parts(text):
                place = _place(source, line, part)
                matched = _IGNORE.match(body)
                if matched is None:
                    malformed.append(Finding(MALFORMED, place, "this k8slint comment is not understood", fix=_FORM))
                    continue
                rules, wrong = _names(matched[1], place, known, hints=len(malformed) < _HINTS_LIMIT)
                malformed.extend(wrong)
                covered = (Lines(path, *targets[line]),)
                entries.append(Suppression(covered, rules, matched[2].strip(), False, place))
    for one in project.annotations:
        rules, wrong = _names(one.text, one.location, known, hints=len(malformed) < _HINTS_LIMIT)
        malformed.extend(wrong)
        reason = "annotation k8slint.dev/ignore"
        entries.append(Suppression(one.lines, rules, reason, True, one.location, one.variants))
    return Suppressions(tuple(entries), tuple(malformed))


class Ledger:
    """Asks suppressions about findings and remembers which were of use."""

    def __init__(self, suppressions: Sequence[Suppression]) -> None:
        self._entries = suppressions
        self._used: set[tuple[int, str]] = set()
        grouped: dict[tuple[str, str], list[tuple[Lines, int]]] = {}
        for index, entry in enumerate(suppressions):
            for rule_id in entry.rules:
                for lines in entry.lines:
                    grouped.setdefault((lines.path, rule_id), []).append((lines, index))
        self._ranges = {key: _Ranges(found) for key, found in grouped.items()}

    def match(self, finding: Finding, variant: Place | None = None) -> Suppression | None:
        """A suppression that covers the finding, made in ``variant``; all that do count as used."""
        rule_id = finding.rule.id
        hits = list(self._over(rule_id, finding.location))
        for related in finding.related:
            hits.extend(index for index in self._over(rule_id, related.location) if self._entries[index].covers_related)
        hits = [
            index for index in hits if not self._entries[index].variants or variant in self._entries[index].variants
        ]
        self._used.update((index, rule_id) for index in hits)
        return self._entries[min(hits)] if hits else None

    def unused(self, ran: frozenset[str]) -> Iterator[Finding]:
        """A finding for every suppression of a rule in ``ran`` that was of no use."""
        for index, entry in enumerate(self._entries):
            idle = [one for one in entry.rules if one in ran and (index, one) not in self._used]
            if idle:
                message = f"{' and '.join(idle)} {'finds' if len(idle) == 1 else 'find'} nothing here"
                yield Finding(UNUSED, entry.location, message, fix=f"stop ignoring {', '.join(idle)} here")

    def _over(self, rule_id: str, place: Location) -> Iterator[int]:
        ranges = self._ranges.get((place.path, rule_id))
        return ranges.over(place) if ranges else iter(())


class _Ranges:
    """The suppressions of one rule in one file by line, so that thousands of them are asked quickly."""

    def __init__(self, found: Iterable[tuple[Lines, int]]) -> None:
        ordered = sorted(found, key=lambda each: (each[0].first, each[1]))
        self._indices = [index for _, index in ordered]
        self._firsts = [lines.first for lines, _ in ordered]
        self._lasts = [lines.last for lines, _ in ordered]
        self._reach = list(accumulate(self._lasts, max))

    def over(self, place: Location) -> Iterator[int]:
        at = bisect_right(self._firsts, place.end_line) - 1
        while at >= 0 and self._reach[at] >= place.line:
            if self._lasts[at] >= place.line:
                yield self._indices[at]
            at -= 1


def suggestion(word: str, known: Iterable[str]) -> str:
    """What ``word`` may have been meant to be, as the tail of a sentence; "" if nothing is close."""
    from difflib import get_close_matches  # for mistakes only

    close = get_close_matches(word, sorted(known), n=1) if len(word) <= 60 else []
    return f"; did you mean {close[0]!r}?" if close else ""


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """Each "# k8slint: ..." in a comment, and what follows the colon; "" where the colon is missing."""
    starts = list(_START.finditer(text))
    for start, following in zip_longest(starts, starts[1:]):
        end = following.start() if following else len(text)
        yield text[start.start() : end].rstrip(), text[start.end() : end] if start[1] else ""


def _names(
    text: str, place: Location, known: frozenset[str], hints: bool
) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """The rule ids in a comma-separated list, and at most one finding about the words in it that are none."""
    words = list(dict.fromkeys(word.strip() for word in text.split(",")))
    wrong = [word for word in words if word not in known]
    said = [_complaint(word, known if hints else frozenset()) for word in wrong[:_WORDS_LIMIT]]
    if len(wrong) > _WORDS_LIMIT:
        said.append(f"and {len(wrong) - _WORDS_LIMIT} more")
    findings = (Finding(MALFORMED, place, "; ".join(said), fix=_FORM),) if said else ()
    return tuple(word for word in words if word in known), findings


def _complaint(word: str, known: frozenset[str]) -> str:
    if not word:
        return "the list of rules to ignore is empty, or has an empty place"
    if not _RULE_ID.fullmatch(word):
        return f"{word[:60]!r} is not the id of a rule"
    return f"there is no rule {word!r}{suggestion(word, known)}"


def _place(source: Source, line: int, part: str) -> Location:
    column = source.line(line).rfind(part)
    if column < 0:
        return source.line_span(line)
    start = source.offset(line, column + 1)
    return source.span(start, start + len(part))


def _targets(source: Source, lines: Sequence[int], extents: Sequence[Location]) -> Mapping[int, tuple[int, int]]:
    """For each line with a comment the lines that it speaks of: its own, or the next with code when it stands alone.

    ``extents`` are the instructions of a Dockerfile: a comment above one speaks of all its lines.
    """
    ordered = sorted(extents)
    starts = [extent.line for extent in ordered]
    next_code: dict[int, int] = {}
    targets: dict[int, tuple[int, int]] = {}
    for line in sorted(set(lines), reverse=True):
        if not source.line(line).lstrip().startswith("#"):
            targets[line] = (line, line)
            continue
        at = line + 1
        while at <= source.line_count and at not in next_code and source.line(at).lstrip()[:1] in {"", "#"}:
            at += 1
        at = next_code[line] = next_code.get(at, at)
        index = bisect_right(starts, at) - 1
        inside = index >= 0 and at <= ordered[index].end_line
        targets[line] = (ordered[index].line, ordered[index].end_line) if inside else (at, at)
    return targets
