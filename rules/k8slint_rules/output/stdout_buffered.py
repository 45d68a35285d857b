"""What the program prints stays in a buffer, because PYTHONUNBUFFERED is not set."""

from collections.abc import Iterator

from k8slint import Call, Finding, Process, Program, PythonFile, Related, Role, Rule, Severity, Workload

PRINTS = ("print", "builtins.print", "sys.stdout.write")
RECONFIGURE = "sys.stdout.reconfigure"
FLUSHES = ("sys.stdout.flush", "logging.StreamHandler", "logging.basicConfig", "uvicorn.run")
FIX = "set ENV PYTHONUNBUFFERED=1 in the image's last stage"


def check(workload: Workload) -> Iterator[Finding]:
    if workload.role is Role.PROGRAM or not workload.python.or_else(False):
        return
    if not workload.processes.is_known:
        yield from _judge(workload, None)
    for process in workload.python_processes:
        yield from _judge(workload, process)


def _judge(workload: Workload, process: Process | None) -> Iterator[Finding]:
    location, fix = workload.from_location or workload.location, FIX
    if location is None or (process is not None and process.entry.unbuffered_flag):
        return
    setting = workload.environment.get("PYTHONUNBUFFERED", process)
    state = "is not set"
    if process is not None and process.entry.ignores_environment:
        state, location, fix = "is ignored under python -E and -I", process.entry.location, "add the option -u"
    elif setting.is_unknown or (setting.is_known and setting.value not in ("", "0")):
        return
    elif setting.is_known:
        state, fix = f"is {setting.value or 'empty'}, which means off,", "set PYTHONUNBUFFERED to 1"
        location = setting.places[0].location if setting.places else location
    program = workload.program(process).or_else(None) if process is not None else None
    if program is not None and any(_unbuffers(call) for _, call in program.calls(RECONFIGURE)):
        return
    start = f"PYTHONUNBUFFERED {state} in {workload.label}"
    printed = _first_print(program) if program is not None and not _flushed(workload, process, program) else None
    if printed is None or workload.runs_to_completion:
        message = (
            f"{start}: what is printed arrives in blocks of 8 KiB, and the last block is lost when the process is "
            "killed; what goes through logging is not lost"
        )
        yield Finding(RULE, location, message, fix, severity=Severity.INFO)
        return
    module, call = printed
    message = (
        f"{start} and {module.path} prints: up to 8 KiB of output stay in the process, and are lost when it is killed, "
        "for example for using too much memory"
    )
    yield Finding(RULE, location, message, fix, (Related(call.location, "prints without a flush"),))


def _flushed(workload: Workload, process: Process | None, program: Program) -> bool:
    """Whether something else flushes the printed text: a server's log, a handler that writes to the same stream."""
    if any(_writes_to_stdout(call) for _, call in program.calls(*FLUSHES)):
        return True
    if process is None or process.entry.server in ("celery", "dramatiq"):
        return True  # Their workers pass on what tasks print through logging (measured).
    entry, settings = process.entry, workload.settings(process)
    if entry.server == "gunicorn":
        options = [entry.option("--access-logfile")]
        log = ...
    return False
