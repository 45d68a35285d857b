"""What the program prints stays in a buffer, because PYTHONUNBUFFERED is not set."""

from collections.abc import Iterator

from k8slint import Call, Finding, Process, Program, PythonFile, Related, Role, Rule, Severity, Workload

PRINTS = ("print", "sys.stdout.write", "builtins.print")
FLUSHES = ("sys.stdout.reconfigure", "sys.stdout.flush")
FIX = "set ENV PYTHONUNBUFFERED=1 in the image's last stage"


def check(workload: Workload) -> Iterator[Finding]:
    if workload.role is Role.PROGRAM or not workload.python.or_else(False):
        return
    processes = workload.python_processes
    if not processes:
        if not workload.processes.is_known:
            yield from _judge(workload, None)
        return
    for process in processes:
        yield from _judge(workload, process)


def _judge(workload: Workload, process: Process | None) -> Iterator[Finding]:
    location = workload.from_location or workload.location
    if location is None or (process is not None and process.entry.unbuffered_flag):
        return
    setting = workload.environment.get("PYTHONUNBUFFERED", process)
    ignored = process is not None and process.entry.ignores_environment
    if setting.is_unknown or (setting.is_known and setting.value not in ("", "0") and not ignored):
        return
    state = "is not set"
    if ignored:
        state = "is ignored by python -E and -I"
    elif setting.is_known:
        state = f"is {setting.value!r}, which leaves buffering on"
    related = tuple(Related(place.location, place.note) for place in setting.places)
    if workload.container is not None and workload.container.command.is_known:
        related += tuple(Related(at, f"{what}, which replaces the image's own") for at, what in workload.launch_places)
    printed = _printed(workload, process)
    where = f" in {workload.label}"
    if printed is None or workload.runs_to_completion:
        message = (
            f"PYTHONUNBUFFERED {state}{where}: what is printed arrives in blocks of 8 KiB, and the last block is lost "
            "when the process is killed. What goes through logging is not lost"
        )
        yield Finding(RULE, location, message, FIX, related, Severity.INFO)
        return
    module, call = printed
    message = (
        f"PYTHONUNBUFFERED {state}{where}, and {module.path} prints: up to 8 KiB of output stay in the process, and "
        "are lost when it is killed, for example for using too much memory"
    )
    yield Finding(RULE, location, message, FIX, (*related, Related(call.location, "prints without flush=True")))


def _printed(workload: Workload, process: Process | None) -> tuple[PythonFile, Call] | None:
    """A print that can be lost. uvicorn's access log flushes the same stream (measured)."""
    if process is None or process.entry.server in ("uvicorn", "fastapi"):
        return None
    program = workload.program(process)
    return _first_print(program.value) if program.is_known else None


def _first_print(program: Program) -> tuple[PythonFile, Call] | None:
    if any(True for _ in program.calls(*FLUSHES)):
        return None
    for module, call in program.calls(*PRINTS):
        flush, file = call.keyword("flush"), call.keyword("file")
        if (flush is None or flush.value is False) and file is None and program.uses(call.scope.rsplit(".", 1)[-1]):
            return module, call
    return None


RULE = Rule(
    "stdout-buffered",
    "Printed output stays in a buffer: PYTHONUNBUFFERED is not set",
    Severity.WARNING,
    Workload,
    check,
    calls=(*PRINTS, *FLUSHES),
)
