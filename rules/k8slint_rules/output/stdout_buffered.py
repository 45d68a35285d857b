"""What the program prints stays in a buffer, because PYTHONUNBUFFERED is not set."""

from collections.abc import Iterator

from k8slint import (
    Call,
    Finding,
    ImageVariable,
    Item,
    Level,
    Location,
    Process,
    Program,
    PythonFile,
    Related,
    Repair,
    Role,
    Rule,
    Safety,
    Severity,
    Workload,
    is_method_of_unmade_class,
    only_in_idle_classes,
)

PRINTS = ("print", "builtins.print", "sys.stdout.write")
RECONFIGURE = "sys.stdout.reconfigure"
FLUSHES = ("sys.stdout.flush", "logging.StreamHandler", "logging.basicConfig", "uvicorn.run")
QUIET = (False, "warning", "error", "critical")
FIX = "set ENV PYTHONUNBUFFERED=1 in the image's last stage"


def check(workload: Workload) -> Iterator[Finding]:
    if workload.is_base or workload.role is Role.PROGRAM or not workload.python.or_else(False):
        return
    if not workload.processes.is_known:
        yield from _judge(workload, None)
    for process in workload.python_processes:
        yield from _judge(workload, process)


def _judge(workload: Workload, process: Process | None) -> Iterator[Finding]:
    location = workload.from_location or workload.location
    if location is None or (process is not None and process.entry.unbuffered_flag):
        return
    setting = workload.environment.get("PYTHONUNBUFFERED", process)
    state, fix = "is not set", FIX if workload.stage is not None else "set PYTHONUNBUFFERED to 1 in env"
    if process is not None and process.entry.ignores_environment:
        state, location, fix = "is ignored (python -E or -I)", process.entry.location, "add the option -u"
    elif setting.is_unknown or (setting.is_known and setting.value not in ("", "0")):
        return
    elif setting.is_known:
        state, fix = f"is {setting.value or 'empty'}, which leaves buffering on,", "set PYTHONUNBUFFERED to 1"
        location = setting.places[0].location if setting.places else location
    printed = None
    found = workload.program(process) if process is not None else None
    if process is not None and found is not None and found.is_known:
        if any(_unbuffers(call) for _, call in found.value.calls(RECONFIGURE)):
            return
        printed = None if _is_flushed(workload, process, found.value) else _first_print(found.value)
    start = f"PYTHONUNBUFFERED {state} in {workload.label}"
    if printed is None or workload.runs_to_completion:
        message = (
            f"{start}: what is printed arrives in blocks of 8 KiB, and the last block is lost when the process is "
            "killed; what goes through logging is not lost"
        )
        repair = _repair(workload, location) if state == "is not set" else None
        yield Finding(RULE, location, message, fix, _start(process, location), Severity.INFO, repair=repair)
        return
    module, call = printed
    message = (
        f"{start} and {module.path} prints: up to 8 KiB of output stay in the process, and are lost when it is killed, "
        "for example for using too much memory"
    )
    repair = _repair(workload, location) if state == "is not set" else None
    related = (Related(call.location, "prints without a flush"), *_start(process, location))
    yield Finding(RULE, location, message, fix, related, repair=repair)


def _repair(workload: Workload, location: Location) -> Repair | None:
    change: ImageVariable | Item | None = None
    if location == workload.from_location:
        change = ImageVariable(location, "PYTHONUNBUFFERED", "1")
    elif location == workload.location:
        change = Item(location, Level.CONTAINER, ("env",), ('name: PYTHONUNBUFFERED\nvalue: "1"',))
    return Repair("set PYTHONUNBUFFERED", Safety.SAFE, (change,)) if change is not None else None


def _start(process: Process | None, location: Location) -> tuple[Related, ...]:
    """Where another file than the one to edit starts the program: there -u would do as well."""
    entry = process.entry if process is not None else None
    if entry is None or entry.location.path == location.path:
        return ()
    return (Related(entry.location, "starts the program, without -u"),)


def _is_flushed(workload: Workload, process: Process, program: Program) -> bool:
    """Whether something flushes the stream now and then, or takes the text before it gets there (measured)."""
    if any(_flushes(call) for _, call in program.calls(*FLUSHES)):
        return True
    entry = process.entry
    if entry.server in ("uvicorn", "fastapi"):  # The access log goes to the same stream.
        level = entry.option("--log-level")
        is_off = any(word.text == "--no-access-log" for word in entry.words)
        return not is_off and (level is None or level.text not in QUIET)
    if entry.server == "gunicorn":
        option, settings = entry.option("--access-logfile"), workload.settings(process)
        in_settings = settings is not None and "accesslog" in settings.source.text
        return in_settings or (option is not None and option.text in ("-", None))
    return entry.server in ("celery", "dramatiq")  # Their workers hand on what tasks print.


def _flushes(call: Call) -> bool:
    keywords = dict(call.keywords)
    if call.name == "uvicorn.run":
        return not any(name in keywords and keywords[name].value in QUIET for name in ("access_log", "log_level"))
    return call.name == "sys.stdout.flush" or any(
        value.value == "sys.stdout" for value in (*call.args, *keywords.values())
    )


def _unbuffers(call: Call) -> bool:
    names = ("line_buffering", "write_through", "**")
    return any(name in names and value.value is not False for name, value in call.keywords)


def _first_print(program: Program) -> tuple[PythonFile, Call] | None:
    for module, call in program.calls(*PRINTS):
        flush, file = call.keyword("flush"), call.keyword("file")
        is_plain = (flush is None or flush.value is False) and (file is None or file.value == "sys.stdout")
        if is_plain and _runs(program, module, call.scope):
            return module, call
    return None


def _runs(program: Program, module: PythonFile, scope: str) -> bool:
    """Whether code runs: at the top of a module, in a function that is used, or in one that a decorator registers.

    What has no arguments, such as ``@wraps``, ``@property`` or ``@only_admins``, registers no method.
    """
    decorators = [each for one in module.functions if one.name == scope for each in one.decorators]
    is_registered = bool(decorators) and ("." not in scope or any(each.kind == "call" for each in decorators))
    name = scope.rsplit(".", 1)[-1]
    if not scope or is_registered:
        return True
    is_idle = is_method_of_unmade_class(program, module, scope) or only_in_idle_classes(program, name)
    return program.uses(name) and not is_idle


RULE = Rule(
    "stdout-buffered",
    "Printed output stays in a buffer: PYTHONUNBUFFERED is not set",
    Severity.WARNING,
    Workload,
    check,
    calls=(*PRINTS, RECONFIGURE, *FLUSHES),
    fixable=Safety.SAFE,
)
