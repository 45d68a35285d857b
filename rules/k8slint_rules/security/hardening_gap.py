"""The manifest leaves open what the restricted level of pod security closes."""

from collections.abc import Iterator

from k8slint import (
    Change,
    Field,
    Finding,
    Item,
    Level,
    Location,
    Needs,
    Related,
    Repair,
    Role,
    Rule,
    Safety,
    Severity,
    Workload,
    hardening_gaps,
)


def check(workload: Workload) -> Iterator[Finding]:
    level = workload.pod_security
    if workload.location is None or workload.role is Role.INIT or not workload.ours.or_else(False) or level.is_unknown:
        return
    gaps = list(hardening_gaps(workload))
    if not gaps:
        return
    context = workload.container.get("securityContext") if workload.container is not None else None
    location = context.location if context is not None else workload.location
    refused = [gap.name for gap in gaps if gap.is_restricted]
    fix = f"in securityContext: {'; '.join(gap.write for gap in gaps)}"
    if refused and level.is_known and level.value == "restricted":
        missing = ", ".join(refused)
        message = (
            f"the namespace of {workload.label} enforces restricted, and its pods are refused: they lack {missing}"
        )
        related = tuple(Related(place.location, place.note) for place in level.places)
        changes = _block(workload.location, refused) if context is None else _fields(workload.location, refused)
        repair = Repair("close what the namespace asks to be closed", Safety.UNSAFE, changes)
        yield Finding(RULE, location, message, fix, related, Severity.WARNING, pedantic=False, repair=repair)
        return
    names = ", ".join(gap.name for gap in gaps)
    message = f"{workload.label} leaves open what an intruder could use, or a strict cluster refuses: {names}"
    yield Finding(RULE, location, message, fix, severity=Severity.INFO, pedantic=True)


def _block(place: Location, names: list[str]) -> tuple[Change, ...]:
    """A security context that is not there yet."""
    lines = {
        "allowPrivilegeEscalation": "allowPrivilegeEscalation: false",
        "capabilities.drop": "capabilities:\n  drop:\n    - ALL",
        "seccompProfile": "seccompProfile:\n  type: RuntimeDefault",
        "runAsNonRoot": "runAsNonRoot: true",
    }
    return (Field(place, Level.CONTAINER, ("securityContext",), "\n".join(lines[name] for name in names)),)


def _fields(place: Location, names: list[str]) -> tuple[Change, ...]:
    """What is added to a security context, or changed in it."""
    changes: dict[str, Change] = {
        "allowPrivilegeEscalation": Field(
            place, Level.CONTAINER, ("securityContext", "allowPrivilegeEscalation"), "false"
        ),
        "capabilities.drop": Item(place, Level.CONTAINER, ("securityContext", "capabilities", "drop"), ("ALL",)),
        "seccompProfile": Field(
            place, Level.CONTAINER, ("securityContext", "seccompProfile", "type"), "RuntimeDefault"
        ),
        "runAsNonRoot": Field(place, Level.CONTAINER, ("securityContext", "runAsNonRoot"), "true"),
    }
    return tuple(changes[name] for name in names)


RULE = Rule(
    "hardening-gap",
    "The manifest leaves open what the restricted level of pod security closes",
    Severity.WARNING,
    Workload,
    check,
    fixable=Safety.UNSAFE,
    needs=(Needs.KUBERNETES,),
)
