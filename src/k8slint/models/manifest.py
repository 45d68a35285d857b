"""Kubernetes objects and the pod templates inside them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from k8slint.fact import Place
from k8slint.location import Location, Notice
from k8slint.models.container import Argument, Container, Port, name_location
from k8slint.models.container_env import EnvFrom, EnvVar
from k8slint.models.kinds import kind_of
from k8slint.models.openshift_template import is_openshift_template, template_objects
from k8slint.models.pods import PodTemplate, pods_of
from k8slint.models.quantity import Quantity
from k8slint.models.source import Source
from k8slint.models.yaml import (
    Document,
    Node,
    Scalar,
    YamlMapping,
    YamlSequence,
    has_expression,
    is_null,
    is_template,
    load_documents,
    string_map,
    text,
)
from k8slint.regex import regex

__all__ = [
    "Argument",
    "Container",
    "EnvFrom",
    "EnvVar",
    "KubernetesObject",
    "PodTemplate",
    "Port",
    "Quantity",
    "objects",
]

# Files of build tools that look like objects, and schemas, which are large and hold nothing that runs.
_TOOL_GROUPS = ("kustomize.config.k8s.io", "skaffold")
_SCHEMA = regex(r"^kind:[ \t]*[\"']?CustomResourceDefinition\b", re.MULTILINE)


class KubernetesObject(Struct, frozen=True):
    """One object of a manifest. ``name`` and ``namespace`` are None where they are missing or filled in later.

    ``location`` is the place of its name, else of its kind. ``variant`` is the overlay or the values file that it was
    put together with, None where it is applied as it is written; one document may be the source of several variants,
    which share ``location``. ``pods`` are its pod templates; what is asked of one of them asks ``of_pod``.
    """

    path: str
    api_version: str
    kind: str
    name: str | None
    namespace: str | None
    root: YamlMapping
    location: Location
    pods: tuple[PodTemplate, ...]
    variant: Place | None = None

    @property
    def pod(self) -> PodTemplate | None:
        """The only pod template, or the first of several."""
        return self.pods[0] if self.pods else None

    def of_pod(self, pod: PodTemplate) -> KubernetesObject:
        """The object as far as one of its pods is concerned: with no other pod template."""
        return self if len(self.pods) == 1 else replace(self, pods=(pod,))

    @property
    def containers(self) -> tuple[Container, ...]:
        """The containers of all its pods, init containers too."""
        return tuple(one for pod in self.pods for one in (*pod.containers, *pod.init_containers))

    @property
    def generated_name(self) -> str:
        """What its name begins with where the cluster makes the rest of it up, else ""."""
        return _known_text(self.root.get("metadata", "generateName")) or ""

    @property
    def group(self) -> str:
        """The API group, "" for the core."""
        return _group(self.api_version)

    @property
    def is_fragment(self) -> bool:
        """Whether both selector and pod labels are missing, one of which every version of the API needs.

        Then this is a part of an object, such as a patch.
        """
        needs_labels = self.kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet") and self.pod is not None
        if not needs_labels or self.root.get("spec", "selector") is not None:
            return False
        return self.root.get("spec", "template", "metadata", "labels") is None

    @property
    def labels(self) -> dict[str, str]:
        return string_map(self.root.get("metadata", "labels"))

    @property
    def annotations(self) -> dict[str, str]:
        return string_map(self.root.get("metadata", "annotations"))

    @property
    def templated(self) -> bool:
        """Whether a template engine fills in a part of the object."""
        waiting: list[Node] = [self.root]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Scalar):
                if has_expression(node.text):
                    return True
            elif isinstance(node, YamlSequence):
                waiting.extend(node.items)
            else:
                waiting.extend(part for entry in node.entries for part in (entry.key, entry.value))
        return False


Load: TypeAlias = Callable[[], tuple[list[Document], list[Notice]]]


def objects(source: Source, load: Load | None = None) -> tuple[tuple[KubernetesObject, ...], tuple[Notice, ...]]:
    """The Kubernetes objects of a YAML or JSON file, lists flattened, and what could not be read.

    Only documents with ``apiVersion`` and ``kind`` at their top are parsed; custom resource definitions, and the
    files of kustomize and skaffold, are no objects to lint. ``load`` gives the documents where they are known already.
    """
    if "apiVersion" not in source.text or "kind" not in source.text:
        return (), ()
    documents, notices = load_documents(source, is_manifest) if load is None else load()
    found = [one for document in documents for one in objects_in(source.path, document.root)]
    return tuple(found), tuple(notices)


def objects_in(path: str, root: Node, variant: Place | None = None) -> Iterator[KubernetesObject]:
    """The object that a document is, or those of the list that it is."""
    return (replace(one, variant=variant) for one in _objects(path, root, "", ""))


def is_manifest(content: str) -> bool:
    """Whether a document's text has ``apiVersion`` and ``kind`` at its top level, told without parsing it."""
    if "apiVersion" not in content or "kind" not in content:
        return False
    first = _first_line(content)
    if first.lstrip().startswith("{"):
        return True
    indent = first[: len(first) - len(first.lstrip(" "))]
    return all(
        re.search(f"^{indent}([\"']?){key}\\1[ \t]*:", content, re.MULTILINE) for key in ("apiVersion", "kind")
    ) and (bool(indent) or _SCHEMA.search(content) is None)


