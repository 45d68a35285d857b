"""The root file system is read-only, and what runs needs a folder for temporary files."""

from collections.abc import Iterator

from k8slint import (
    Finding,
    Item,
    Level,
    Needs,
    Process,
    Related,
    Repair,
    Rule,
    Safety,
    Severity,
    TemporaryFile,
    Workload,
    read_only_root,
    temporary_calls,
    temporary_files,
    temporary_folder,
)

FIX = "mount an emptyDir at /tmp"
FIX_GUNICORN = f"{FIX}, or, where gunicorn alone needs it, start it with --worker-tmp-dir /dev/shm"


def check(workload: Workload) -> Iterator[Finding]:
    read_only = read_only_root(workload)
    if not read_only.or_else(False) or not workload.processes.is_known:
        return
    needs = [(one, _needs(workload, one)) for one in workload.processes.value]
    if not needs or not all(found for _, found in needs):
        return  # One of the ways that the container may go needs nothing, and it is not known which one it goes.
    process, found = needs[0]
    worst = max((one for _, all_found in needs for one in all_found), key=lambda one: one.at_start)
    failure = 'with "No usable temporary directory found"'
    message = (
        f"the root file system of {workload.label} is read-only, and neither /tmp nor another folder for temporary "
        f"files is writable: {worst.consequence} {failure}"
    )
    if worst.at_start:
        message += ", and the container starts over and over" if not workload.runs_to_completion else ""
    related = tuple(Related(one.location, one.consequence) for one in found)
    fix = FIX_GUNICORN if process.entry.server == "gunicorn" and len(found) == 1 and worst.at_start else FIX
    severity = Severity.ERROR if worst.at_start else Severity.WARNING
    place = workload.location or read_only.places[0].location
    mounted = Item(place, Level.CONTAINER, ("volumeMounts",), ("name: tmp\nmountPath: /tmp",))
    volume = Item(place, Level.POD, ("volumes",), ("name: tmp\nemptyDir: {}",))
    repair = Repair(FIX, Safety.SAFE, (mounted, volume))
    yield Finding(RULE, read_only.places[0].location, message, fix, related, severity, repair=repair)


def _needs(workload: Workload, process: Process) -> tuple[TemporaryFile, ...]:
    if not process.entry.is_python or not temporary_folder(workload, process).is_absent:
        return ()
    return temporary_files(workload, process)


RULE = Rule(
    "readonly-root-needs-tmp",
    "A read-only root without a writable /tmp for a program that needs one",
    Severity.ERROR,
    Workload,
    check,
    calls=temporary_calls(),
    fixable=Safety.SAFE,
    needs=(Needs.KUBERNETES,),
)
