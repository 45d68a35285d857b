"""A program that runs in several processes keeps in one what all of them need."""

from collections.abc import Iterator

from k8slint import (
    SQLITE_CALLS,
    Copies,
    Finding,
    Needs,
    ProcessState,
    Role,
    Rule,
    Severity,
    SqliteFile,
    Workload,
    copies,
    lasting_programs,
    process_state,
    sqlite_files,
    state_calls,
)


def check(workload: Workload) -> Iterator[Finding]:
    for process, program in lasting_programs(workload):
        found = copies(workload, process, program)
        for state in process_state(workload, process, program):
            yield from _of_state(workload, state, found)
        for file in sqlite_files(workload, process, program):
            yield from _of_file(workload, file, found)


def _of_state(workload: Workload, state: ProcessState, found: Copies) -> Iterator[Finding]:
    several = (found.pods or 0) > 1 if state.pods_only else found.are_several
    if several:
        where = f"each of {found.pods} pods" if state.pods_only else str(found)
        message = f"{workload.label} keeps {state.what} in the memory of {where}: {state.effect}"
        severity = Severity.ERROR if state.is_data else Severity.WARNING
        yield Finding(RULE, state.location, message, state.fix, found.related(), severity)
    elif found.is_one:
        message = f"{workload.label} keeps {state.what} in the memory of its one process: with a second, {state.effect}"
        yield Finding(RULE, state.location, message, state.fix, (), Severity.INFO, pedantic=True)


def _of_file(workload: Workload, file: SqliteFile, found: Copies) -> Iterator[Finding]:
    if file.volume is not None and (found.pods or 0) < 2:
        return
    if file.volume is not None:
        message = (
            f"{found.pods} pods of {workload.label} write to {file.path} on one volume: SQLite's locks do not hold "
            "across nodes, and the database gets locked or damaged"
        )
    elif workload.role is Role.MAIN:
        message = f"{file.path} is a file in the container of {workload.label}: what is stored is gone at each restart"
        message += f", and each of {found.pods} pods has a database of its own" if (found.pods or 0) > 1 else ""
    else:
        return
    fix = "use a database server, or, with one pod, a path on a persistent volume"
    yield Finding(RULE, file.location, message, fix, found.related())


RULE = Rule(
    "state-in-one-process",
    "A program that runs in several processes keeps in one what all of them need",
    Severity.ERROR,
    Workload,
    check,
    calls=(*state_calls(), *SQLITE_CALLS),
    needs=(Needs.PYTHON,),
)
