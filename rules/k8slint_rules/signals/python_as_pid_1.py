"""The interpreter itself is PID 1, with no init in front of it."""

from collections.abc import Iterator

from k8slint import (
    Expr,
    Finding,
    Place,
    Process,
    Program,
    Related,
    Rule,
    Severity,
    Workload,
    blocking,
    interrupt_only,
    sigterm_handling,
    stays_up,
)

SHELLS = ("os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput")
CHILDREN = tuple(f"subprocess.{name}" for name in ("run", "Popen", "call", "check_call", "check_output"))
BROWSERS = (
    *(f".{name}.launch" for name in ("chromium", "firefox", "webkit")),
    *(f"selenium.webdriver.{name}" for name in ("Chrome", "Edge", "Firefox")),
    "undetected_chromedriver.Chrome",
    "pyppeteer.launch",
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
        place = blocking(program)[0]
        return Severity.ERROR, message, HANDLE, (Related(place.location, f"{place.what} without a SIGTERM handler"),)
    orphan = None if workload.runs_to_completion else _orphans(program, workload.shell)
    if orphan is not None:
        message = (
            "it does not wait for processes that lose their parent; each one stays as a zombie until the PID limit "
            "is reached and no new process can start"
        )
        return Severity.WARNING, message, REAP, (Related(orphan.location, orphan.note),)
    message = "with no init in front, signals and orphaned processes are the program's own business"
    return Severity.INFO, message, HANDLE, ()


def _ignores_stop(workload: Workload, program: Program) -> bool:
    """Python raises KeyboardInterrupt on SIGINT, as PID 1 too (measured); a preStop hook may be what sends it."""
    if not workload.stop_signal.is_known or workload.stop_signal.value != "SIGTERM":
        return False
    if workload.pre_stop and interrupt_only(program):
        return False
    return stays_up(program).is_known and sigterm_handling(program).is_absent


def _orphans(program: Program, sh: str | None) -> Place | None:
    """A call whose grandchildren lose their parent (measured): a shell text ending in &, or a shell cut short."""
    for module, call in program.calls(*SHELLS, *CHILDREN):
        text = _ending(module.resolve(call.args[0], call.scope)) if call.args else ""
        shell, timeout = call.keyword("shell"), call.keyword("timeout")
        in_shell = call.name in SHELLS or (shell is not None and shell.value is True)
        if in_shell and text.rstrip().endswith("&"):
            return Place(call.location, "leaves a process in the background of a shell that ends")
        # bash and BusyBox put a single command in the place of the shell, so that it is what the timeout kills.
        if in_shell and sh == "dash" and timeout is not None and not (timeout.kind == "const" and not timeout.value):
            return Place(call.location, "the timeout kills the shell, not what it started")
    browser = next(program.calls(*BROWSERS), None)
    return Place(browser[1].location, "starts a browser, whose helper processes outlive it") if browser else None


def _ending(expr: Expr) -> str:
    """The last piece of a text as far as it is written: of an f-string, of a sum."""
    while expr.kind in ("fstring", "binary") and expr.args:
        expr = expr.args[-1]
    return expr.value if expr.kind == "const" and isinstance(expr.value, str) else ""


RULE = Rule(
    "python-as-pid-1",
    "The Python interpreter is PID 1, with no init in front of it",
    Severity.ERROR,
    Workload,
    check,
    calls=(*SHELLS, *CHILDREN, *BROWSERS),
)
