"""Packages are installed while the pod starts."""

from collections.abc import Iterator

from k8slint import INSTALL_CALLS, Confidence, Finding, Related, Role, Rule, Severity, Workload, start_installs

FIX = "install it in the image, in a RUN instruction"


def check(workload: Workload) -> Iterator[Finding]:
    for one in start_installs(workload):
        short = one.command if len(one.command) <= 60 else one.command[:57] + "..."
        when = "runs at every start of" if one.at_start else "is run by the program of"
        message = (
            f"`{short}` {when} {workload.label}: it waits for a download each time, fails when the other end cannot "
            "be reached, and pods started at different times may run different versions"
        )
        related = tuple(Related(at, f"{what} leads here") for at, what in workload.launch_places if at != one.location)
        severity = Severity.ERROR if one.at_start and workload.role is not Role.INIT else Severity.WARNING
        confidence = Confidence.HIGH if one.at_start else Confidence.MEDIUM
        yield Finding(RULE, one.location, message, FIX, related, severity, confidence)


RULE = Rule(
    "install-at-startup",
    "Packages are installed while the pod starts",
    Severity.ERROR,
    Workload,
    check,
    calls=INSTALL_CALLS,
)
