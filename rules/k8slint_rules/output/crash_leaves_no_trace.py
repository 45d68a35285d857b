"""When compiled code crashes, nothing says where."""

from collections.abc import Iterator

from k8slint import (
    Field,
    Finding,
    Item,
    Level,
    Needs,
    Related,
    Repair,
    Role,
    Rule,
    Safety,
    Severity,
    Workload,
    native_code,
    tells_of_crashes,
)

FIX = "set env PYTHONFAULTHANDLER to 1, and terminationMessagePolicy: FallbackToLogsOnError"


def check(workload: Workload) -> Iterator[Finding]:
    if workload.location is None or workload.role is Role.INIT or not workload.ours.or_else(False):
        return
    for process, program in workload.programs():
        native = native_code(program)
        if process is None or not native.is_known or not tells_of_crashes(workload, process, program).is_absent:
            continue
        message = (
            f"a crash in {native.value} ends {workload.label} with exit code 139 and no traceback, and the status of "
            "the pod shows no line of its log"
        )
        related = tuple(Related(place.location, place.note) for place in native.places)
        place = workload.location
        changes = (
            Item(place, Level.CONTAINER, ("env",), ('name: PYTHONFAULTHANDLER\nvalue: "1"',)),
            Field(place, Level.CONTAINER, ("terminationMessagePolicy",), "FallbackToLogsOnError"),
        )
        repair = Repair("let a crash be told", Safety.SAFE, changes)
        yield Finding(RULE, place, message, FIX, related, repair=repair)
        return


RULE = Rule(
    "crash-leaves-no-trace",
    "When compiled code crashes, nothing says where",
    Severity.INFO,
    Workload,
    check,
    pedantic=True,
    fixable=Safety.SAFE,
    needs=(Needs.KUBERNETES, Needs.PYTHON),
)
