"""A log goes into a file of the container."""

from collections.abc import Iterator

from k8slint import Finding, LogFile, Needs, Rule, Severity, Workload, log_calls, log_files

FIX = "log to stdout or stderr"


def check(workload: Workload) -> Iterator[Finding]:
    processes = workload.processes.or_else(())
    ways = [tuple(log_files(workload, process)) for process in processes if process.entry.is_python]
    may_go_otherwise = len(ways) > 1 and not any(process.runs_beside_others for process in processes)
    if may_go_otherwise and not all(ways):
        return
    for one in dict.fromkeys(file for files in ways for file in files):
        yield _finding(workload, one)


def _finding(workload: Workload, one: LogFile) -> Finding:
    lost = "kubectl logs does not show it, " if one.is_only else ""
    message = (
        f"{one.what} goes to {one.path} in the container of {workload.label}: {lost}the file is gone with the "
        "container, and its size counts against the node's disk"
    )
    severity = Severity.WARNING if one.is_only else Severity.INFO
    return Finding(RULE, one.location, message, FIX, (), severity, pedantic=not one.is_only)


RULE = Rule(
    "logs-to-file",
    "A log goes into a file of the container, where nobody reads it",
    Severity.WARNING,
    Workload,
    check,
    calls=log_calls(),
    needs=(Needs.KUBERNETES, Needs.PYTHON),
)
