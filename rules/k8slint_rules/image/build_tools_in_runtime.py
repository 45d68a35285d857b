"""The image that runs holds a compiler."""

from collections.abc import Iterator

from k8slint import COMPILE_CALLS, Finding, Needs, Rule, Severity, Workload, build_tools, compiles

FIX = "build wheels or the environment in an earlier stage and copy them, or remove the packages in the same RUN"


def check(workload: Workload) -> Iterator[Finding]:
    if workload.base.full or not workload.python.or_else(False) or compiles(workload):
        return
    for one in build_tools(workload):
        if not one.has_compiler:
            continue
        names = ", ".join(one.packages[:4]) + (" and more" if len(one.packages) > 4 else "")
        if one.is_hidden:
            message = (
                f"{names} are installed in one layer and the compiler is removed in a later one, which makes the image "
                "no smaller: every node pulls what only the build needs"
            )
            yield Finding(RULE, one.location, message, FIX)
            continue
        verb = "stays" if len(one.packages) == 1 else "stay"
        message = (
            f"{names} {verb} in the image that runs: every node pulls the compiler, and whoever gets in finds "
            "one; only the build needs it"
        )
        yield Finding(RULE, one.location, message, FIX)


RULE = Rule(
    "build-tools-in-runtime",
    "The image that runs holds a compiler",
    Severity.INFO,
    Workload,
    check,
    calls=COMPILE_CALLS,
    needs=(Needs.DOCKERFILE,),
)
