"""A load balancer uses connections again that the server has just closed."""

from collections.abc import Iterator

from k8slint import (
    Balancer,
    Confidence,
    Finding,
    IdleLimit,
    Needs,
    Options,
    Process,
    Related,
    Repair,
    Rule,
    Safety,
    Severity,
    Workload,
    balancers,
    has_proxy,
    idle_calls,
    idle_limit,
)

SPARE = 15


def check(workload: Workload) -> Iterator[Finding]:
    if not workload.ours.or_else(False):
        return
    longest = max(balancers(workload), key=lambda one: one.seconds, default=None)
    if longest is None:
        return
    for process in workload.python_processes:
        limit = idle_limit(workload, process)
        if not limit.is_known or limit.value.seconds > longest.seconds or has_proxy(workload, process):
            continue
        one = limit.value
        message = (
            f"{one.server} closes a connection after {one.seconds:g} s without a request, and {longest.name} in front "
            f"of {workload.label} uses it again for up to {longest.seconds:g} s: a request that comes as it is being "
            "closed is answered with 502, and the program logs nothing"
        )
        fix = f"write {one.write.format(int(longest.seconds) + SPARE)}: more than the balancer's {longest.seconds:g} s"
        related = (Related(longest.location, f"{longest.name}: {longest.seconds:g} s"),)
        yield Finding(RULE, one.location, message, fix, related, repair=_repair(process, one, longest))


def _repair(process: Process, limit: IdleLimit, balancer: Balancer) -> Repair | None:
    """The server's option, where nobody has set it yet."""
    last = process.entry.last_word
    if last is None or limit.location != process.entry.location or not limit.write.startswith("--"):
        return None
    seconds = int(balancer.seconds) + SPARE
    option = Options(last.location, last.written, tuple(limit.write.format(seconds).split()))
    return Repair(f"keep connections for {seconds} s", Safety.UNSAFE, (option,))


RULE = Rule(
    "keepalive-shorter-than-lb",
    "The server closes connections that the load balancer uses again",
    Severity.WARNING,
    Workload,
    check,
    Confidence.MEDIUM,
    calls=idle_calls(),
    fixable=Safety.UNSAFE,
    needs=(Needs.KUBERNETES, Needs.PYTHON),
)
