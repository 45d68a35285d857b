"""The image that runs is built on the full variant of a Python image."""

from collections.abc import Iterator

from k8slint import (
    COMPILE_CALLS,
    Confidence,
    Finding,
    Location,
    Repair,
    Rule,
    Safety,
    Severity,
    Words,
    Workload,
    compiles,
)
from k8slint.regex import regex

HAS_SLIM = regex(r"(^|/)(python|uv|uvicorn-gunicorn[\w-]*|meinheld-gunicorn[\w-]*)(:|@|$)")
OFFICIAL = regex(r"((?:.*/)?python:3[\d.]*)(-(?:trixie|bookworm|bullseye))?")
NOTEBOOKS = regex(r"(^|/)jupyter(hub)?/|-notebook(:|@|$)")
DISTRIBUTIONS = regex(r"conda|mamba|miniforge|jupyter/|tiangolo/")
FIX = "use the slim variant for the last stage, and build wheels that need a compiler in an earlier stage"
FIX_DISTRIBUTION = (
    "install into a slim Python image for the last stage; build what needs a compiler in an earlier stage"
)


def check(workload: Workload) -> Iterator[Finding]:
    base = _base(workload)
    if base is None or not workload.base.full or not workload.python.or_else(False) or compiles(workload):
        return
    image, location = base
    name = image.split("@", 1)[0]
    start = f"the image that runs is {'built on ' if workload.stage is not None else ''}{name}"
    if HAS_SLIM.search(image):
        # The official images, unpacked: python:3.12 is about 1 GB, python:3.12-slim about 130 MB.
        message = (
            f"{start}, with compilers and headers that only a build needs: about 1 GB on every node, unpacked, where "
            "the slim variant has about 130 MB"
        )
        yield Finding(RULE, location, message, FIX, repair=_repair(image, location))
    elif DISTRIBUTIONS.search(image) and not _is_notebook(workload, image):
        message = (
            f"{start}, with tools that only a build or a person at a keyboard needs, on every node; a slim Python "
            "image has about 130 MB"
        )
        # A Job may run a notebook image because it runs a notebook.
        severity = Severity.INFO if workload.runs_to_completion else None
        yield Finding(
            RULE, location, message, FIX_DISTRIBUTION, (), severity, Confidence.MEDIUM, workload.runs_to_completion
        )


def _is_notebook(workload: Workload, image: str) -> bool:
    """Whether somebody at a keyboard is what the container is for: it runs a notebook image as it is."""
    is_as_it_is = workload.stage is None and workload.container is not None and workload.container.command.is_absent
    return is_as_it_is and not workload.runs_to_completion and NOTEBOOKS.search(image) is not None


def _repair(image: str, location: Location) -> Repair | None:
    found = OFFICIAL.fullmatch(image)
    if found is None:
        return None
    slim = Words(location, image, f"{found[1]}-slim{found[2] or ''}")
    return Repair("use the slim variant", Safety.UNSAFE, (slim,))


def _base(workload: Workload) -> tuple[str, Location] | None:
    """The external image and where it is named: FROM, or the manifest that runs it as it is."""
    if workload.stage is not None:
        image, location = workload.stage.base_image, workload.stage.base_from.location
        return (image.value, location) if image.is_known else None
    if workload.container is None or not workload.container.image.is_known:
        return None
    image = workload.container.image
    return image.value, image.places[0].location


RULE = Rule(
    "full-python-base",
    "The final stage is built on a full Python image",
    Severity.WARNING,
    Workload,
    check,
    calls=COMPILE_CALLS,
    fixable=Safety.UNSAFE,
)
