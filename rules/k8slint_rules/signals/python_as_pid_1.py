"""The interpreter itself is PID 1, with no init in front of it."""

from collections.abc import Iterator

from k8slint import (
    CHILD_CALLS,
    Finding,
    Process,
    Program,
    Related,
    Rule,
    Severity,
    Workload,
    interrupt_only,
    kept_up,
    orphans,
    sigterm_handling,
)

HANDLE = 'handle SIGTERM in the program; where nothing needs cleaning up, an init will do: ENTRYPOINT ["tini", "--"]'
REAP = 'put an init in front: ENTRYPOINT ["tini", "--"]'


def check(workload: Workload) -> Iterator[Finding]:
    if workload.shares_process_namespace:
        return
    for process in workload.python_processes:
        entry = process.entry
        if not process.entry_is_pid1 or entry.sigterm is True or entry.finite is True:
            continue
        verdict = _server(workload, process) if entry.server else _program(workload, process)
        if verdict is not None:
            severity, message, fix, related = verdict
            message = f"{entry.name} is PID 1 of {workload.label}: {message}"
            yield Finding(RULE, entry.location, message, fix, related, severity, pedantic=severity is Severity.INFO)


def _server(workload: Workload, process: Process) -> tuple[Severity, str, str, tuple[Related, ...]] | None:
    sent = workload.stop_signal.is_known and workload.stop_signal.value == "SIGTERM"
    if process.entry.sigterm is None or workload.runs_to_completion or not sent:
        return None
    fix = "run the application in a server that ends on SIGTERM, such as gunicorn or uvicorn"
    fix = "add --die-on-term" if process.entry.server == "uwsgi" else fix
    return Severity.ERROR, "it ignores SIGTERM there and is killed when the grace period is over", fix, ()


def _program(workload: Workload, process: Process) -> tuple[Severity, str, str, tuple[Related, ...]] | None:
    found = workload.program(process)
    if not found.is_known:
        return None
    program = found.value
    if not workload.runs_to_completion and _ignores_stop(workload, program):
        message = (
            "the kernel gives PID 1 no default action for SIGTERM and the program sets none, so it lives on until "
            "it is killed at the end of the grace period"
        )
        place = kept_up(workload, program)[0]
        return Severity.ERROR, message, HANDLE, (Related(place.location, f"{place.what} without a SIGTERM handler"),)
    left = () if workload.runs_to_completion else orphans(program, workload.shell)
    if left:
        message = (
            "it does not wait for processes that lose their parent; each one stays as a zombie until the PID limit "
            "is reached and no new process can start"
        )
        return Severity.WARNING, message, REAP, (Related(left[0].call.location, left[0].note),)
    message = "with no init in front, signals and orphaned processes are the program's own business"
    return Severity.INFO, message, HANDLE, ()


def _ignores_stop(workload: Workload, program: Program) -> bool:
    """Python raises KeyboardInterrupt on SIGINT, as PID 1 too (measured); a preStop hook may be what sends it."""
    if not workload.stop_signal.is_known or workload.stop_signal.value != "SIGTERM":
        return False
    if workload.pre_stop and interrupt_only(program):
        return False
    return bool(kept_up(workload, program)) and sigterm_handling(program).is_absent


RULE = Rule(
    "python-as-pid-1",
    "The Python interpreter is PID 1, with no init in front of it",
    Severity.ERROR,
    Workload,
    check,
    calls=CHILD_CALLS,
)
