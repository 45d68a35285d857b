"""The signal that stops the container is no orderly stop for its program."""

from collections.abc import Iterator

from k8slint import Finding, Related, Rule, Severity, Workload, wrong_stop_signal

FIX = "take the stop signal out: SIGTERM, the default, is the orderly stop"


def check(workload: Workload) -> Iterator[Finding]:
    if workload.runs_to_completion:
        return
    for one in wrong_stop_signal(workload):
        name, signal = one.process.entry.name, one.signal.value
        message = f"{workload.label} is stopped with {signal}: {name} {one.what}"
        if not one.ends:
            grace = workload.grace_seconds
            wait = f"{grace.value} s" if grace.is_known else "the grace period"
            message += f", and is killed in the middle of its work after {wait}"
        related = (Related(one.process.entry.location, f"starts {name}"),)
        yield Finding(RULE, one.signal.places[0].location, message, FIX, related)


RULE = Rule(
    "wrong-stop-signal",
    "The signal that stops the container is no orderly stop for its program",
    Severity.ERROR,
    Workload,
    check,
)
