"""A Dockerfile as facts: its stages and what is in effect in each. The door to the other dockerfile modules."""

from __future__ import annotations

from msgspec import Struct

from k8slint.location import Location, Notice, whole_file
from k8slint.models.dockerfile_build import build_stages
from k8slint.models.dockerfile_instructions import Instruction, read_instructions
from k8slint.models.dockerfile_stages import Command, Copy, EnvValue, Stage
from k8slint.models.source import Source

__all__ = [
    "Command",
    "Copy",
    "Dockerfile",
    "DockerfileError",
    "EnvValue",
    "Instruction",
    "Stage",
    "parse_dockerfile",
]

_MOST_STAGES = 200


class DockerfileError(Exception):
    """The file is no Dockerfile that an image could be built from."""

    def __init__(self, location: Location, message: str) -> None:
        super().__init__(f"{location}: {message}")
        self.location = location
        self.message = message


class Dockerfile(Struct, frozen=True):
    """One Dockerfile. ``comments`` are the comment lines, ``arguments`` the ARG instructions before the first FROM."""

    path: str
    source: Source
    stages: tuple[Stage, ...]
    comments: tuple[tuple[int, str], ...]
    notices: tuple[Notice, ...]
    arguments: tuple[Instruction, ...] = ()

    @property
    def final(self) -> Stage:
        return self.stages[-1]

    def stage(self, target: str | None) -> Stage | None:
        """The stage that ``--target`` names, by name or index; None is the last one."""
        if target is None:
            return self.final
        for stage in reversed(self.stages):
            if stage.name == target.lower():
                return stage
        is_index = target.isascii() and target.isdigit() and len(target) < 4 and int(target) < len(self.stages)
        return self.stages[int(target)] if is_index else None


def parse_dockerfile(source: Source) -> Dockerfile:
    """Read a Dockerfile; ``DockerfileError`` where it has no FROM, or more stages than anybody writes."""
    reading = read_instructions(source)
    froms = [instruction for instruction in reading.instructions if instruction.keyword == "FROM"]
    if not froms:
        raise DockerfileError(whole_file(source.path), "it has no FROM")
    if len(froms) > _MOST_STAGES:
        raise DockerfileError(froms[_MOST_STAGES].location, f"it has more than {_MOST_STAGES} stages")
    before = reading.instructions[: reading.instructions.index(froms[0])]
    arguments = tuple(instruction for instruction in before if instruction.keyword == "ARG")
    return Dockerfile(
        source.path,
        source,
        build_stages(reading.instructions, reading.escape),
        reading.comments,
        reading.notices,
        arguments,
    )
