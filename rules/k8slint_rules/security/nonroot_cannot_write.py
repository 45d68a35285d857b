"""The program writes where only root may."""

from collections.abc import Iterator

from k8slint import (
    SQLITE_CALLS,
    Confidence,
    Finding,
    Needs,
    Related,
    Rule,
    Severity,
    UnwritableFile,
    Workload,
    log_calls,
    unwritable_files,
)

FIX = "give the folder to the user in the Dockerfile (COPY --chown, RUN chown), or mount a volume there"
FIX_VOLUME = "set fsGroup in the securityContext of the pod to a group of the user"


def check(workload: Workload) -> Iterator[Finding]:
    processes = workload.processes.or_else(())
    ways = [tuple(unwritable_files(workload, process)) for process in processes if process.entry.is_python]
    may_go_otherwise = len(ways) > 1 and not any(process.runs_beside_others for process in processes)
    if may_go_otherwise and not all(ways):
        return
    for one in dict.fromkeys(found for files in ways for found in files):
        yield _finding(workload, one)


def _finding(workload: Workload, one: UnwritableFile) -> Finding:
    who = f"{workload.label} runs as {workload.user.value.name} and writes {one.write.what} to {one.write.path}"
    places = tuple(Related(place.location, place.note or "the user") for place in workload.user.places[:1])
    if one.on_volume:
        message = f"{who}, on a volume that belongs to root with most storage classes: it fails with PermissionError"
        related = (Related(one.folder, "the volume, mounted without fsGroup"), *places)
        return Finding(RULE, one.write.location, message, FIX_VOLUME, related, Severity.WARNING, Confidence.MEDIUM)
    end = ", and the program does not start" if one.write.at_start else ""
    message = f"{who}, in a folder that belongs to root: it is refused with permission denied{end}"
    related = (Related(one.folder, "root makes the folder"), *places)
    severity = Severity.ERROR if one.write.at_start else Severity.WARNING
    return Finding(RULE, one.write.location, message, FIX, related, severity)


RULE = Rule(
    "nonroot-cannot-write",
    "The program writes where only root may",
    Severity.ERROR,
    Workload,
    check,
    calls=(*log_calls(), *SQLITE_CALLS),
    needs=(Needs.KUBERNETES, Needs.PYTHON),
)
