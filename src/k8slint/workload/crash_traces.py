"""Whether anything is left to read when compiled code ends a program by a signal."""

from __future__ import annotations

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.models.yaml import has_expression, text
from k8slint.workload.knowledge import library_rows
from k8slint.workload.process import Process
from k8slint.workload.program import Program
from k8slint.workload.workload import Workload

_VARIABLE = "PYTHONFAULTHANDLER"
_POLICY = "terminationMessagePolicy"


def native_code(program: Program) -> Fact[str]:
    """A package with compiled code that the program imports, with the place; absent where none is seen."""
    names = library_rows()["native"]["names"]
    for module in program.modules:
        for one in module.imports:
            package = one.module.partition(".")[0]
            if one.level == 0 and not one.type_checking and package in names:
                return known(package, Place(one.location, f"imports {package}"))
    return absent()


def tells_of_crashes(workload: Workload, process: Process, program: Program) -> Fact[bool]:
    """Whether a crash is told: by Python's fault handler, or by the last lines of the log in the pod's status."""
    node = workload.container.get(_POLICY) if workload.container is not None else None
    policy = text(node) if node is not None else None
    if node is not None and (policy is None or has_expression(policy)):
        return unknown(f"{_POLICY} is filled in later")
    if policy == "FallbackToLogsOnError":
        return known(True)
    if _is_asked_for(process, program):
        return known(True)
    variable = workload.environment.get(_VARIABLE, process)
    if variable.is_unknown:
        return unknown(variable.reason)
    return known(True, *variable.places) if variable.or_else("") else absent()


def _is_asked_for(process: Process, program: Program) -> bool:
    """Whether an option or the code turns the fault handler on, or may."""
    if "faulthandler" in process.entry.extras or program.may_mention("faulthandler"):
        return True
    return any("faulthandler" in module.source.text for module in program.modules)
