"""A program collects garbage by hand to get memory back."""

from collections.abc import Iterator

from k8slint import Confidence, Finding, Needs, Related, Rule, Severity, Workload, repeated_collections

FIX = (
    "do the work in a process that ends (ProcessPoolExecutor with max_tasks_per_child, a Job), or let the server "
    "replace its workers"
)


def check(workload: Workload) -> Iterator[Finding]:
    for _, program in workload.programs() if workload.ours.or_else(False) else ():
        of_file: dict[str, list[tuple[str, Related]]] = {}
        for one in repeated_collections(program):
            related = Related(one.location, f"gc.collect() {one.when}")
            of_file.setdefault(one.location.path, []).append((one.when, related))
        for (when, first), *others in of_file.values():
            message = (
                f"gc.collect() {when} stops the whole process while it looks at every object, and finds only what "
                "refers to itself in a circle: the rest is gone already, and its memory mostly stays with the process"
            )
            yield Finding(RULE, first.location, message, FIX, tuple(related for _, related in others[:10]))


RULE = Rule(
    "gc-collect-as-relief",
    "Garbage is collected by hand to get memory back",
    Severity.INFO,
    Workload,
    check,
    Confidence.LOW,
    pedantic=True,
    calls=("gc.collect",),
    needs=(Needs.PYTHON,),
)
