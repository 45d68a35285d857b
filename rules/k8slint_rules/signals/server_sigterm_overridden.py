"""The application takes SIGTERM from its server."""

from collections.abc import Iterator

from k8slint import Finding, Needs, Related, Rule, Severity, Workload, taken_signals

FIX = (
    "leave the signal to the server, and do the work where it tells the application of the stop: at the end of the "
    "lifespan, in gunicorn's worker_exit, or with atexit"
)


def check(workload: Workload) -> Iterator[Finding]:
    for process in workload.python_processes:
        for one in taken_signals(workload, process):
            message = f"{one.name}() takes SIGTERM from {one.server}: {one.what}"
            related = (Related(process.entry.location, f"starts {one.server}"),)
            yield Finding(RULE, one.location, message, FIX, related)


RULE = Rule(
    "server-sigterm-overridden",
    "The application takes SIGTERM from its server",
    Severity.ERROR,
    Workload,
    check,
    needs=(Needs.PYTHON,),
)
