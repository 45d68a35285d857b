"""What k8slint takes for true, as plain data: the links of images, and every fact of a workload with its places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import Any

from msgspec import Struct

from k8slint.fact import Fact, absent
from k8slint.models.yaml import text
from k8slint.project import Project
from k8slint.workload.links import ImageLink
from k8slint.workload.process import Process, Step
from k8slint.workload.references import ImageReference
from k8slint.workload.variants import variant_of
from k8slint.workload.workload import Workload

_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
_TOLD_APART = ("owner", "container", "link", "stage", "base", "environment", "processes", "label", "location")


class Link(Struct, frozen=True):
    """What is known of one mention of an image: ``why`` is the link's reason, or why there is none."""

    manifest: str
    image: str
    dockerfile: str | None
    stage: str | None
    context: str | None
    why: str
    confidence: str | None
    place: str


class Line(Struct, frozen=True):
    """One fact: its value, or why it is not known; the places that say so, each with its note."""

    name: str
    value: str
    state: str
    places: tuple[tuple[str, str], ...] = ()


class Inspection(Struct, frozen=True):
    """One workload. ``chains`` are the ways its process may go, each the steps from PID 1 to the program.

    ``alternatives`` is False where it runs all of them, as supervisord does.
    """

    label: str
    place: str
    role: str
    chains: tuple[tuple[Line, ...], ...]
    facts: tuple[Line, ...]
    environment: tuple[Line, ...]
    alternatives: bool = True


def links(project: Project) -> Iterator[Link]:
    """The links of every container of every manifest and of every compose service, and of images built on others."""
    for reference in project.image_references():
        yield _link(reference)


def inspections(project: Project, wanted: str = "") -> Iterator[Inspection]:
    """The workloads, only those whose label or path holds ``wanted``."""
    for workload in project.workloads:
        place = workload.location or workload.from_location
        needle = wanted.lower()
        if needle in workload.label.lower() or (place is not None and needle in place.path.lower()):
            yield _inspection(workload, str(place or ""))


def disabled(project: Project, wanted: str = "") -> Iterator[Inspection]:
    """What a value of a chart leaves out and is not judged: only what leads to its image is said of it."""
    for mention in project.image_references():
        if not mention.disabled or wanted.lower() not in f"{mention.label} {mention.path}".lower():
            continue
        facts = (
            Line("judged", f"no: disabled {mention.disabled}", "absent"),
            Line("image", mention.image, "known"),
            _image(mention.link),
        )
        yield Inspection(mention.label, str(mention.location), "disabled", (), facts, ())


def _link(mention: ImageReference) -> Link:
    path, image, place, link = mention.path, mention.image, mention.location, mention.link
    disabled = f"; disabled {mention.disabled}" if mention.disabled else ""
    if not link.is_known:
        why = "an image of a third party" if link.is_absent else link.reason
        return Link(path, image, None, None, None, why + disabled, None, str(place))
    found = link.value
    return Link(
        path,
        image,
        found.dockerfile.path,
        found.stage.name,
        found.context or ".",
        found.reason + disabled,
        str(found.confidence),
        str(place),
    )


def _inspection(workload: Workload, place: str) -> Inspection:
    chains: tuple[tuple[Line, ...], ...] = ((_line("process", workload.processes),),)
    if workload.processes.is_known:
        chains = tuple(tuple(_chain(process)) for process in workload.processes.value)
    found = sorted(_environment(workload), key=lambda line: line.name)
    together = any(process.runs_beside_others for process in workload.processes.or_else(()))
    facts = tuple(_facts(workload))
    return Inspection(workload.label, place, workload.role.value, chains, facts, tuple(found), not together)


def _chain(process: Process) -> Iterator[Line]:
    for step in process.steps:
        yield Line(step.name, _becomes(step), "known", ((str(step.location), step.kind.value),))
    entry = process.entry
    words = " ".join("?" if word.text is None else word.text for word in entry.words)
    what = [entry.language.value, entry.server and f"server {entry.server}", f"in {entry.cwd}"]
    on_sigterm = {True: "ends cleanly on SIGTERM", False: "ignores SIGTERM as PID 1", None: ""}
    what.append(on_sigterm[entry.sigterm])
    what.append("ends by itself" if entry.finite else "")
    module = _line("module", entry.module)
    what.append(f"module {module.value}" if not entry.module.is_absent else "")
    arrives = {True: "SIGTERM arrives", False: "SIGTERM does not arrive", None: "whether SIGTERM arrives is not known"}
    what.append(arrives[process.arrives])
    notes = f"{words} ({', '.join(one for one in what if one)})"
    yield Line(entry.name, notes, "known", ((str(entry.location), "the program"),))


