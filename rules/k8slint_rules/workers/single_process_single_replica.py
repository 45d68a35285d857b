"""A Service leads to one process in one pod."""

from collections.abc import Iterator

from k8slint import (
    SQLITE_CALLS,
    Finding,
    Needs,
    Process,
    Program,
    Related,
    Role,
    Rule,
    Severity,
    Workload,
    balanced_by,
    copies,
    has_claim,
    lasting_programs,
    process_state,
    scheduler_calls,
    schedulers,
    sqlite_files,
    state_calls,
)

FIX = "set replicas: 2 or more, then, for more CPU, several workers; what has to stay alone says strategy: Recreate"


def check(workload: Workload) -> Iterator[Finding]:
    services = balanced_by(workload)
    # A controller that stops the old pod first, or a volume of its own, tells that one pod is meant.
    if workload.role is not Role.MAIN or not services or not workload.surges.is_known or has_claim(workload):
        return
    for process, program in lasting_programs(workload):
        found = copies(workload, process, program)
        if not found.is_one or not process.entry.serves or _must_stay_alone(workload, process, program):
            continue
        at = found.replicas.places[0].location if found.replicas.places else workload.location
        if at is not None:
            service = services[0].name
            message = (
                f"{workload.label} is one {process.entry.name} process in one pod: all requests share one interpreter, "
                f"and when it crashes or its node is drained, nobody answers for Service {service}"
            )
            yield Finding(RULE, at, message, FIX, (Related(process.entry.location, "starts one process"),))


def _must_stay_alone(workload: Workload, process: Process, program: Program) -> bool:
    """Whether a second process would do harm, by what the program keeps or starts in its own."""
    return (
        any(True for _ in schedulers(program, process))
        or any(True for _ in process_state(workload, process, program))
        or any(True for _ in sqlite_files(workload, process, program))
    )


RULE = Rule(
    "single-process-single-replica",
    "A Service leads to one process in one pod",
    Severity.INFO,
    Workload,
    check,
    pedantic=True,
    calls=(*scheduler_calls(), *state_calls(), *SQLITE_CALLS),
    needs=(Needs.KUBERNETES, Needs.PYTHON),
)
