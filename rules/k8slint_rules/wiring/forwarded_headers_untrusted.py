"""The server does not believe the Ingress that clients came by HTTPS, and the program builds upon it."""

from collections.abc import Iterator

from k8slint import (
    Confidence,
    Finding,
    Needs,
    Related,
    Rule,
    Severity,
    Workload,
    distrusts,
    forwarding_calls,
    has_proxy,
    tls_ingresses,
)

FIX = "set FORWARDED_ALLOW_IPS to the addresses of the ingress controller, or to * where nobody else reaches the pod"


def check(workload: Workload) -> Iterator[Finding]:
    if not workload.ours.or_else(False):
        return
    ingresses = tuple(tls_ingresses(workload))
    if not ingresses or any(has_proxy(workload, process) for process in workload.python_processes):
        return
    for one in distrusts(workload):
        first, *others = one.reads
        message = (
            f"{workload.label}: TLS ends at the Ingress, and {one.server} believes X-Forwarded-Proto only of its own "
            f"machine, so {first.written} ({first.location.path}:{first.location.line}) {first.effect}"
        )
        related = [Related(ingresses[0], "TLS ends here")]
        related.extend(Related(read.location, f"{read.written} {read.effect}") for read in (first, *others[:5]))
        yield Finding(RULE, one.location, message, FIX, tuple(related))


RULE = Rule(
    "forwarded-headers-untrusted",
    "The server does not believe that clients came by HTTPS",
    Severity.WARNING,
    Workload,
    check,
    Confidence.MEDIUM,
    calls=forwarding_calls(),
    needs=(Needs.KUBERNETES, Needs.PYTHON),
)
