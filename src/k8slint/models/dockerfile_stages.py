"""The stages of a Dockerfile: what is in effect at the end of each, inherited from the stages it is built on."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from k8slint.fact import Fact, known
from k8slint.location import Location
from k8slint.models.dockerfile_instructions import Instruction


class Command(Struct, frozen=True):
    """A CMD or ENTRYPOINT: ``argv`` in exec form (empty: it resets), else ``text``, which ``shell`` runs."""

    argv: tuple[str, ...] | None
    text: str
    shell: tuple[str, ...]
    location: Location

    @property
    def is_exec_form(self) -> bool:
        return self.argv is not None


class EnvValue(Struct, frozen=True):
    """A variable that ENV sets, expanded; ``location`` is that of ``name=value``."""

    value: Fact[str]
    location: Location


class Copy(Struct, frozen=True):
    """A COPY or ADD.

    ``sources`` and ``destination`` are expanded where that is possible and as written where not. ``destination`` is
    absolute, a WORKDIR that the file does not set being ``/``; it ends with ``/`` where it must be a folder.
    ``from_stage`` is a stage's name, its index as text or an image; None is the build context. ``content`` is what the
    files of heredocs hold, with the variables that are known; their source is ``<<EOF``.
    """

    sources: tuple[str, ...]
    destination: str
    from_stage: str | None
    location: Location
    content: tuple[str, ...]


class Stage(Struct, frozen=True):
    """One stage and what is in effect at its end.

    ``image`` is the external image that FROM names; absent for ``scratch`` and for an earlier stage, the ``parent``.
    ``name`` is in lower case. ``instructions`` are the stage's own, all that follows is inherited: None and absent mean
    that no stage sets it, so that the base image decides. ONBUILD has no effect here. ``exposed`` are TCP ports.
    """

    index: int
    name: str | None
    image: Fact[str]
    parent: Stage | None
    from_: Instruction
    instructions: tuple[Instruction, ...]
    env: Mapping[str, EnvValue]
    user: Fact[str]
    workdir: Fact[str]
    entrypoint: Command | None
    cmd: Command | None
    stopsignal: Fact[str]
    exposed: tuple[int, ...]
    healthcheck: Instruction | None
    copies: tuple[Copy, ...]
    runs: tuple[Instruction, ...]

    def __hash__(self) -> int:
        return hash((self.index, self.from_.location))

    @property
    def lineage(self) -> tuple[Stage, ...]:
        """This stage and those it is built on, the one from an external image first."""
        stages = [self]
        while (parent := stages[-1].parent) is not None:
            stages.append(parent)
        return tuple(reversed(stages))

    @property
    def base_image(self) -> Fact[str]:
        """The external image below all stages, or ``scratch``."""
        image = self.lineage[0].image
        return known("scratch", *image.places) if image.is_absent else image

    @property
    def base_from(self) -> Instruction:
        """The FROM that names the external image."""
        return self.lineage[0].from_
