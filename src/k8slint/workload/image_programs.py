"""Which programs an image has: those of its base, and those that its build adds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from k8slint.fact import Fact, absent, known, unknown
from k8slint.models.dockerfile import Copy, Stage
from k8slint.regex import regex
from k8slint.rule import Confidence
from k8slint.workload.images import holds_python
from k8slint.workload.knowledge import image_programs, is_third_party, normalise_image
from k8slint.workload.workload import Workload

_INSTALL = regex(r"\b(?P<tool>apt-get|apt|apk)\s+(?:-\S+\s+)*(?:install|add)\b(?P<rest>[^&|;\n]*)")
_OPAQUE = regex(
    r"\.sh\b|\|\s*(ba|da)?sh\b|\bxargs\b|\b(conda|mamba|micromamba|brew|nix|dnf|yum|microdnf|dpkg|ansible)\b|\bADD\b"
)
_PROGRAM_FOLDERS = ("/bin", "/usr/bin", "/usr/local/bin", "/sbin", "/usr/sbin", "/usr/local/sbin")


class Base(Struct, frozen=True):
    """The image that a program is looked for in, as a message names it."""

    name: str


def missing_program(workload: Workload, program: str) -> Fact[Base]:
    """Known, with the base image, where a program is certain not to be in the container; absent where it is there."""
    folder, _, name = program.rpartition("/")
    if folder and folder not in _PROGRAM_FOLDERS:
        return unknown("it is not a program of the system")
    reference, stage = _reference(workload), workload.stage
    if reference is None:
        return unknown("the base image is not known")
    row = next(
        (one for one in image_programs()["bases"] if re.search(one["pattern"], normalise_image(reference))), None
    )
    if row is None or name not in row["lacks"]:
        return unknown(f"whether {reference} has {name} is not known")
    base = Base(row.get("what", reference.split("@", 1)[0]))
    if stage is None:
        return known(base)
    names = {name, *image_programs()["packages"].get(name, ())}
    added = _added(workload, stage, names)
    return unknown("the image's build may add it") if added is None else absent() if added else known(base)


def _reference(workload: Workload) -> str | None:
    """The base image of a container that is there to run Python."""
    stage, container = workload.stage, workload.container
    if stage is not None:
        named = container.image.or_else("") if container is not None else ""
        if is_third_party(named) and workload.link.value.confidence < Confidence.HIGH:
            return None  # A Dockerfile of a like name is no proof that it builds somebody else's image.
        is_python = holds_python(stage, workload.base)
        return stage.base_image.value if is_python and stage.base_image.is_known else None
    if container is None or not workload.base.python or not container.image.is_known:
        return None
    return container.image.value


def _added(workload: Workload, stage: Stage, names: set[str]) -> bool | None:
    """Whether RUN or COPY adds one of ``names``; None where that cannot be told."""
    verdict: bool | None = False
    for text in _run_texts(stage):
        if _mentions(text, names):
            return True
        if _OPAQUE.search(text) or not all(_is_plain(tool, package) for tool, package in _packages(text)):
            verdict = None
    for copy in stage.copies:
        words = " ".join((*copy.sources, copy.destination, copy.from_stage or ""))
        if _mentions(words.replace("/", " "), names):
            return True
        if _may_hold_programs(workload, copy, names):
            verdict = None
    return verdict


def _run_texts(stage: Stage) -> Iterator[str]:
    for run in stage.runs:
        yield "\n".join((run.value.replace("\\\n", " "), *run.heredocs))


def _mentions(text: str, names: set[str]) -> bool:
    return any(re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text) for name in names)


def _packages(text: str) -> Iterator[tuple[str, str]]:
    for match in _INSTALL.finditer(text):
        for word in match["rest"].split():
            if not word.startswith("-") and word not in ("\\", "install", ".build-deps"):
                yield "apk" if match["tool"] == "apk" else "apt", re.split(r"[=<>~]", word, maxsplit=1)[0].strip("'\"")


def _is_plain(tool: str, package: str) -> bool:
    return package in image_programs()["plain_packages"][tool]


def _may_hold_programs(workload: Workload, copy: Copy, names: set[str]) -> bool:
    """Whether a COPY fills a folder of programs from something that is not looked into."""
    target = copy.destination.rstrip("/") or "/"
    if target not in (*_PROGRAM_FOLDERS, "/", "/usr", "/usr/local") or copy.content:
        return False
    if copy.from_stage is None:
        return not all(re.search(r"\.\w+$", source) for source in copy.sources) and target != "/"
    dockerfile = workload.link.value.dockerfile if workload.link.is_known else None
    other = dockerfile.stage(copy.from_stage) if dockerfile is not None else None
    if other is None or target not in ("/usr/local", "/usr/local/bin"):
        return True
    # Packages of the system go to /usr/bin; /usr/local holds what the other stage puts there itself.
    return any(_mentions(text, names) or _OPAQUE.search(text) is not None for text in _run_texts(other))
