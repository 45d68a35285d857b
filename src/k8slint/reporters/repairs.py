"""What was repaired and what was not, for people."""

from __future__ import annotations

from collections.abc import Sequence

from k8slint.fix.rounds import Dropped
from k8slint.reporters.terminal import visible
from k8slint.rule import Finding


def render(repaired: Sequence[Finding], dropped: Sequence[Dropped], is_done: bool) -> str:
    """A line for each finding, those that are repaired first."""
    word = "fixed" if is_done else "would fix"
    lines = [f"{word}: {_named(one)}: {one.repair.title if one.repair is not None else ''}" for one in repaired]
    lines += [f"not fixed: {_named(one.finding)}: {visible(one.reason)}" for one in dropped]
    return "".join(f"{line}\n" for line in lines)


def _named(finding: Finding) -> str:
    return f"{visible(str(finding.location))}: {finding.rule.id}"
