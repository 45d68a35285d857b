"""What a rule is, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum, IntEnum
from typing import Any, Generic, TypeVar

from msgspec import Struct

from k8slint.location import Location
from k8slint.repair import Repair, Safety

T = TypeVar("T")


class Severity(IntEnum):
    """How bad a fault is: ``ERROR`` breaks production, ``WARNING`` will hurt, ``INFO`` could be better."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    def __str__(self) -> str:
        return self.name.lower()


class Confidence(IntEnum):
    """How sure the facts behind a finding are."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3

    def __str__(self) -> str:
        return self.name.lower()


class Needs(Enum):
    """What a project must hold for a rule to have anything to say."""

    KUBERNETES = "kubernetes"
    """A Kubernetes object."""
    DOCKERFILE = "dockerfile"
    PYTHON = "python"
    """A Python file."""


class Related(Struct, frozen=True):
    """Another place that makes the finding a fault, and what stands there."""

    location: Location
    note: str


class Rule(Struct, Generic[T], frozen=True):
    """A rule: a function from one unit of type ``target`` to findings, and how it is listed.

    ``id`` is the stem of the rule's module in kebab-case. ``severity`` is the highest the rule reaches; a finding may
    be milder. ``pedantic`` rules are off unless asked for. ``calls`` names the Python calls that the rule looks for,
    as qualified names (``os.cpu_count``) or as methods of any object (``.memory_percent``): only files in which one of
    them is written are read in full. ``fixable`` is the safest kind of ``repair`` that its findings may carry. Where a
    project lacks one of ``needs`` the rule is not asked, nor imported.
    """

    id: str
    summary: str
    severity: Severity
    target: type[T]
    check: Callable[[T], Iterable[Finding]]
    confidence: Confidence = Confidence.HIGH
    pedantic: bool = False
    calls: tuple[str, ...] = ()
    fixable: Safety = Safety.NONE
    needs: tuple[Needs, ...] = ()


class Finding(Struct, frozen=True):
    """One fault at one place, complete when made.

    ``location`` is where a person would make the edit; ``related`` are the places that made it a fault. ``fix`` says
    what to write instead. ``severity``, ``confidence`` and ``pedantic`` default to the rule's.
    """

    rule: Rule[Any]
    location: Location
    message: str
    fix: str = ""
    related: tuple[Related, ...] = ()
    severity: Severity | None = None
    confidence: Confidence | None = None
    pedantic: bool | None = None
    repair: Repair | None = None

    @property
    def effective_severity(self) -> Severity:
        return self.rule.severity if self.severity is None else self.severity

    @property
    def effective_confidence(self) -> Confidence:
        return self.rule.confidence if self.confidence is None else self.confidence

    @property
    def is_pedantic(self) -> bool:
        return self.rule.pedantic if self.pedantic is None else self.pedantic