def _becomes(step: Step) -> str:
    if step.replaced:
        return "is replaced by the next"
    user = f", switches to {step.user}" if step.user else ""
    user += f", kills it after {step.stop_seconds:g} s" if step.stop_seconds is not None else ""
    return f"stays; SIGTERM: {step.on_sigterm.value}{f', starts it {step.how}' if step.how else ''}{user}"


def _facts(workload: Workload) -> Iterator[Line]:
    """The named facts first, then whatever else a workload knows: a fact that is added to it shows here by itself."""
    yield _image(workload.link)
    if workload.stage is not None:
        place = ((str(workload.stage.from_.location), "FROM"),)
        yield _line("base image", workload.stage.base_image)
        yield Line("stage", workload.stage.name or "the last", "known", place)
    variant = variant_of(workload)
    if variant is not None:
        is_values = variant.note.endswith((".yaml", ".yml"))
        name, what = ("values", "the values file") if is_values else ("overlay", "the kustomization")
        yield Line(name, variant.note, "known", ((str(variant.location), what),))
    for name in workload.base.__struct_fields__:
        value = getattr(workload.base, name)
        # Of an image that is listed what is not written down is not there.
        is_none = value is None and workload.base.listed and name in ("init", "entrypoint", "cmd")
        yield _line(f"base image: {_words(name)}", absent() if is_none else value)
    for name in _names(workload):
        value = getattr(workload, name)
        if isinstance(value, (Fact, bool, int, str, frozenset)) or value is None:
            yield _line(_words(name), value)
    for section in ("requests", "limits"):
        for resource in ("cpu", "memory"):
            yield _line(f"{section}.{resource}", workload.quantity(section, resource))
    for kind in _PROBES:
        yield _line(kind, workload.probe(kind))
    for module, program in workload.programs_by_module:
        if program.is_known:
            found = program.value
            how = "all that it imports is known" if found.complete else "some imports cannot be followed"
            place = ((module, "the entry module"),)
            yield Line(f"program {module}", f"{len(found.modules)} modules; {how}", "known", place)
        else:
            yield _line(f"program {module}", program)


def _image(link: Fact[ImageLink]) -> Line:
    if not link.is_known:
        return (
            Line("Dockerfile", "none: an image of a third party", "absent")
            if link.is_absent
            else _line("Dockerfile", link)
        )
    found = link.value
    value = f"{found.dockerfile.path}, context {found.context or '.'} ({found.reason}; {found.confidence} confidence)"
    return Line("Dockerfile", value, "known", _places(link))


def _names(workload: Workload) -> list[str]:
    asked = [name for name, one in vars(type(workload)).items() if isinstance(one, property)]
    return [name for name in (*workload.__struct_fields__, *asked) if name not in _TOLD_APART]


def _environment(workload: Workload) -> Iterator[Line]:
    environment = workload.environment
    names = dict.fromkeys(
        (
            *(workload.stage.env if workload.stage is not None else ()),
            *(key for data in environment.config_maps.values() for key, _ in data.items()),
            *(key for data in environment.secrets.values() for key, _ in data.items()),
            *(variable.name for variable in (workload.container.env if workload.container is not None else ())),
        )
    )
    for name in names:
        yield _line(name, environment.get(name))
    because = environment.open_because or environment.image_open
    if because:
        yield Line("(any other)", f"unknown because {because}", "unknown")


def _line(name: str, value: object) -> Line:
    if isinstance(value, Fact):
        if value.is_unknown:
            return Line(name, f"unknown because {value.reason or 'nothing says so'}", "unknown", _places(value))
        if value.is_absent:
            return Line(name, "none", "absent", _places(value))
        return Line(name, _shown(value.value), "known", _places(value))
    return Line(name, "unknown" if value is None else _shown(value), "unknown" if value is None else "known")


def _places(fact: Fact[Any]) -> tuple[tuple[str, str], ...]:
    return tuple((str(place.location), place.note) for place in fact.places)


def _shown(value: object) -> str:
    """A value in words: what was written where it was written, else its parts."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, (tuple, list, set, frozenset)):
        items = sorted(map(_shown, value)) if isinstance(value, (set, frozenset)) else list(map(_shown, value))
        return ", ".join(items) or "none"
    written = getattr(value, "text", None) or getattr(value, "written", None)
    if isinstance(written, str):
        return written
    if hasattr(value, "entries") and hasattr(value, "location"):
        return ", ".join(f"{entry.key.text}: {text(entry.value) or '...'}" for entry in value.entries)
    names = getattr(value, "__struct_fields__", ())
    if names:
        parts = [(name, getattr(value, name)) for name in names]
        return ", ".join(f"{_words(name)} {_shown(one)}" for name, one in parts if isinstance(one, (str, int)))
    return str(value)


def _words(name: str) -> str:
    return re.sub(r"_", " ", name)
