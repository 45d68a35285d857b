"""The image that runs is built on the full variant of a Python image."""

from collections.abc import Iterator

from k8slint import Finding, Rule, Severity, Workload

FIX = "use the slim variant for the last stage, and build wheels that need a compiler in an earlier stage"


def check(workload: Workload) -> Iterator[Finding]:
    stage = workload.stage
    if stage is None or not workload.base.full or not workload.python.or_else(False) or not stage.base_image.is_known:
        return
    image = stage.base_image.value
    # The official images, unpacked: python:3.12 is about 1 GB, python:3.12-slim about 130 MB.
    message = (
        f"the image that runs is built on {image}, with compilers and headers that nothing uses at run time: about "
        "1 GB that every node pulls at every release, where the slim variant has about 130 MB"
    )
    yield Finding(RULE, stage.base_from.location, message, FIX)


RULE = Rule(
    "full-python-base",
    "The final stage is built on a full Python image",
    Severity.WARNING,
    Workload,
    check,
)
