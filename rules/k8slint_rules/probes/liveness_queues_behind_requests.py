"""A liveness probe waits in the same line as slow requests, and the container is restarted while it works."""

from collections.abc import Iterator

from k8slint import (
    Confidence,
    Finding,
    Needs,
    Probe,
    Related,
    Role,
    Rule,
    Severity,
    SingleLine,
    Workload,
    asks_program,
    probes,
    single_line_calls,
    single_lines,
)

# Probes that wait longer, or look away for longer, are meant for slow programs.
MOST_TIMEOUT = 3
PATIENT = 60


def check(workload: Workload) -> Iterator[Finding]:
    if not workload.ours.or_else(False) or workload.role is Role.INIT or workload.runs_to_completion:
        return
    asked = [one for one in probes(workload) if _is_impatient(one) and asks_program(workload, one)]
    for line in single_lines(workload) if asked else ():
        for probe in asked:
            if line.timeout is None or probe.timeout.value < line.timeout:
                yield from _held(workload, probe, line)


def _is_impatient(probe: Probe) -> bool:
    if probe.name != "livenessProbe" or probe.kind != "httpGet" or not probe.timeout.is_known:
        return False
    return probe.timeout.value <= MOST_TIMEOUT and probe.patience is not None and probe.patience <= PATIENT


def _held(workload: Workload, probe: Probe, line: SingleLine) -> Iterator[Finding]:
    slow = [one for one in line.slow if one.seconds is None or one.seconds >= probe.timeout.value]
    if not slow:
        return
    first = slow[0]
    loop = "has one event loop and " if line.has_loop else ""
    message = (
        f"{workload.label}: livenessProbe waits {probe.timeout.value} s for an answer, and {line.server} {loop}answers "
        f"nobody while {first.handler}() {first.what} with {first.written}: {probe.failures.value} such probes in a "
        "row restart the container, so that under load the pods with the most work are stopped first"
    )
    mend = f"await asyncio.to_thread for {first.written}" if line.has_loop else "start gunicorn with --threads 4"
    related = [Related(line.location, f"starts {line.server}")]
    related.extend(Related(one.location, f"{one.handler}() {one.what}") for one in slow[:5])
    yield Finding(RULE, probe.location, message, f"{mend}, and set timeoutSeconds: 5 or more", tuple(related))


RULE = Rule(
    "liveness-queues-behind-requests",
    "A liveness probe waits behind slow requests",
    Severity.WARNING,
    Workload,
    check,
    Confidence.MEDIUM,
    calls=single_line_calls(),
    needs=(Needs.KUBERNETES, Needs.PYTHON),
)
