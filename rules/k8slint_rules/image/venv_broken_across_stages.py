"""A virtual environment that is copied from another stage cannot run there."""

from collections.abc import Iterator

from k8slint import Finding, Needs, Related, Rule, Severity, Workload, broken_environments

FIX = "make the environment at the path, and with the Python version, that it runs with; or start it with python -m"


def check(workload: Workload) -> Iterator[Finding]:
    for one in broken_environments(workload):
        message = f"{workload.label} starts from an environment that cannot run: {one.why}"
        yield Finding(RULE, one.location, message, FIX, (Related(one.made, "the environment is made here"),))


RULE = Rule(
    "venv-broken-across-stages",
    "A virtual environment that is copied from another stage cannot run",
    Severity.ERROR,
    Workload,
    check,
    needs=(Needs.DOCKERFILE,),
)
