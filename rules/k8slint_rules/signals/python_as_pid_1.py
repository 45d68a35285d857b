"""The interpreter itself is PID 1, with no init in front of it."""

from collections.abc import Iterator

from k8slint import (
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

CHILDREN = (
    "os.system",
    "os.popen",
    "subprocess.run",
    "subprocess.Popen",
    "subprocess.call",
    "subprocess.check_call",
    "subprocess.check_output",
)


def check(workload: Workload) -> Iterator[Finding]:
    if workload.shares_process_namespace:
        return
    for process in workload.python_processes:
        if not process.entry_is_pid1 or process.entry.sigterm is True or process.entry.finite is True:
            continue
        verdict = _verdict(workload, process)
        if verdict is None:
            continue
        severity, message, related = verdict
        yield Finding(
            RULE,
            process.entry.location,
            f"{process.entry.name} is PID 1 of {workload.label}: {message}",
            "handle SIGTERM in the program, or put an init in front where nothing needs cleaning up: "
            'ENTRYPOINT ["tini", "--"]',
            related,
            severity,
            pedantic=severity is Severity.INFO,
        )


def _verdict(workload: Workload, process: Process) -> tuple[Severity, str, tuple[Related, ...]] | None:
    if process.entry.server:
        if process.entry.sigterm is None or workload.stop_signal.or_else("SIGINT") == "SIGINT":
            return None
        return Severity.ERROR, "it ignores SIGTERM there and is killed when the grace period is over", ()
    found = workload.program(process)
    if not found.is_known:
        return None
    program = found.value
    ignores = stays_up(program).is_known and sigterm_handling(program).is_absent
    if ignores and not _left_by_interrupt(workload, program) and not workload.runs_to_completion:
        place = blocking(program)[0]
        note = f"{place.what} without a SIGTERM handler"
        return (
            Severity.ERROR,
            "the kernel gives PID 1 no default action for SIGTERM and the program sets none, so it lives on until "
            "it is killed at the end of the grace period",
            (Related(place.location, note),),
        )
    orphan = _orphans(program)
    if orphan is not None and not workload.runs_to_completion:
        return (
            Severity.WARNING,
            "it does not wait for processes that lose their parent; each one stays as a zombie until the PID limit "
            "is reached and no new process can start",
            (Related(orphan.location, orphan.note),),
        )
    return (Severity.INFO, "with no init in front, signals and orphaned processes are the program's own business", ())


def _left_by_interrupt(workload: Workload, program: Program) -> bool:
    signal = workload.stop_signal
    sends_interrupt = workload.pre_stop is not False or not signal.is_known or signal.value == "SIGINT"
    return sends_interrupt and (not signal.is_known or interrupt_only(program))


def _orphans(program: Program) -> Place | None:
    """A call whose grandchildren lose their parent (measured): a shell text ending in &, or a shell cut short."""
    for module, call in program.calls(*CHILDREN):
        first = module.resolve(call.args[0], call.scope) if call.args else None
        text = first.value if first is not None and first.kind == "const" and isinstance(first.value, str) else ""
        shell = call.keyword("shell")
        in_shell = call.name in ("os.system", "os.popen") or (shell is not None and shell.value is True)
        if in_shell and text.rstrip().endswith("&"):
            return Place(call.location, "leaves a process in the background of a shell that ends")
        if in_shell and call.keyword("timeout") is not None:
            return Place(call.location, "the timeout kills the shell, not what it started")
    return None


RULE = Rule(
    "python-as-pid-1",
    "The Python interpreter is PID 1, with no init in front of it",
    Severity.ERROR,
    Workload,
    check,
    calls=CHILDREN,
)
