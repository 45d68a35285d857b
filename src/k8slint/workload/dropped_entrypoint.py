"""What a container loses because its ``command`` replaces the image's ENTRYPOINT, which would have started it too."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from k8slint.fact import Fact, absent, known
from k8slint.location import Location
from k8slint.models.dockerfile import Stage
from k8slint.models.manifest import Container
from k8slint.workload.knowledge import BaseImage
from k8slint.workload.launch import Launch, launch
from k8slint.workload.missed_init import missed_init
from k8slint.workload.process import Process, StepKind
from k8slint.workload.workload import Role, Workload

# Read by the interpreter, the loader and libraries, whatever the program's code says.
_READ_BY_OTHERS = ("PYTHONPATH", "DJANGO_SETTINGS_MODULE", "PROMETHEUS_MULTIPROC_DIR", "LD_PRELOAD", "FLASK_APP")


class DroppedEntrypoint(Struct, frozen=True):
    """``lost`` says each thing that is missing; ``needs_init`` that processes without a parent stay as zombies."""

    entrypoint: Location
    written: str
    lost: tuple[str, ...]
    needs_init: bool


def through_entrypoint(
    stage: Stage | None,
    base: BaseImage,
    container: Container | None,
    follow: Callable[[Launch], Fact[tuple[Process, ...]]],
) -> tuple[Process, ...]:
    """The ways that a container would go if its ``command`` were ``args``; none where it has no command."""
    if stage is None or container is None or not container.command.is_known:
        return ()
    entrypoint = stage.entrypoint
    if entrypoint is None or not entrypoint.argv or container.args.is_unknown:
        return ()
    words = (*container.command.value, *container.args.or_else(()))
    started = launch(stage, base, replace(container, command=absent(), args=known(words)))
    return follow(started.value).or_else(()) if started.is_known else ()


def dropped_entrypoint(workload: Workload) -> Fact[DroppedEntrypoint]:
    """Known where ENTRYPOINT ends in the same program as ``command``, and does something on the way that is missed."""
    stage = workload.stage
    if stage is None or stage.entrypoint is None or not workload.processes.is_known or workload.role is Role.INIT:
        return absent()
    found: list[tuple[tuple[str, ...], bool]] = []
    for process in workload.processes.value:
        before = [one for one in workload.through_entrypoint if _texts(one) == _texts(process)]
        if len(before) != 1:
            return absent()
        found.append(_lost(workload, process, before[0]))
    if not found or not all(lost for lost, _ in found):
        return absent()
    lost = tuple(dict.fromkeys(one for every, _ in found for one in every))
    written = " ".join(stage.entrypoint.argv or ())
    needs_init = all(needed for _, needed in found)
    return known(DroppedEntrypoint(stage.entrypoint.location, written, lost, needs_init))


def _texts(process: Process) -> tuple[str | None, ...]:
    return tuple(word.text for word in process.entry.words)


def _lost(workload: Workload, process: Process, before: Process) -> tuple[tuple[str, ...], bool]:
    lost: list[str] = []
    inits = _names(before, StepKind.INIT) - _names(process, StepKind.INIT)
    needs_init = False
    if inits and not _names(process, StepKind.INIT):
        missed = missed_init(workload, process)
        needs_init = "zombies" in missed
        lost.extend(f"without {min(inits)} {effect}" for effect in missed.values())
    if before.drops_root and not process.drops_root and _is_root(workload):
        lost.append("the program runs as root")
    exported = _exported(process)
    unset = [name for name in _exported(before) if name not in exported and _is_missed(workload, process, name)]
    if unset:
        more = " and more" if len(unset) > 4 else ""
        lost.append(f"{' and '.join(unset[:4])}{more} is not set, which the program reads")
    return tuple(lost), needs_init


def _names(process: Process, kind: StepKind) -> set[str]:
    return {step.name for step in process.steps if step.kind is kind}


def _exported(process: Process) -> list[str]:
    return list(dict.fromkeys(name for name, _ in process.entry.exports if name.isidentifier()))


def _is_root(workload: Workload) -> bool:
    return workload.user.is_known and workload.user.value.is_root


def _is_missed(workload: Workload, process: Process, name: str) -> bool:
    """Whether nothing else sets a variable that the program reads."""
    if workload.environment.names(name, process) or not workload.environment.get(name, process).is_absent:
        return False
    program = workload.program(process)
    reads = program.is_known and any(one.name == name for module in program.value.modules for one in module.env_reads)
    return reads or (name in _READ_BY_OTHERS and process.entry.is_python)
