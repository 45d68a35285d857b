"""A launcher keeps SIGTERM from the program, or the program leaves the process that the container waits for."""

from collections.abc import Iterator

from k8slint import Finding, Related, Rule, Severity, Workload, daemons, deaf_launcher

FIX = "start the program itself, with the interpreter's full path where an environment has to be chosen"
DAEMON_FIX = "leave it in the foreground: take {written} out"


def check(workload: Workload) -> Iterator[Finding]:
    for daemon in daemons(workload):
        message = (
            f"{daemon.written} sends {daemon.name} to the background: the process that {workload.label} waits for ends "
            "at once, and the container with it, whatever it still does"
        )
        yield Finding(RULE, daemon.location, message, DAEMON_FIX.format(written=daemon.written))
    if workload.runs_to_completion:
        return
    for process in workload.processes.or_else(()):
        launcher = deaf_launcher(workload, process)
        if launcher is None:
            continue
        name, entry = launcher.step.name, process.entry
        what = f"at a stop {entry.name} {launcher.program}"
        message = f"{name} stays in front of {entry.name} and does not pass SIGTERM on: {what}"
        related = (
            (Related(entry.location, f"the program: {entry.name}"),) if entry.location != launcher.step.location else ()
        )
        yield Finding(RULE, launcher.step.location, message, launcher.instead or FIX, related)


RULE = Rule(
    "launcher-drops-signals",
    "What starts the program keeps SIGTERM to itself, or does not wait for it",
    Severity.ERROR,
    Workload,
    check,
)
