"""Kinds of objects that hold pod templates: where they stand in them, and what the kind's controller does to a pod."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any

from msgspec import Struct

_DATA = os.path.join(os.path.dirname(os.path.dirname(__file__)), "data", "kinds.json")


class Traits(Struct, frozen=True):
    """What a controller does to the pods of its kind.

    ``finite``: they are meant to end. ``own_probes``: it adds probes. ``own_command``: it writes the command of the
    first container. ``own_resources``: it sets requests and limits. ``wrapper``: a program that it starts in front of
    every command, which stays and passes signals on, "" where there is none. ``grace_field`` of the pod's spec gives
    the seconds between SIGTERM and SIGKILL, "" where nobody can say, and ``grace_default`` those where it is not set.
    """

    finite: bool = False
    own_probes: bool = False
    own_command: bool = False
    own_resources: bool = False
    wrapper: str = ""
    grace_field: str = "terminationGracePeriodSeconds"
    grace_default: int = 30


class Route(Struct, frozen=True):
    """Where pod templates stand: ``steps`` are keys, "*" for every item of a list or every value of a map.

    ``shape`` is "template" (metadata and spec), "spec" (the pod's spec itself) or "steps" (the templates of an Argo
    Workflow). ``name`` is what the part is called, "" where it is the only one.
    """

    steps: tuple[str, ...]
    shape: str
    name: str


class Kind(Struct, frozen=True):
    """A kind that holds pod templates."""

    routes: tuple[Route, ...]
    traits: Traits


def kind_of(kind: str, group: str) -> Kind | None:
    """The row of a kind of an API group ("" for the core); None for one that holds no pod template known here."""
    return _kinds().get((kind, group))


@cache
def _kinds() -> dict[tuple[str, str], Kind]:
    with open(_DATA, encoding="utf-8") as file:
        rows: list[dict[str, Any]] = json.load(file)["kinds"]
    return {(row["kind"], row["group"]): Kind(_routes(row), _traits(row)) for row in rows}


def _routes(row: dict[str, Any]) -> tuple[Route, ...]:
    pods = row.get("pods", [{"route": "spec.template"}])
    return tuple(
        Route(tuple(filter(None, one["route"].split("."))), one.get("is", "template"), one.get("name", ""))
        for one in pods
    )


def _traits(row: dict[str, Any]) -> Traits:
    grace = row.get("grace", {})
    is_known = isinstance(grace, dict)
    plain = Traits()
    return Traits(
        finite=row.get("finite", False),
        own_probes=row.get("probes", False),
        own_command=row.get("command") == "generated",
        own_resources=row.get("resources") == "controller",
        wrapper=row.get("wrapper", ""),
        grace_field=grace.get("field", plain.grace_field) if is_known else "",
        grace_default=grace.get("default", plain.grace_default) if is_known else plain.grace_default,
    )
