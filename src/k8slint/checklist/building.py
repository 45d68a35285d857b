"""What must be known of a workload's image, settings and output before they can be called in order."""

from __future__ import annotations

from collections.abc import Iterator

from k8slint.checklist.counting import processes, whole_program
from k8slint.workload.workload import Workload


def image(workload: Workload) -> Iterator[str]:
    """The Dockerfile, and what it builds upon."""
    if not workload.link.is_known:
        yield f"the Dockerfile of the image: {workload.link.reason or 'it is an image of a third party'}"
    elif workload.stage is not None and not workload.stage.base_image.is_known:
        yield f"the base image: {workload.stage.base_image.reason}"


def pinned(workload: Workload) -> Iterator[str]:
    """What the image installs, and what the container does at its start."""
    yield from image(workload)
    yield from whole_program(workload)


def evidence(workload: Workload) -> Iterator[str]:
    """Where output goes, and whether it stays in a buffer."""
    yield from whole_program(workload)
    unbuffered = workload.environment.get("PYTHONUNBUFFERED")
    if unbuffered.is_unknown:
        yield f"PYTHONUNBUFFERED: {unbuffered.reason}"


def singletons(workload: Workload) -> Iterator[str]:
    """How many pods run at once, also while one is replaced."""
    yield from processes(workload)
    if workload.container is None:
        yield "how many containers run: there is no manifest"
    elif workload.replica_range.is_unknown:
        yield f"the number of pods: {workload.replica_range.reason}"
    elif workload.surges.is_unknown:
        yield f"whether a rollout starts the new pod first: {workload.surges.reason}"


def failure(workload: Workload) -> Iterator[str]:
    """What the exit code of the program becomes."""
    yield from whole_program(workload)


def as_tested(workload: Workload) -> Iterator[str]:
    """Everything that the manifest may set."""
    yield from image(workload)
    yield from processes(workload)
    because = workload.environment.open_because or workload.environment.image_open
    if because:
        yield f"all variables: {because}"
