"""What must be known before it can be said that a workload stops well."""

from __future__ import annotations

from collections.abc import Iterator

from k8slint.checklist.counting import processes, programs
from k8slint.workload.children import orphans, reaps_orphans
from k8slint.workload.lifetime import sigterm_handling, stays_up
from k8slint.workload.pools import children_at_risk, group_signal
from k8slint.workload.process import OnSigterm, Process
from k8slint.workload.shutdown import pre_stop_seconds, shutdown_budget
from k8slint.workload.traffic import closes_listener, has_draining_mesh, is_replaced_in_turn
from k8slint.workload.workload import Workload


def arrival(workload: Workload) -> Iterator[str]:
    """Whether SIGTERM gets through every step in front of the program."""
    yield from processes(workload)
    for process in workload.processes.or_else(()):
        for step in process.steps:
            if not step.replaced and step.on_sigterm is OnSigterm.UNKNOWN:
                yield f"whether {step.name} passes SIGTERM on ({step.location})"
            elif not step.replaced and step.on_sigterm is OnSigterm.DROPS:
                yield f"what a stop does behind {step.name}, which keeps SIGTERM ({step.location})"


def reaction(workload: Workload) -> Iterator[str]:
    """What the program does once the signal is there."""
    yield from processes(workload)
    signal = workload.stop_signal
    if signal.is_unknown:
        yield f"the stop signal: {signal.reason}"
    for process in workload.processes.or_else(()):
        yield from _reaction(workload, process)


def _reaction(workload: Workload, process: Process) -> Iterator[str]:
    entry = process.entry
    if entry.sigterm:
        return
    if entry.server or not entry.is_python:
        yield f"what {entry.name} does on SIGTERM"
        return
    program = workload.program(process)
    if not program.is_known:
        yield f"the program: {program.reason or 'it is not in the repository'}"
        return
    handling = sigterm_handling(program.value)
    if handling.is_unknown:
        yield f"whether the program handles SIGTERM: {handling.reason}"
    elif handling.is_absent:
        up = stays_up(program.value)
        yield f"how long the program runs: {up.reason}" if up.is_unknown else "what a stop interrupts"


def time_to_finish(workload: Workload) -> Iterator[str]:
    """The numbers that the grace period is compared with."""
    yield from processes(workload)
    if workload.grace_seconds.is_unknown:
        yield f"the grace period: {workload.grace_seconds.reason}"
    hook = pre_stop_seconds(workload)
    if hook.is_unknown and workload.container is not None:
        yield f"the preStop hook: {hook.reason}"
    for process in workload.processes.or_else(()):
        budget = shutdown_budget(workload, process)
        if budget.is_unknown:
            yield f"how long {process.entry.name} takes to finish: {budget.reason}"
        elif budget.is_absent:
            yield f"how long {process.entry.name} takes to finish"
        elif budget.value.seconds is None:
            yield f"how long running work takes: {budget.value.name} sets no bound"


def draining(workload: Workload) -> Iterator[str]:
    """Whether anything waits between the end of the traffic's route and the end of the listener."""
    yield from processes(workload)
    if workload.pre_stop or has_draining_mesh(workload):
        return
    if workload.pre_stop is None:
        yield "whether a preStop hook waits: a template that was not rendered may say so"
    for process in workload.processes.or_else(()):
        closing = closes_listener(workload, process)
        if closing.is_unknown:
            yield closing.reason
        elif closing.is_known and is_replaced_in_turn(workload):
            yield f"whether requests still come when {closing.value} stops listening"


def children(workload: Workload) -> Iterator[str]:
    """Who waits for children, and who is told to stop."""
    yield from processes(workload)
    for process in workload.python_processes:
        program = workload.program(process)
        if program.is_known and orphans(program.value, workload.shell) and reaps_orphans(workload, process) is None:
            yield f"whether PID 1 waits for processes that {process.entry.name} leaves behind"
        group = group_signal(workload, process)
        if group.is_unknown:
            yield f"whether the init signals all processes: {group.reason}"
        elif group.is_known and (risk := children_at_risk(workload, process)).is_unknown:
            yield f"what a signal to all processes does: {risk.reason}"
    yield from programs(workload)
