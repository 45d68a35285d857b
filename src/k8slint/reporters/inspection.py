"""Workloads and image links for people, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import click
from msgspec.structs import asdict

from k8slint.inspection import Inspection, Line, Link
from k8slint.reporters.terminal import visible
from k8slint.workload.file_list import ListedFile

_WIDEST = 34
_COLOURS = {"unknown": "yellow", "absent": "cyan"}


def links_json(links: Iterable[Link]) -> str:
    """A list with one object for each mention of an image; ``dockerfile`` is null where it is not linked."""
    rows = [
        {
            "manifest": one.manifest,
            "image": one.image,
            "dockerfile": one.dockerfile,
            "stage": one.stage,
            "context": one.context,
            "reason": one.why,
            "confidence": one.confidence,
        }
        for one in links
    ]
    return json.dumps(rows, indent=2) + "\n"


def links_text(links: Iterable[Link], colour: bool) -> str:
    lines = []
    for one in links:
        to = click.style("not linked", fg="yellow") if colour else "not linked"
        if one.dockerfile is not None:
            stage = f", stage {one.stage}" if one.stage else ""
            to = visible(f"{one.dockerfile}{stage}, context {one.context}")
        confidence = f", {one.confidence} confidence" if one.confidence else ""
        lines.append(f"{visible(one.place)}: {visible(one.image) or '(no image)'}")
        lines.append(f"    {to} ({visible(one.why)}{confidence})")
    return "".join(f"{line}\n" for line in lines)


def files_json(files: Iterable[ListedFile]) -> str:
    """A list with one object for each file: ``path``, ``kind`` and ``why``."""
    return json.dumps(list(files), indent=2, default=asdict) + "\n"


def files_text(files: Iterable[ListedFile], colour: bool) -> str:
    rows = list(files)
    width = max((len(one.kind) for one in rows), default=0)
    lines = []
    for one in rows:
        kind = f"{one.kind:<{width}}"
        styled = click.style(kind, fg="cyan") if colour else kind
        lines.append(f"{styled}  {visible(one.path)}  ({visible(one.why)})")
    return "".join(f"{line}\n" for line in lines)


def workloads_json(inspections: Iterable[Inspection]) -> str:
    return json.dumps(list(inspections), indent=2, default=asdict) + "\n"


def workloads_text(inspections: Iterable[Inspection], colour: bool) -> str:
    """Each workload: what runs, then every fact with its places, then the environment."""
    blocks = ("".join(f"{line}\n" for line in _block(one, colour)) for one in inspections)
    return "\n".join(blocks)


def _block(one: Inspection, colour: bool) -> Iterator[str]:
    title = visible(one.label)
    yield f"{click.style(title, bold=True) if colour else title}  ({visible(one.place or one.role)})"
    for number, chain in enumerate(one.chains, 1):
        yield "  runs" if len(one.chains) == 1 else f"  {'may run' if one.alternatives else 'runs'} ({number})"
        for line in chain:
            yield from _shown(line, colour)
    yield "  facts"
    for line in one.facts:
        yield from _shown(line, colour)
    if one.environment:
        yield "  environment"
        for line in one.environment:
            yield from _shown(line, colour)


def _shown(line: Line, colour: bool) -> Iterator[str]:
    value = visible(line.value)
    if colour and line.state in _COLOURS:
        value = click.style(value, fg=_COLOURS[line.state])
    yield f"    {visible(line.name):<{_WIDEST}}  {value}"
    for place, note in line.places:
        yield f"    {'':<{_WIDEST}}    {visible(place)}{f': {visible(note)}' if note else ''}"
