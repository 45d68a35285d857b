"""From the instructions of a Dockerfile to its stages: FROM, the arguments before it, and inheritance."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.models.dockerfile_effects import Draft, apply, declare
from k8slint.models.dockerfile_instructions import Instruction
from k8slint.models.dockerfile_stages import Stage
from k8slint.models.dockerfile_values import PLATFORM_ARGUMENTS, Scope, expand, is_template
from k8slint.regex import regex

_REFERENCE = regex(r"[A-Za-z0-9](?:[\w./:@+-]*\w)?", re.ASCII)
_SUBSTITUTION = regex(r"\$\{[^{}]*\}")


def build_stages(instructions: Iterable[Instruction], escape: str) -> tuple[Stage, ...]:
    """The stages of a file, given its instructions in order; what stands before the first FROM is in scope of them."""
    arguments: dict[str, Fact[str]] = {
        name: unknown(f"{name} is set by the builder") for name in sorted(PLATFORM_ARGUMENTS)
    }
    own: list[tuple[Instruction, list[Instruction]]] = []
    for instruction in instructions:
        if instruction.keyword == "FROM":
            own.append((instruction, []))
        elif own:
            own[-1][1].append(instruction)
        elif instruction.keyword == "ARG":
            declare(instruction, arguments, {}, Scope(arguments, False, escape))
    stages: list[Stage] = []
    drafts: list[Draft] = []
    for from_, following in own:
        stage, draft = _stage(from_, following, stages, drafts, arguments, escape)
        stages.append(stage)
        drafts.append(draft)
    return tuple(stages)


def _stage(
    from_: Instruction,
    following: list[Instruction],
    stages: list[Stage],
    drafts: list[Draft],
    arguments: Mapping[str, Fact[str]],
    escape: str,
) -> tuple[Stage, Draft]:
    words = from_.value.split()
    name = words.pop().lower() if len(words) >= 3 and words[-2].lower() == "as" else None
    named = " ".join(words[:-1] if name is not None else words)
    names = {stage.name: stage for stage in stages if stage.name is not None}
    image, parent = _base(from_, named, names, Scope(arguments, False, escape))
    draft = _begun(image, drafts[parent.index] if parent is not None else None, arguments, escape)
    if image.is_unknown and names and not re.search("[/:]", _SUBSTITUTION.sub("", named)):
        draft.user = draft.workdir = draft.stopsignal = unknown(f"FROM may name an earlier stage: {image.reason}")
    for instruction in following:
        apply(draft, instruction)
    stage = Stage(
        index=len(stages),
        name=name,
        image=image,
        parent=parent,
        from_=from_,
        instructions=tuple(following),
        env=draft.env,
        user=draft.user,
        workdir=draft.workdir,
        entrypoint=draft.entrypoint,
        cmd=draft.cmd,
        stopsignal=draft.stopsignal,
        exposed=tuple(draft.exposed),
        healthcheck=draft.healthcheck,
        copies=tuple(draft.copies),
        runs=tuple(draft.runs),
    )
    return stage, draft


def _base(from_: Instruction, named: str, names: Mapping[str, Stage], scope: Scope) -> tuple[Fact[str], Stage | None]:
    """The external image or the earlier stage that FROM names."""
    place = Place(from_.part(0, len(named)), "FROM")
    expanded = unknown("a template fills it in") if is_template(named) else expand(named, scope)
    if expanded.is_unknown:
        return unknown(expanded.reason, place, *expanded.places), None
    image = expanded.value
    if is_template(image):
        return unknown("a template fills it in", place, *expanded.places), None
    if image.lower() in names:
        return absent(place), names[image.lower()]
    if image == "scratch":
        return absent(place), None
    if not _REFERENCE.fullmatch(image):
        return unknown(f"{image[:80]!r} is not the name of an image", place, *expanded.places), None
    return known(image, place, *expanded.places), None


def _begun(image: Fact[str], parent: Draft | None, arguments: Mapping[str, Fact[str]], escape: str) -> Draft:
    if parent is None:
        return Draft(escape, arguments, is_open=not image.is_absent)
    return replace(
        parent,
        variables=dict(parent.variables),
        env=dict(parent.env),
        has_own_cmd=False,
        exposed=dict(parent.exposed),
        copies=list(parent.copies),
        runs=list(parent.runs),
    )
