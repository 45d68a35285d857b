"""What a stop of the container does to a program that a shell stays in front of."""

from __future__ import annotations

from k8slint.workload.process import Process, Step, StepKind
from k8slint.workload.workload import Workload


def stop_behind_shell(workload: Workload, process: Process, step: Step) -> str:
    """The end of a sentence about ``step``, a shell of ``process`` that stays and drops SIGTERM (all measured)."""
    name, before = process.entry.name, process.steps[: process.steps.index(step)]
    init = next((one for one in before if one.kind is StepKind.INIT), None)
    if init is not None and init.group_signal:
        return f"{init.name} signals both, but the shell ends first, and {name} is killed with it within milliseconds"
    if init is not None and process.runs_beside_others and len(workload.processes.or_else(())) > 1:
        return (
            f"SIGTERM ends only the shell, {init.name} takes that for the end of {name} and ends with its other "
            f"programs, and {name} is killed without a grace period"
        )
    if init is not None or workload.shares_process_namespace:
        return f"SIGTERM ends only the shell, the container ends with it, and {name} is killed without a grace period"
    grace = workload.grace_seconds
    wait = f"{grace.or_else(30)} s" if grace.is_known or workload.owner is None else "the whole grace period"
    return (
        f"the shell stays in front of it and keeps SIGTERM to itself; every stop of {workload.label} takes {wait}, "
        f"then {name} is killed in the middle of its work"
    )
