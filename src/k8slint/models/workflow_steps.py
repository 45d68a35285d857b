"""The pods of an Argo Workflow: one for each of its templates that runs containers."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.models.yaml import Entry, Node, Scalar, YamlMapping, YamlSequence, is_null, text

# What a template and the workflow say of the pod, the template first; lists are put together.
_OF_POD = ("securityContext", "volumes", "automountServiceAccountToken", "hostNetwork")
_MAIN = "main"


class StepPod(Struct, frozen=True):
    """The pod of one template: its name in the words of a message, and what a pod template would hold."""

    name: str
    spec: YamlMapping
    metadata: Node | None


def step_pods(workflow: YamlMapping) -> Iterator[StepPod]:
    """The pod of each template of a workflow's spec that runs containers.

    Where ``podSpecPatch`` or ``templateDefaults`` stand in the way, what the pod is like is not known, and it is left
    out; so is a ``daemon``, which runs on beside the steps after it.
    """
    templates = workflow.get("templates")
    if workflow.get("podSpecPatch") is not None or workflow.get("templateDefaults") is not None:
        return
    for template in templates.items if isinstance(templates, YamlSequence) else ():
        if not isinstance(template, YamlMapping) or template.template() is not None:
            continue
        if template.get("podSpecPatch") is not None or template.get("daemon") is not None:
            continue
        containers = tuple(_containers(template))
        if containers:
            name = f"step {text(template.get('name')) or '(without a name)'}"
            yield StepPod(name, _pod_spec(workflow, template, containers), template.get("metadata"))


def _containers(template: YamlMapping) -> Iterator[YamlMapping]:
    for key in ("container", "script"):
        node = template.get(key)
        if isinstance(node, YamlMapping):
            yield _named(_without_script(node), node)
    several = template.get("containerSet", "containers")
    for item in several.items if isinstance(several, YamlSequence) else ():
        if isinstance(item, YamlMapping):
            yield item
    if several is None and template.get("container") is None and template.get("script") is None:
        return
    sidecars = template.get("sidecars")
    for item in sidecars.items if isinstance(sidecars, YamlSequence) else ():
        if isinstance(item, YamlMapping):
            yield item


def _without_script(node: YamlMapping) -> YamlMapping:
    """A container whose arguments are not known: the text of a script is written to a file, which the command gets."""
    source = node.entry("source")
    if source is None or is_null(source.value):
        return node
    file = Scalar("{{script}}", "template", "", source.value.location, source.value.location.line, 1)
    key = Scalar("args", "plain", "", source.key.location, source.key.location.line, source.key.location.column)
    args = Entry(key, YamlSequence((file,), source.value.location))
    return YamlMapping((*(one for one in node.entries if one.key.text != "args"), args), node.location)


def _named(node: YamlMapping, written: YamlMapping) -> YamlMapping:
    """The container with the name that the controller gives it, where it has none."""
    if node.entry("name") is not None or not written.entries:
        return node
    place = written.entries[0].key.location
    name = Entry(_plain("name", written), Scalar(_MAIN, "plain", "", place, place.line, place.column))
    return YamlMapping((name, *node.entries), node.location)


def _pod_spec(workflow: YamlMapping, template: YamlMapping, containers: tuple[YamlMapping, ...]) -> YamlMapping:
    entries = [Entry(_plain("containers", template), YamlSequence(containers, template.location))]
    before = template.entry("initContainers")
    if before is not None:
        entries.append(before)
    for name in _OF_POD:
        here, above = template.entry(name), workflow.entry(name)
        both = [one.value for one in (here, above) if one is not None]
        lists = [one for one in both if isinstance(one, YamlSequence)]
        if len(lists) == 2:
            items = tuple(item for one in lists for item in one.items)
            entries.append(Entry(_plain(name, template), YamlSequence(items, lists[0].location)))
        elif here is not None or above is not None:
            entries.extend([here] if here is not None else [above] if above is not None else [])
    return YamlMapping(tuple(entries), template.location)


def _plain(word: str, near: YamlMapping) -> Scalar:
    return Scalar(word, "plain", "", near.location, near.location.line, near.location.column)
