"""The manifest leaves open what the restricted level of pod security closes."""

from collections.abc import Iterator

from k8slint import Finding, Needs, Related, Role, Rule, Severity, Workload, hardening_gaps


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
        yield Finding(RULE, location, message, fix, related, Severity.WARNING, pedantic=False)
        return
    names = ", ".join(gap.name for gap in gaps)
    message = f"{workload.label} leaves open what an intruder could use, or a strict cluster refuses: {names}"
    yield Finding(RULE, location, message, fix, severity=Severity.INFO, pedantic=True)


RULE = Rule(
    "hardening-gap",
    "The manifest leaves open what the restricted level of pod security closes",
    Severity.WARNING,
    Workload,
    check,
    needs=(Needs.KUBERNETES,),
)
