"""The container serves with a development server, or with a debugger open."""

from collections.abc import Iterator

from k8slint import (
    DevelopmentServer,
    Finding,
    Process,
    Related,
    Role,
    Rule,
    Severity,
    Workload,
    development_calls,
    development_server,
    django_debug,
    is_for_development,
)

FIX = "serve the application with gunicorn (WSGI) or uvicorn (ASGI): gunicorn --bind 0.0.0.0:8000 package.module:app"
RELOAD_FIX = "start it without reloading"
DEBUG_FIX = "read DEBUG from the environment and let it be off where nothing sets it"
DEBUGGER = ", and its debugger is on: who reaches an error page can try to run Python in the container"


def check(workload: Workload) -> Iterator[Finding]:
    if workload.role is Role.PROGRAM or workload.runs_to_completion or is_for_development(workload):
        return
    judged = [(process, development_server(workload, process)) for process in workload.processes.or_else(())]
    side_by_side = any(process.runs_beside_others for process, _ in judged)
    if side_by_side or all(server is not None for _, server in judged):
        seen = set()
        for process, server in judged:
            if server is not None and server.location not in seen:
                seen.add(server.location)
                yield _finding(workload, process, server)
    for process, server in judged:
        place = django_debug(workload, process) if server is None else None
        if place is not None and len(judged) == 1:
            message = (
                f"DEBUG is on in {workload.label}: an error shows its visitors the settings and the local variables of "
                "every frame, and Django keeps every SQL query in memory"
            )
            started = Related(process.entry.location, f"{process.entry.name} serves it")
            yield Finding(RULE, place, message, DEBUG_FIX, (started,), _severity(workload, Severity.ERROR))


def _finding(workload: Workload, process: Process, server: DevelopmentServer) -> Finding:
    message = f"{workload.label} starts {server.name}, which {server.effect}"
    related = tuple(Related(location, what) for location, what in workload.launch_places if location != server.location)
    if server.debugger is not None:
        message += DEBUGGER
        related = (Related(server.debugger, "turns the debugger on"), *related)
    if server.reloads:
        return Finding(RULE, server.location, message, RELOAD_FIX, related, Severity.WARNING)
    return Finding(RULE, server.location, message, FIX, related, _severity(workload, Severity.ERROR))


def _severity(workload: Workload, of_pod: Severity) -> Severity:
    """An image that nothing deploys may be there for the developer's machine."""
    return of_pod if workload.owner is not None else Severity.WARNING


RULE = Rule(
    "dev-server-in-pod",
    "The container serves with a development server, or with a debugger open",
    Severity.ERROR,
    Workload,
    check,
    calls=development_calls(),
)
