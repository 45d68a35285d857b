"""Fields of a pod or its controller that stand at a level of the object where the API does not know them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.yaml import Node, YamlMapping, YamlSequence, has_expression, is_null
from k8slint.workload.knowledge import field_rows
from k8slint.workload.workload import Workload

_GROUPS = ("", "apps", "batch", "extensions")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_ACTIONS = ("httpGet", "tcpSocket", "exec", "grpc")


class MisplacedField(Struct, frozen=True):
    """``name`` stands ``here``; ``home`` is where it belongs, both as a message calls them.

    ``home`` is "" where the object has no place for the field; ``instead`` is then the field that it has, or "".
    """

    name: str
    here: str
    home: str
    location: Location
    instead: str = ""


def misplaced_fields(workload: Workload) -> Iterator[MisplacedField]:
    """What is misplaced in a container, in its pod and in the object that the pod is written in.

    Only kinds of Kubernetes itself are judged: what else a custom kind takes is its own affair.
    """
    owner, container = workload.owner, workload.container
    if owner is None or owner.pod is None or container is None or owner.group not in _GROUPS:
        return
    for node, level, here in (
        *_around_pod(owner.root, owner.kind),
        *_of_pod(owner.pod.spec),
        *_of_container(container.node, container.name),
    ):
        yield from _at(node, level, here, owner.kind)


def _around_pod(root: YamlMapping, kind: str) -> Iterator[tuple[Node | None, str, str]]:
    if kind not in field_rows()["kinds"]:
        return
    yield root.get("spec"), kind, f"the spec of the {kind}"
    if kind == "CronJob":
        yield root.get("spec", "jobTemplate", "spec"), "Job", "the spec of jobTemplate"
        yield root.get("spec", "jobTemplate", "spec", "template"), "template", "template, outside its spec"
    else:
        yield root.get("spec", "template"), "template", "template, outside its spec"


def _of_pod(spec: YamlMapping) -> Iterator[tuple[Node | None, str, str]]:
    yield spec, "pod", "the pod's spec"
    yield spec.get("securityContext"), "pod security", "the pod's securityContext"


def _of_container(node: YamlMapping, name: str) -> Iterator[tuple[Node | None, str, str]]:
    here = f"the container {name}"
    yield node, "container", here
    yield node.get("securityContext"), "container security", f"the securityContext of {here}"
    yield node.get("resources"), "resources", f"resources of {here}, outside limits and requests"
    for probe in _PROBES:
        yield node.get(probe), "probe", f"the {probe} of {here}"
        for action in _ACTIONS:
            yield node.get(probe, action), "action", f"{action} of the {probe}"
    for key, level in (("ports", "port"), ("env", "variable")):
        items = node.get(key)
        for item in items.items if isinstance(items, YamlSequence) else ():
            yield item, level, f"an item of {key}"


def _at(node: Node | None, level: str, here: str, kind: str) -> Iterator[MisplacedField]:
    if not isinstance(node, YamlMapping):
        return
    rows = field_rows()
    own = rows["kinds"][level] if level in rows["kinds"] else rows["levels"][level]["fields"]
    candidates = rows["candidates"]["kind" if level in rows["kinds"] else level]
    for entry in node.entries:
        name = entry.key.text
        if name in own or name in rows["ambiguous"] or has_expression(name) or is_null(entry.value):
            continue
        for candidate in candidates:
            found = _home(rows, candidate, name, level, kind)
            if found is not None:
                yield MisplacedField(name, here, found[0], entry.key.location, found[1])
                break


def _home(rows: dict[str, Any], candidate: str, name: str, level: str, kind: str) -> tuple[str, str] | None:
    """Where a field of ``candidate`` belongs in an object of ``kind``, and what it has instead."""
    if candidate != "kind":
        row = rows["levels"][candidate]
        return (row["called"], "") if name in row["fields"] else None
    of_kind = {one for one, fields in rows["kinds"].items() if name in fields}
    if not of_kind:
        return None
    if kind in of_kind and kind != level:
        return f"the spec of the {kind}", ""
    if kind == "CronJob" and "Job" in of_kind and level != "Job":
        return "the spec of jobTemplate", ""
    instead = {"strategy": "updateStrategy", "updateStrategy": "strategy"}.get(name, "")
    return "", instead if instead in rows["kinds"].get(kind, ()) else ""
