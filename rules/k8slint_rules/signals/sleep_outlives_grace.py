"""The handler sets a flag, and the loop sleeps longer than the grace period before it looks."""

from collections.abc import Iterator

from k8slint import Finding, LongSleep, Needs, Related, Rule, Severity, Workload, flags_only, long_sleeps, sleep_calls

FIX = (
    "wait with stop.wait({seconds:g}) on a threading.Event that the handler sets: it returns as soon as the signal is "
    "there"
)


def check(workload: Workload) -> Iterator[Finding]:
    grace, signal = workload.grace_seconds, workload.stop_signal
    if workload.runs_to_completion or not grace.is_known or not signal.is_known or signal.value != "SIGTERM":
        return
    for process, program in workload.programs():
        handlers = flags_only(program)
        if process is None or process.entry.server or process.arrives is not True or not handlers:
            continue
        related = tuple(Related(one.call.location, f"{one.name}() only sets a flag") for one in handlers)
        related += tuple(Related(place.location, place.note) for place in grace.places)
        for sleep in long_sleeps(workload, program):
            if 3 * sleep.seconds >= grace.value > 0:
                yield _finding(workload, sleep, grace.value, related)


def _finding(workload: Workload, sleep: LongSleep, grace: int, related: tuple[Related, ...]) -> Finding:
    what = f"the handler for SIGTERM sets a flag, and the loop looks at it after time.sleep({sleep.seconds:g})"
    if sleep.seconds > grace:
        share = f"about {100 * (1 - grace / sleep.seconds):.0f} of 100 stops"
        message = f"{what}: with a grace period of {grace} s, {share} of {workload.label} end in a kill"
    else:
        message = f"{what}: a stop of {workload.label} takes up to {sleep.seconds:g} s of its grace period of {grace} s"
    severity = Severity.ERROR if sleep.seconds >= grace else Severity.WARNING
    places = tuple(Related(place.location, place.note) for place in sleep.places if place.location != sleep.location)
    fix = FIX.format(seconds=sleep.seconds)
    return Finding(RULE, sleep.location, message, fix, (*places, *related), severity)


RULE = Rule(
    "sleep-outlives-grace",
    "The loop sleeps on for longer than the container has to stop",
    Severity.ERROR,
    Workload,
    check,
    calls=sleep_calls(),
    needs=(Needs.KUBERNETES, Needs.PYTHON),
)
