"""A shell around the command keeps SIGTERM from Python."""

from collections.abc import Iterator

from k8slint import (
    Confidence,
    ExecForm,
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
    "loop": "starts {name} again and again in a loop",
    "pipeline": "runs {name} as a part of a pipe and must stay",
    "background": "runs {name} in the background",
    "foreground": "starts {name} as a child and waits",
}

FIX = {
    "loop": "start it once with exec and let Kubernetes restart it, or make what is done on a schedule a CronJob",
    "pipeline": "write to stdout without a pipe, and name the program first",
    "background": "name the program first, in the foreground",
    "foreground": 'write the command as a list that names the program first, or put "exec" before {name}',
}


def check(workload: Workload) -> Iterator[Finding]:
    judged = staying_python(workload)
    if not all(_shell(process) is not None for process in judged if not process.runs_beside_others):
        return  # One of the ways that the process may go is fine, and it is not known which one it goes.
    for process in judged:
        step = _shell(process)
        if step is not None and process.entry.is_python:
            yield _finding(workload, process, step)


def _shell(process: Process) -> Step | None:
    """The shell text in the chain that Python does not replace, or replaces by accident only."""
    shells = [step for step in process.steps if step.kind is StepKind.SHELL and step.how != "exec"]
    staying = [step for step in shells if not step.replaced and step.on_sigterm is OnSigterm.DROPS]
    accidental = [step for step in shells if step.replaced]
    return next(iter(staying or accidental), None)


def _finding(workload: Workload, process: Process, step: Step) -> Finding:
    name = process.entry.name
    related = tuple(
        Related(location, what)
        for location, what in workload.launch_places
        if (location.path, location.line) != (step.location.path, step.location.line)
    )
    if step.start is not None and step.start != step.location:
        related += (Related(step.start, f"{name} is started here"),)
    fix = FIX.get(step.how, FIX["foreground"]).format(name=name)
    if step.replaced:
        message = (
            f"{name} of {workload.label} gets SIGTERM only because this image's shell happens to replace itself by its "
            "last command; another base image or one more command in the line, and the signal is lost"
        )
        return Finding(RULE, step.location, message, fix, related, Severity.INFO, pedantic=True)
    # No shell stays out of the way of a pipe or a background job; in front of a single command only dash stays.
    assumed = step.name == "sh" and step.how == "foreground" and workload.shell == "dash" and not workload.base.shell
    kind = f"probably {workload.shell}" if assumed else workload.shell
    shell = f"/bin/sh of this image is {kind}, which" if workload.shell and step.name == "sh" else step.name
    how = HOW.get(step.how, HOW["foreground"]).format(name=name)
    message = f"{shell} {how}: {stop_behind_shell(workload, process, step)}"
    if workload.runs_to_completion:
        return Finding(RULE, step.location, message, fix, related, Severity.INFO, pedantic=True)
    severity = Severity.WARNING if assumed else Severity.ERROR
    confidence = Confidence.MEDIUM if assumed else None
    repair = Repair(f"start {name} without a shell", Safety.SAFE, (ExecForm(step.location),))
    is_plain = step.how == "foreground"
    return Finding(
        RULE, step.location, message, fix, related, severity, confidence, repair=repair if is_plain else None
    )


RULE = Rule(
    "shell-form-blocks-sigterm",
    "A shell around the command keeps SIGTERM from Python",
    Severity.ERROR,
    Workload,
    check,
    fixable=Safety.SAFE,
)
