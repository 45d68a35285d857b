"""The entry script starts the program without exec and stays in front of it."""

from collections.abc import Iterator

from k8slint import Finding, OnSigterm, Process, Related, Rule, Severity, Step, StepKind, Workload

HOW = {
    "pipeline": "in a pipe, so the shell stays",
    "background": "in the background without passing SIGTERM on",
    "foreground": "without exec",
}


def check(workload: Workload) -> Iterator[Finding]:
    if workload.runs_to_completion:
        return
    judged = [process for process in workload.python_processes if process.entry.finite is not True]
    if not judged or not all(_script(process) is not None for process in judged):
        return
    for process in judged:
        step = _script(process)
        if step is not None:
            yield _finding(workload, process, step)


def _script(process: Process) -> Step | None:
    """The script that stays in front of Python and keeps the signal to itself."""
    for step in process.steps:
        if step.kind is StepKind.SCRIPT and not step.replaced and step.on_sigterm is OnSigterm.DROPS and step.start:
            return step
    return None


def _finding(workload: Workload, process: Process, step: Step) -> Finding:
    name = process.entry.name
    how = HOW.get(step.how, HOW["foreground"])
    if process.has_init:
        effect = (
            f"the init signals only the shell, the shell ends, and {name} is killed at once without any grace period"
        )
    else:
        wait = workload.grace_seconds.or_else(30)
        effect = (
            f"the shell stays in front of it and keeps SIGTERM to itself; every stop of {workload.label} takes "
            f"{wait} s, then {name} is killed in the middle of its work"
        )
    related = tuple(Related(location, f"{what} runs the script") for location, what in workload.launch_places)
    fix = f'put "exec" before it: exec {name} ...'
    if step.how == "pipeline":
        fix = "write to stdout without a pipe, and start the program with exec"
    return Finding(RULE, step.start or step.location, f"{step.name} starts {name} {how}: {effect}", fix, related)


RULE = Rule(
    "entry-script-without-exec",
    "The entry script starts the program without exec",
    Severity.ERROR,
    Workload,
    check,
)
