"""A shell around the command keeps SIGTERM from Python."""

from collections.abc import Iterator

from k8slint import Confidence, Finding, OnSigterm, Process, Related, Rule, Severity, Step, StepKind, Workload

HOW = {
    "pipeline": "runs it as a part of a pipe and must stay",
    "background": "runs it in the background",
    "foreground": "starts it as a child and waits",
}


def check(workload: Workload) -> Iterator[Finding]:
    judged = [process for process in workload.python_processes if process.entry.finite is not True]
    if not judged or not all(_shell(process) is not None for process in judged):
        return
    for process in judged:
        step = _shell(process)
        if step is not None:
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
        Related(location, what) for location, what in workload.launch_places if location.line != step.location.line
    )
    if step.start is not None and step.start != step.location:
        related += (Related(step.start, f"{name} is started here"),)
    fix = f'write the command as a list that names the program first, or put "exec" before {name}'
    if step.replaced:
        message = (
            f"{name} of {workload.label} gets SIGTERM only because this image's shell happens to replace itself by its "
            "last command; another base image or one more command in the line, and the signal is lost"
        )
        return Finding(RULE, step.location, message, fix, related, Severity.INFO, pedantic=True)
    shell = f"/bin/sh of this image is {workload.shell}, which" if workload.shell and step.name == "sh" else step.name
    how = HOW.get(step.how, HOW["foreground"])
    if process.has_init:
        effect = (
            f"the init signals only the shell, the shell ends, and {name} is killed at once without any grace period"
        )
    else:
        wait = workload.grace_seconds.or_else(30)
        effect = f"{name} never gets SIGTERM; every stop takes {wait} s and then cuts off what it is doing"
    message = f"{shell} {how}: the shell is what {workload.label} runs, and {effect}"
    if workload.runs_to_completion:
        return Finding(RULE, step.location, message, fix, related, Severity.INFO, pedantic=True)
    assumed = workload.base.shell is None and step.name == "sh"
    severity = Severity.WARNING if assumed else Severity.ERROR
    return Finding(RULE, step.location, message, fix, related, severity, Confidence.MEDIUM if assumed else None)


RULE = Rule(
    "shell-form-blocks-sigterm",
    "A shell around the command keeps SIGTERM from Python",
    Severity.ERROR,
    Workload,
    check,
)