def _first_line(content: str) -> str:
    """The first line that is not blank, a comment or a document marker."""
    at = 3 if content.startswith("---") else 0
    while at < len(content):
        end = content.find("\n", at)
        line = content[at : end if end >= 0 else len(content)]
        if line.strip() and not line.lstrip().startswith("#"):
            return line
        at = end + 1 if end >= 0 else len(content)
    return ""


def _objects(path: str, root: Node, list_version: str, list_kind: str) -> Iterator[KubernetesObject]:
    """The object that ``root`` is, or those in the list or the OpenShift template that it is.

    Items of a typed list may leave its type out.
    """
    waiting = [(root, list_version, list_kind)]
    while waiting:
        node, version_of_list, kind_of_list = waiting.pop()
        if not isinstance(node, YamlMapping):
            continue
        api_version = text(node.get("apiVersion")) or version_of_list
        kind = text(node.get("kind")) or kind_of_list
        if not api_version or not kind:
            continue
        items = node.get("items")
        if kind.endswith("List") and isinstance(items, YamlSequence):
            item_kind = kind.removesuffix("List")
            waiting.extend((item, api_version if item_kind else "", item_kind) for item in reversed(items.items))
        elif is_openshift_template(api_version, kind):
            waiting.extend((one, "", "") for one in reversed(list(template_objects(node))))
        elif _group(api_version) not in _TOOL_GROUPS and kind != "CustomResourceDefinition":
            yield _object(path, node, api_version, kind)


def _object(path: str, root: YamlMapping, api_version: str, kind: str) -> KubernetesObject:
    name = root.get("metadata", "name")
    metadata = root.get("metadata")
    named = metadata.entry("name") if isinstance(metadata, YamlMapping) else None
    kind_node = root.get("kind")
    location = kind_node.location if kind_node is not None else root.location
    if named is not None and isinstance(name, Scalar) and not is_null(name):
        location = name_location(named)
    return KubernetesObject(
        path=path,
        api_version=api_version,
        kind=kind,
        name=_known_text(name),
        namespace=_known_text(root.get("metadata", "namespace")),
        root=root,
        location=location,
        pods=pods_of(root, kind_of(kind, _group(api_version))),
    )


def _group(api_version: str) -> str:
    return api_version.rpartition("/")[0]


def _known_text(node: Node | None) -> str | None:
    found = text(node)
    return None if found is None or is_template(found) else found
