"""A server's number of workers comes from the node's processors."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from k8slint import (
    COUNTS,
    Expr,
    Finding,
    Location,
    NodeCount,
    Process,
    PythonFile,
    Related,
    Role,
    Rule,
    Severity,
    Workload,
    counts_in_shell,
    node_sized,
)

SERVER_CALLS = ("uvicorn.run", "hypercorn.run.run", "granian.Granian", "sanic.Sanic.run")
# The long spelling stands last.
WORKER_OPTIONS = {
    "gunicorn": ("-w", "--workers"),
    "hypercorn": ("-w", "--workers"),
    "sanic": ("-w", "--workers"),
    "celery": ("-c", "--concurrency"),
    "dramatiq": ("-p", "--processes"),
    "uwsgi": ("-p", "--workers", "--processes"),
}
READ_WEB_CONCURRENCY = ("gunicorn", "uvicorn", "fastapi")
CONFIGURATION = ("gunicorn.conf.py", "gunicorn_conf.py", "gunicorn_config.py", "gunicorn.config.py")
WORKERS_OPTION = re.compile(r"(^|\s)(-w|--workers\b)")
# A plain count, also as a default: W=$(nproc), "${W:-$(nproc)}". With arithmetic around it the number is not known.
PLAIN_COUNT = re.compile(r"(\w+=)?\"?(\$\{\w+:?-)?(\$\(|`)[^()`*+]*[)`]\}?\"?")
DEFAULT = re.compile(r"\"?\$\{(\w+):?-")
FIX = (
    "set the number in the manifest, for example env WEB_CONCURRENCY, and read it: "
    "workers = int(os.environ.get('WEB_CONCURRENCY', '2')); resourceFieldRef: limits.cpu gives the limit, rounded up"
)


def check(workload: Workload) -> Iterator[Finding]:
    for process in workload.python_processes:
        yield from _command_line(workload, process)
        file = workload.settings(process)
        if file is not None and not _settings_lose(workload, process):
            yield from _settings(workload, process, file)
    for process_or_none, program in workload.programs():
        for module, call in program.calls(*SERVER_CALLS):
            size = call.keyword("workers")
            found = node_sized(workload, process_or_none, module, size, call.scope) if size is not None else None
            if size is not None and found is not None:
                spelled = f"{call.name}(workers={_text(module, size, found)})"
                yield _finding(workload, found.location, spelled, process_or_none, found.on_16_cores)
        if workload.role is Role.PROGRAM and program.entry.path.rsplit("/", 1)[-1] in CONFIGURATION:
            yield from _settings(workload, None, program.entry)
    yield from _image(workload)


def _command_line(workload: Workload, process: Process) -> Iterator[Finding]:
    options = WORKER_OPTIONS.get(process.entry.server, ("--workers",))
    option = process.entry.option(*options)
    if option is None:
        yield from _variable(workload, process, "WEB_CONCURRENCY")
    elif option.text is None:
        variable = re.match(r"\"?\$\{?(\w+)", option.written)
        if any(map(_counts_in_shell(workload), (option.written, *option.substitutions))):
            default = DEFAULT.match(option.written)
            if default is None or workload.environment.is_set(default.group(1), process) is False:
                spelled = f"{options[-1]} {option.written}"
                yield _finding(workload, option.location, spelled, process, _on_16_cores(option.written))
        elif variable is not None:
            yield from _variable(workload, process, variable.group(1))


def _variable(workload: Workload, process: Process, name: str) -> Iterator[Finding]:
    """A variable of an entry script: ``WORKERS=$(nproc)``, or ``WORKERS=${WORKERS:-$(nproc)}`` where it is not set."""
    if name == "WEB_CONCURRENCY" and not _reads_web_concurrency(workload, process):
        return
    steps = [step for one in workload.python_processes for step in one.steps]
    words = dict.fromkeys((word, at) for step in steps for words, at in step.commands for word in words)
    assigned = [(word, at) for word, at in words if word.startswith(f"{name}=")]
    if len(assigned) != 1:
        return  # A second assignment may be the cap.
    word, location = assigned[0]
    default = DEFAULT.match(word.removeprefix(f"{name}="))
    is_set = workload.environment.is_set(default.group(1) if default else name)
    if _counts_in_shell(workload)(word) and (is_set is False or (is_set is None and default is None)):
        yield _finding(workload, location, word, process, _on_16_cores(word))


def _on_16_cores(written: str) -> int | None:
    return 16 if PLAIN_COUNT.fullmatch(written) else None


def _reads_web_concurrency(workload: Workload, process: Process) -> bool:
    """A configuration file that sets ``workers`` wins over the variable, unless it reads it."""
    file = workload.settings(process)
    text = file.source.text if file is not None else ""
    wins = re.search(r"^workers\b", text, re.MULTILINE) is not None and "WEB_CONCURRENCY" not in text
    return process.entry.server in READ_WEB_CONCURRENCY and not wins


def _counts_in_shell(workload: Workload) -> Callable[[str], bool]:
    # GNU nproc gives OMP_NUM_THREADS where that is set.
    capped = workload.environment.is_set("OMP_NUM_THREADS") is True
    return lambda text: counts_in_shell(text) not in ((None, "nproc") if capped else (None,))


def _settings_lose(workload: Workload, process: Process) -> bool:
    """Whether the command line or ``GUNICORN_CMD_ARGS`` gives the number, or may give it."""
    arguments = workload.environment.get("GUNICORN_CMD_ARGS", process)
    written = "" if arguments.is_absent else arguments.or_else("-w")
    return process.entry.option("-w", "--workers") is not None or WORKERS_OPTION.search(written) is not None


def _settings(workload: Workload, process: Process | None, file: PythonFile) -> Iterator[Finding]:
    assigned = [one for one in file.assignments if one.target == "workers" and not one.scope]
    if len(assigned) != 1:
        return  # A second assignment may be the cap, or the one that counts.
    value = assigned[0].value
    found = node_sized(workload, process, file, value, "")
    if found is not None:
        spelled = f"workers = {_text(file, value, found)}"
        yield _finding(workload, assigned[0].location, spelled, process, found.on_16_cores)


def _image(workload: Workload) -> Iterator[Finding]:
    """Base images whose start script starts one worker per processor."""
    if not workload.base.workers_from_cores or workload.stage is None or workload.launch_places:
        return
    environment = replace(workload.environment, image_open="")  # The image itself sets neither variable.
    if any(environment.is_set(name) is not False for name in ("WEB_CONCURRENCY", "MAX_WORKERS")):
        return
    yield _finding(workload, workload.stage.base_from.location, "the base image's start script", None)


def _text(module: PythonFile, expression: Expr, found: NodeCount) -> str:
    at = expression.location
    if expression.kind == "name" or at.line != at.end_line or at.end_column - at.column > 60:
        return found.written
    return module.source.line(at.line)[at.column - 1 : at.end_column - 1]


def _finding(
    workload: Workload, location: Location, spelled: str, process: Process | None, workers: int | None = 16
) -> Finding:
    """``workers`` is what the setting comes to on a node with 16 cores, None where that is not known."""
    limit = workload.quantity("limits", "cpu")
    name = process.entry.name if process is not None else "the server"
    message = f"{spelled} follows the processors of the node"
    related: tuple[Related, ...] = ()
    if limit.is_known:
        if workers is not None and workers > limit.value.value:
            busy = min(workers, 16)
            stall = 100 * (1 - limit.value.value / busy)
            message += (
                f": {workers} on a 16-core node against limits.cpu {limit.value.text} of {workload.label}; with {busy} "
                f"workers busy the container stands still {stall:.0f} ms of every 100 ms"
            )
        else:
            message += f", and limits.cpu {limit.value.text} of {workload.label} does not change it"
        related = tuple(Related(place.location, f"limits.cpu {limit.value.text}") for place in limit.places)
    else:
        message += (
            f", whatever the container is given: {name} starts more workers on a larger node, and each costs memory"
        )
    related += tuple(Related(at, f"{what} starts {name}") for at, what in workload.launch_places if at != location)
    exceeds = limit.is_known and (workers is None or workers > limit.value.value)
    severity = Severity.ERROR if exceeds else Severity.WARNING
    return Finding(RULE, location, message, FIX, related, severity)


RULE = Rule(
    "workers-from-node-cores",
    "The number of server workers comes from the node's processors",
    Severity.ERROR,
    Workload,
    check,
    calls=(*SERVER_CALLS, *COUNTS),
)
