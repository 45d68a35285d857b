"""A probe, a hook or the command starts a program that the image does not have."""

from collections.abc import Iterator

from k8slint import ExecCommand, Finding, Needs, Related, Rule, Severity, Workload, exec_commands, missing_program


def check(workload: Workload) -> Iterator[Finding]:
    for command in exec_commands(workload):
        for index, (program, location) in enumerate(command.programs):
            missing = missing_program(workload, program)
            if not missing.is_known:
                continue
            name = program.rsplit("/", 1)[-1]
            message = (
                f"{command.field} of {workload.label} runs {name}, which {missing.value.name} does not have, and "
                f"nothing installs it: {_consequence(workload, command, in_text=index > 0)}"
            )
            start = workload.from_location
            related = (Related(start, f"an image without {name}"),) if start is not None else ()
            confidence = workload.link.value.confidence if workload.link.is_known else None
            yield Finding(RULE, location, message, _fix(command, name), related, confidence=confidence)
            break
        else:
            yield from _one_word(workload, command)


def _one_word(workload: Workload, command: ExecCommand) -> Iterator[Finding]:
    """A whole command line in one element: a file of that name is looked for."""
    is_ours = workload.python.or_else(False) or workload.stage is not None
    if len(command.words) != 1 or " " not in command.words[0].strip() or not is_ours:
        return
    message = (
        f"{command.field} of {workload.label} is one word, {command.words[0]!r}: a file of that name, blanks included, "
        f"is looked for and not found: {_consequence(workload, command, in_text=False)}"
    )
    yield Finding(RULE, command.location, message, "write each word as an element of its own")


def _consequence(workload: Workload, command: ExecCommand, in_text: bool) -> str:
    after = f" after {command.seconds} s" if command.seconds is not None else ""
    if command.field in ("livenessProbe", "startupProbe"):
        return f"the probe fails every time, and the container is restarted{after}, over and over"
    if command.field == "readinessProbe":
        return "the probe fails every time, and the pod never becomes ready"
    if in_text:
        return 'the shell says "not found" and goes on as if the command had failed'
    if command.field == "preStop":
        return "the hook fails, and SIGTERM follows at once"
    if command.field == "postStart":
        return "the hook fails, and the container is killed and started again"
    return "the container cannot start"


def _fix(command: ExecCommand, name: str) -> str:
    if command.field.endswith("Probe"):
        return f"use httpGet, tcpSocket or grpc, which need no program in the image, or install {name}"
    if command.field == "preStop" and "sleep" in " ".join(command.words):
        return "use the action sleep (preStop: sleep: seconds: 5), which needs no program in the image"
    return f"install {name} in the image's last stage, or do it in Python"


RULE = Rule(
    "exec-binary-missing",
    "A probe, a hook or the command starts a program that the image does not have",
    Severity.ERROR,
    Workload,
    check,
    needs=(Needs.KUBERNETES,),
)
