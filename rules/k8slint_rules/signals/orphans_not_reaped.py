"""The program leaves processes without a parent, and PID 1 does not wait for them."""

from collections.abc import Iterator

from k8slint import (
    CHILD_CALLS,
    Finding,
    Needs,
    Orphan,
    Process,
    Related,
    Rule,
    Safety,
    Severity,
    Workload,
    init_repair,
    orphans,
    reaps_orphans,
)

FIX = (
    'put an init in front, ENTRYPOINT ["tini", "--"] in the image; "command" in a manifest drops it, so name it there '
    "too"
)
WITHOUT_SHELL = "; or start the command as a list, without a shell"


def check(workload: Workload) -> Iterator[Finding]:
    seen = set()
    for process, program in workload.programs():
        # Only where every way that the process may go ends in front of a PID 1 that does not reap.
        if process is None or any(reaps_orphans(workload, one) is not False for one in workload.processes.or_else(())):
            continue
        for orphan in orphans(program, workload.shell):
            if orphan.call.location not in seen:
                seen.add(orphan.call.location)
                yield _finding(workload, process, orphan)


def _finding(workload: Workload, process: Process, orphan: Orphan) -> Finding:
    first = process.pid1
    name = first.name if first is not None else process.entry.name
    starts = {"browser": "each browser that is started", "office": "each conversion", "fork": "each call"}
    each = starts.get(orphan.kind, "each such command")
    may = "can leave" if orphan.kind in ("browser", "office") or "not what it started" in orphan.note else "leaves"
    message = (
        f"{orphan.note}; {name} is PID 1 of {workload.label} and does not wait for processes that lose their parent: "
        f"{each} {may} zombies, until the PID limit is reached and no new process can start"
    )
    fix = FIX + (WITHOUT_SHELL if orphan.kind == "shell" else "")
    related = tuple(Related(location, f"{what} starts the container") for location, what in workload.launch_places)
    severity = Severity.ERROR if orphan.kind == "browser" else Severity.WARNING
    if workload.runs_to_completion:
        return Finding(RULE, orphan.call.location, message, fix, related, Severity.INFO, pedantic=True)
    return Finding(RULE, orphan.call.location, message, fix, related, severity, repair=init_repair(workload))


RULE = Rule(
    "orphans-not-reaped",
    "Processes lose their parent, and PID 1 does not wait for them",
    Severity.ERROR,
    Workload,
    check,
    calls=CHILD_CALLS,
    fixable=Safety.UNSAFE,
    needs=(Needs.PYTHON,),
)
