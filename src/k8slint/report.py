"""What a run found, and what it ran."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from k8slint.location import Location, Notice, NoticeLevel
from k8slint.models.source import Source
from k8slint.rule import Finding, Rule, Severity


class LoadedRule(Struct, frozen=True):
    """A rule with what is known of it from where it was found.

    ``concern`` is the folder of its module, ``package`` the package that brought it. ``text`` is its page, None where
    that is in the file beside the module.
    """

    rule: Rule[Any]
    concern: str
    package: str
    module: str
    text: str | None = None

    @property
    def page(self) -> str:
        """The page in Markdown. Raises ``OSError`` and ``ValueError`` where it cannot be read."""
        if self.text is not None:
            return self.text
        parent, _, stem = self.module.rpartition(".")
        folder = next(iter(import_module(parent).__path__))
        with open(os.path.join(folder, f"{stem}.md"), encoding="utf-8") as file:
            return file.read()


class Suppressed(Struct, frozen=True):
    """A finding set aside: ``kind`` is SARIF's word for how (``inSource``), ``reason`` may be empty."""

    finding: Finding
    kind: str
    reason: str


class Raised(Struct, frozen=True):
    """A finding as its rule made it, with the unit that it was made for; ``reason`` is that of its suppression."""

    finding: Finding
    unit: object
    set_aside: bool = False
    reason: str = ""


class Result(Struct, frozen=True):
    """A finding as machines want it: with a fingerprint that survives moved lines, and its suppression if any."""

    finding: Finding
    fingerprint: str
    suppressed: Suppressed | None


class Report(Struct, frozen=True):
    """Findings and suppressed findings are sorted by place; ``counts`` is what was read, ``skipped`` what was not.

    ``rules`` are the rules that ran, ``root`` is the absolute folder of the run ("" where there is none), ``source``
    gives the text of a file that was read. ``raised`` are all findings before equal ones of several units were merged.
    """

    findings: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...]
    notices: tuple[Notice, ...]
    counts: Mapping[str, int]
    rules: tuple[LoadedRule, ...]
    source: Callable[[str], Source]
    skipped: Mapping[str, int] = field(default_factory=dict)
    root: str = ""
    raised: tuple[Raised, ...] = ()

    def of_run(self, notices: Iterable[Notice], skipped: Mapping[str, int], root: str) -> Report:
        """This report with what was noticed and skipped before anything was linted."""
        return replace(self, notices=(*notices, *self.notices), skipped=skipped, root=root)

    @property
    def is_complete(self) -> bool:
        """Whether k8slint did its whole job."""
        return all(notice.level is not NoticeLevel.ERROR for notice in self.notices)

    def number(self, severity: Severity) -> int:
        return sum(1 for finding in self.findings if finding.effective_severity is severity)

    def failed(self, fail_on: Severity | None) -> bool:
        """Whether a finding is at least as bad as ``fail_on``; None fails never."""
        return fail_on is not None and any(finding.effective_severity >= fail_on for finding in self.findings)

    def exit_code(self, fail_on: Severity | None) -> int:
        """0 clean, 1 findings at or above ``fail_on``, 2 k8slint could not do its whole job."""
        if not self.is_complete:
            return 2
        return 1 if self.failed(fail_on) else 0

    def line(self, location: Location) -> str:
        """The text of the first line of ``location``; "" where there is none."""
        return "".join(self.lines(location, 1))

    def lines(self, location: Location, most: int) -> tuple[str, ...]:
        """The text of at most ``most`` lines of ``location``; none when a rule named a file that was not read."""
        try:
            source = self.source(location.path)
        except KeyError:
            return ()
        last = min(location.end_line, location.line + most - 1, source.line_count)
        return tuple(source.line(number) for number in range(location.line, last + 1))

    def results(self) -> Iterator[Result]:
        """All findings, suppressed ones among them, sorted by place."""
        import hashlib  # only machines want fingerprints

        suppressed = {id(entry.finding): entry for entry in self.suppressed}
        seen: Counter[tuple[str, str, str]] = Counter()
        findings = [*self.findings, *(entry.finding for entry in self.suppressed)]
        for finding in sorted(findings, key=sort_key):
            key = (finding.rule.id, finding.location.path, " ".join(self.line(finding.location).split()))
            text = "\0".join((*key, str(seen[key])))
            seen[key] += 1
            digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
            yield Result(finding, digest, suppressed.get(id(finding)))


def sort_key(finding: Finding) -> tuple[Location, str, str]:
    """By path, line and column, then by rule and message: the order of every list of findings."""
    return finding.location, finding.rule.id, finding.message
