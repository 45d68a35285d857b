"""A Job ends with exit code 0 although its program failed."""

from collections.abc import Iterator

from k8slint import Finding, Needs, Role, Rule, Severity, Workload, hidden_failures

SAYS = {
    "handler": (
        "this handler logs what went wrong and lets the program end with exit code 0",
        "end the handler with raise, or with sys.exit(1)",
    ),
    "gather": (
        "return_exceptions=True turns errors into results, and nobody looks at these",
        "keep the results, and raise the first that is an exception, or leave out return_exceptions",
    ),
    "submit": (
        "the future of this call is dropped, and the error of the task with it",
        "keep the futures, and ask each for its result()",
    ),
    "or-true": ("what follows || makes the exit code 0 whatever the program says", "leave out what follows ||"),
    "pipe": (
        "the exit code of a pipeline is that of its last command, not the program's",
        "use bash with set -o pipefail",
    ),
    "last-command": (
        "the shell goes on after the program, and its exit code is that of its last command",
        "begin the script with set -e, or start the program last",
    ),
}


def check(workload: Workload) -> Iterator[Finding]:
    pod = workload.owner.pod if workload.owner is not None else None
    if pod is None or not pod.traits.finite or workload.role is not Role.MAIN:
        return
    for hidden in hidden_failures(workload):
        why, fix = SAYS[hidden.what]
        message = (
            f"{why}: a failed run of {workload.label} is marked Complete, is not tried again, and no alert on failed "
            "Jobs sees it"
        )
        yield Finding(RULE, hidden.location, message, fix)


RULE = Rule(
    "job-hides-failure",
    "A Job ends with exit code 0 although its program failed",
    Severity.WARNING,
    Workload,
    check,
    needs=(Needs.KUBERNETES,),
)
