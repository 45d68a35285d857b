"""A liveness probe begins before the program can answer, and restarts it while it still starts."""

from collections.abc import Iterator

from k8slint import (
    Finding,
    Needs,
    Probe,
    Related,
    Role,
    Rule,
    Severity,
    SlowWork,
    Workload,
    probes,
    slow_work,
    slow_work_calls,
)

# Below this many seconds what is merely slow is restarted; it is what a probe of defaults waits.
PATIENT = 30


def check(workload: Workload) -> Iterator[Finding]:
    if not workload.ours.or_else(False) or workload.role is Role.INIT or workload.runs_to_completion:
        return
    if not workload.probe("startupProbe").is_absent:
        return
    for probe in probes(workload):
        budget = _budget(probe)
        if budget is None or budget >= PATIENT:
            continue
        work = [one for one in slow_work(workload) if probe.kind != "tcpSocket" or not one.in_program]
        if work:
            yield _finding(workload, probe, budget, work)


def _budget(probe: Probe) -> int | None:
    """Seconds from the start until the container is restarted; None where they are not known or nobody is asked."""
    if probe.name != "livenessProbe" or probe.kind == "exec" or probe.patience is None or not probe.delay.is_known:
        return None
    return probe.delay.value + probe.patience


def _finding(workload: Workload, probe: Probe, budget: int, work: list[SlowWork]) -> Finding:
    what = " and ".join(dict.fromkeys(one.what for one in work))
    message = (
        f"{workload.label} {what} before it serves, and the livenessProbe restarts it after {budget} s "
        f"({probe.delay.value} + {probe.failures.value} x {probe.period.value}): on a slow day it is stopped before it "
        "is done, and begins anew"
    )
    fix = f"add a startupProbe that asks the same, with periodSeconds: 5 and failureThreshold: {_failures(budget)}"
    return Finding(RULE, probe.location, message, fix, tuple(Related(one.location, one.what) for one in work[:5]))


def _failures(budget: int) -> int:
    return max(60, 2 * budget) // 5 * 2


RULE = Rule(
    "slow-start-without-startup-probe",
    "A liveness probe restarts a program that is still starting",
    Severity.WARNING,
    Workload,
    check,
    calls=slow_work_calls(),
    needs=(Needs.KUBERNETES,),
)
