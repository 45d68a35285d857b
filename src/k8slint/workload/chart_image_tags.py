"""Which line of a chart's values gives an image the tag that it has."""

from __future__ import annotations

from collections.abc import Iterable

from k8slint.location import Location
from k8slint.models.yaml import Scalar, YamlMapping, load_documents
from k8slint.regex import regex
from k8slint.workload.artifacts import Artifacts
from k8slint.workload.file_class import FileKind
from k8slint.workload.knowledge import split_image
from k8slint.workload.workload import Workload

_VALUE = regex(r"\.Values((?:\.[A-Za-z_]\w*)+)")


def tag_value(workload: Workload, artifacts: Artifacts) -> Location | None:
    """The place in a values file that a container's tag comes from.

    None where the template writes the tag itself, or asks another template for it.
    """
    container = workload.container
    if container is None or workload.owner is None or workload.owner.variant is None or not container.image.is_known:
        return None
    at = container.image.places[0].location
    routes = [found.split(".")[1:] for found in _VALUE.findall(artifacts.source(at.path).line(at.line))]
    tag = split_image(container.image.value)[1]
    files = artifacts.charts.files.get(workload.owner.variant, frozenset())
    return _first(routes, tag, files, artifacts) if routes and tag else None


def _first(routes: list[list[str]], tag: str, files: Iterable[str], artifacts: Artifacts) -> Location | None:
    """Where one of ``routes`` leads to ``tag``, in a file laid over the chart's own rather than there."""
    for path in sorted(files, key=lambda path: path.endswith("/values.yaml")):
        if path not in artifacts.classes or artifacts.classes[path].kind is FileKind.CI:
            continue
        for document in load_documents(artifacts.source(path))[0]:
            for route in routes:
                node = document.root.get(*route) if isinstance(document.root, YamlMapping) else None
                if isinstance(node, Scalar) and node.text == tag:
                    return node.location
    return None
