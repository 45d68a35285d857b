"""Every start compiles all packages anew and cannot keep the result."""

from collections.abc import Iterator

from k8slint import Finding, Needs, Related, Rule, Severity, Workload, recompiled

FIX = "set UV_COMPILE_BYTECODE=1 before the install, or run python -m compileall in the image's build"


def check(workload: Workload) -> Iterator[Finding]:
    found = recompiled(workload)
    if not found.is_known:
        return
    one = found.value
    message = (
        f"{one.install.tool} installs without bytecode, and {workload.label} cannot keep any: every start compiles the "
        f"packages again, and importing {one.package} takes up to {one.slow} s of one CPU instead of {one.fast} s"
    )
    yield Finding(RULE, one.install.location, message, FIX, (Related(one.because.location, one.because.note),))


RULE = Rule(
    "bytecode-recompiled-every-start",
    "Every start compiles all packages anew",
    Severity.INFO,
    Workload,
    check,
    needs=(Needs.DOCKERFILE, Needs.PYTHON),
)
