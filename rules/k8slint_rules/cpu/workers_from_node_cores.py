"""A server's number of workers comes from the node's processors."""

import re
from collections.abc import Iterator

from k8slint import (
    COUNTS,
    Finding,
    Location,
    Process,
    Related,
    Role,
    Rule,
    Severity,
    Workload,
    counts_in_shell,
    node_count,
)

SERVER_CALLS = ("uvicorn.run", "hypercorn.run.run", "granian.Granian", "sanic.Sanic.run", "waitress.serve")
WORKER_KEYWORDS = ("workers", "worker_count", "fast")
WORKER_OPTIONS = {
    "gunicorn": ("-w", "--workers"),
    "uvicorn": ("--workers",),
    "hypercorn": ("-w", "--workers"),
    "granian": ("--workers",),
    "fastapi": ("--workers",),
    "celery": ("-c", "--concurrency"),
    "uwsgi": ("-p", "--processes", "--workers"),
}
CONFIGURATION = ("gunicorn.conf.py", "gunicorn_conf.py", "gunicorn_config.py", "gunicorn.config.py")
FIX = (
    "set the number in the manifest, for example env WEB_CONCURRENCY, and read it: "
    "workers = int(os.environ.get('WEB_CONCURRENCY', '2')); resourceFieldRef: limits.cpu gives the limit, rounded up"
)


def check(workload: Workload) -> Iterator[Finding]:
    for process in workload.python_processes:
        yield from _command_line(workload, process)
        yield from _settings(workload, process)
    for process_or_none, program in workload.programs():
        for module, call in program.calls(*SERVER_CALLS):
            for keyword in WORKER_KEYWORDS:
                size = call.keyword(keyword)
                found = node_count(module, size, call.scope, workload.environment.is_set) if size is not None else None
                if found is not None:
                    yield _finding(workload, found.location, f"{call.name}({keyword}={found.written})", process_or_none)
    if workload.role is Role.PROGRAM:
        yield from _configuration_alone(workload)
    yield from _image(workload)


def _command_line(workload: Workload, process: Process) -> Iterator[Finding]:
    option = process.entry.option(*WORKER_OPTIONS.get(process.entry.server, ("--workers",)))
    if option is None or option.text is not None:
        return
    spelled = counts_in_shell(option.written) or next(filter(None, map(counts_in_shell, option.substitutions)), None)
    if spelled is not None:
        yield _finding(workload, option.location, f"--workers {option.written}", process)
        return
    variable = re.match(r"^\$\{?(\w+)", option.written)
    if variable is None:
        return
    for step in process.steps:
        for words, location in step.commands:
            for word in words:
                name, _, value = word.partition("=")
                if name != variable.group(1) or counts_in_shell(value) is None:
                    continue
                # VAR=${VAR:-$(nproc)} counts only where nobody sets VAR.
                if value.startswith("$(") or value.startswith("`") or workload.environment.is_set(name) is False:
                    yield _finding(workload, location, word, process)


def _settings(workload: Workload, process: Process) -> Iterator[Finding]:
    file = workload.settings(process)
    if file is None or process.entry.option("-w", "--workers") is not None:
        return
    arguments = workload.environment.get("GUNICORN_CMD_ARGS", process)
    if not arguments.is_absent and ("-w" in arguments.or_else("-w") or "--workers" in arguments.or_else("-w")):
        return
    for assignment in file.assignments:
        if assignment.target == "workers" and not assignment.scope:
            found = node_count(file, assignment.value, "", workload.environment.is_set)
            if found is not None:
                yield _finding(workload, assignment.location, f"workers = {found.written}", process)


def _configuration_alone(workload: Workload) -> Iterator[Finding]:
    """A gunicorn configuration file with nothing beside it."""
    for _, program in workload.programs():
        if program.entry.path.rsplit("/", 1)[-1] not in CONFIGURATION:
            continue
        for assignment in program.entry.assignments:
            if assignment.target == "workers" and not assignment.scope:
                found = node_count(program.entry, assignment.value, "", lambda _: False)
                if found is not None:
                    yield _finding(workload, assignment.location, f"workers = {found.written}", None)


def _image(workload: Workload) -> Iterator[Finding]:
    """Base images whose start script starts one worker per processor."""
    if not workload.base.workers_from_cores or workload.stage is None or workload.launch_places:
        return
    if any(workload.environment.is_set(name) is not False for name in ("WEB_CONCURRENCY", "MAX_WORKERS")):
        return
    yield _finding(workload, workload.stage.from_.location, "the base image's start script", None)


def _finding(workload: Workload, location: Location, spelled: str, process: Process | None) -> Finding:
    limit = workload.quantity("limits", "cpu")
    name = process.entry.name if process is not None else "the server"
    related: tuple[Related, ...] = ()
    message = f"{spelled} counts the processors of the node: {name} starts 16 workers or more on a 16-core node"
    if limit.is_known:
        stall = 100 * (1 - min(limit.value.value, 16) / 16)
        message += (
            f" against limits.cpu {limit.value.text} of {workload.label}; when 16 are busy the container stands still "
            f"{stall:.0f} ms of every 100 ms"
        )
        related = tuple(Related(place.location, f"limits.cpu {limit.value.text}") for place in limit.places)
    else:
        message += ", whatever the container is given; each one costs memory"
    related += tuple(Related(at, f"{what} starts {name}") for at, what in workload.launch_places if at != location)
    severity = Severity.ERROR if limit.is_known else Severity.WARNING
    return Finding(RULE, location, message, FIX, related, severity)


RULE = Rule(
    "workers-from-node-cores",
    "The number of server workers comes from the node's processors",
    Severity.ERROR,
    Workload,
    check,
    calls=(*SERVER_CALLS, *COUNTS),
)
