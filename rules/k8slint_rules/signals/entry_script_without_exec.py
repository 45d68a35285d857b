"""The entry script starts the program without exec and stays in front of it."""

from collections.abc import Iterator

from k8slint import (
    ExecInFront,
    Finding,
    OnSigterm,
    Process,
    Related,
    Repair,
    Rule,
    Safety,
    Severity,
    Step,
    StepKind,
    Workload,
    staying_python,
    stop_behind_shell,
)

HOW = {
    "loop": "in a loop",
    "pipeline": "in a pipe, so the shell stays",
    "background": "in the background",
    "foreground": "without exec",
}
FIX = {
    "loop": "start it once with exec and let Kubernetes restart it, or make what is done on a schedule a CronJob",
    "pipeline": "write to stdout without a pipe, and start the program with exec",
    "background": "start it last with exec, or pass the signal on: trap 'kill -TERM \"$pid\"' TERM, then wait twice",
    "foreground": 'put "exec" in front of this command, so that {name} takes the place of the shell',
}


def check(workload: Workload) -> Iterator[Finding]:
    if workload.runs_to_completion:
        return
    judged = staying_python(workload)
    if not all(_script(process) is not None for process in judged if not process.runs_beside_others):
        return  # One of the ways that the script may go is fine, and it is not known which one it goes.
    for process in judged:
        step = _script(process)
        if step is not None and process.entry.is_python:
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
    fix = FIX.get(step.how, FIX["foreground"]).format(name=name)
    message = f"{step.name} starts {name} {how}: {stop_behind_shell(workload, process, step)}"
    related = tuple(Related(location, f"started from here: {what}") for location, what in workload.launch_places)
    start = step.start or step.location
    is_plain = step.how not in HOW or step.how == "foreground"
    repair = Repair(f"start {name} with exec", Safety.SAFE, (ExecInFront(start),)) if is_plain else None
    return Finding(RULE, start, message, fix, related, repair=repair)


RULE = Rule(
    "entry-script-without-exec",
    "The entry script starts the program without exec",
    Severity.ERROR,
    Workload,
    check,
    fixable=Safety.SAFE,
)
