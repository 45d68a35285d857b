"""A scheduler inside a program that runs in several processes."""

from collections.abc import Iterator

from k8slint import (
    Copies,
    Finding,
    Needs,
    Process,
    Program,
    Rule,
    Scheduler,
    Severity,
    Workload,
    copies,
    lasting_programs,
    scheduler_calls,
    schedulers,
    with_django_apps,
)

FIX = (
    "move the jobs to a CronJob, to celery beat, or to a Deployment of their own with replicas: 1 and "
    "strategy: {type: Recreate}; or take a lock that all processes share"
)


def check(workload: Workload) -> Iterator[Finding]:
    for process, program in lasting_programs(workload):
        whole = with_django_apps(program, workload.environment, process)
        for scheduler in schedulers(whole, process):
            yield from _judge(workload, process, program, scheduler)


def _judge(workload: Workload, process: Process, program: Program, scheduler: Scheduler) -> Iterator[Finding]:
    found = copies(workload, process, program, at_import=scheduler.at_import)
    if scheduler.locks or scheduler.is_local:
        return
    if found.are_several:
        message = f"{scheduler.what} of {workload.label} starts in {found}: every job runs {_times(found)}"
        yield Finding(RULE, scheduler.location, message, FIX, found.related())
    elif found.is_one:
        message = (
            f"{scheduler.what} starts in the one process of {workload.label}: with a second one, every job runs twice"
        )
        yield Finding(RULE, scheduler.location, message, FIX, (), Severity.INFO, pedantic=True)


def _times(found: Copies) -> str:
    if found.total is not None:
        return f"{found.total} times"
    return "once in each of them"


RULE = Rule(
    "scheduler-in-replicated-web",
    "A scheduler starts in every process of a program that has several",
    Severity.ERROR,
    Workload,
    check,
    calls=scheduler_calls(),
    needs=(Needs.PYTHON,),
)
