"""What each YAML or JSON file is: manifest, patch, chart template, Compose file, CI workflow and so on."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping
from enum import Enum

from msgspec import Struct

from k8slint.regex import regex

_SUFFIXES = (".yaml", ".yml", ".json")
_SCHEMA = regex(rb"^kind:[ \t]*[\"']?CustomResourceDefinition\b", re.MULTILINE)
_OTHER_KIND = regex(rb"^kind:[ \t]*[\"']?(?!CustomResourceDefinition\b)\w", re.MULTILINE)
_CI = regex(r"(^|/)(\.github/(workflows|actions)/|\.gitlab-ci[^/]*$|\.circleci/|\.buildkite/|\.tekton/)")
_CI_NAMES = ("cloudbuild.yaml", "cloudbuild.yml", "azure-pipelines.yml", "azure-pipelines.yaml", ".travis.yml")


class FileKind(Enum):
    """``CHART_PART`` is any file of a chart that is neither template nor values, such as ``Chart.yaml``."""

    MANIFEST = "manifest"
    SCHEMA = "custom resource definition"
    KUSTOMIZATION = "kustomization"
    CHART_TEMPLATE = "chart template"
    CHART_VALUES = "chart values"
    CHART_PART = "part of a chart"
    SKAFFOLD = "skaffold"
    COMPOSE = "compose"
    CI = "CI workflow"
    OTHER = "other"


_OF_OBJECTS = (FileKind.MANIFEST, FileKind.SCHEMA, FileKind.KUSTOMIZATION)


class FileClass(Struct, frozen=True):
    """What a file is, why that is believed, and the folder of the chart that it belongs to ("." for the root)."""

    kind: FileKind
    why: str
    chart: str = ""


def is_yaml(path: str) -> bool:
    return path.endswith(_SUFFIXES) or posixpath.basename(path) == "Kustomization"


def classify(path: str, data: bytes, paths: Collection[str]) -> FileClass:
    """What the file at ``path`` is, by its place among ``paths`` and its bytes; nothing is parsed.

    The bytes can only say what a file may be: what looks like a kustomization, a manifest or a Compose file and turns
    out to be none when it is parsed is left out there.
    """
    chart = _chart_of(path, paths)
    if chart:
        return _part_of_chart(path, chart)
    name = posixpath.basename(path).lower()
    if _CI.search(path) or name in _CI_NAMES:
        if b"apiVersion" in data and b"kind" in data:
            return FileClass(FileKind.MANIFEST, "holds apiVersion and kind, in a folder of CI")
        return FileClass(FileKind.CI, "its name")
    if b"ustomiz" in path.encode() + data and (name.startswith("kustomization") or b"kustomize.config.k8s.io" in data):
        return FileClass(FileKind.KUSTOMIZATION, "its name" if name.startswith("kustomization") else "its apiVersion")
    if b"skaffold/" in data and b"apiVersion" in data:
        return FileClass(FileKind.SKAFFOLD, "its apiVersion")
    if b"apiVersion" in data and b"kind" in data:
        if _SCHEMA.search(data) and not _OTHER_KIND.search(data):
            return FileClass(FileKind.SCHEMA, "its kind")
        return FileClass(FileKind.MANIFEST, "holds apiVersion and kind")
    if b"services" in data or "compose" in name:
        return FileClass(FileKind.COMPOSE, "its name" if "compose" in name else "may hold services")
    return FileClass(FileKind.OTHER, "nothing in it that k8slint reads")


def set_aside(classes: Mapping[str, FileClass], judged: Collection[str]) -> dict[str, FileClass]:
    """``classes`` for a run that is given its objects in the files ``judged``: the tree's own are not read."""
    aside = FileClass(FileKind.OTHER, "the objects to judge are given apart")
    return {
        path: aside if path not in judged and (one.chart or one.kind in _OF_OBJECTS) else one
        for path, one in classes.items()
    }


def _part_of_chart(path: str, chart: str) -> FileClass:
    inside = path if chart == "." else path[len(chart) + 1 :]
    if inside.startswith("templates/"):
        return FileClass(FileKind.CHART_TEMPLATE, f"in templates/ of the chart {chart}", chart)
    if inside.startswith(("values", "ci/")):
        return FileClass(FileKind.CHART_VALUES, f"values of the chart {chart}", chart)
    return FileClass(FileKind.CHART_PART, f"in the folder of the chart {chart}", chart)


def _chart_of(path: str, paths: Collection[str]) -> str:
    """The folder of the innermost Helm chart that ``path`` is a template or a value file of, or ''."""
    folder = posixpath.dirname(path)
    while folder:
        if posixpath.join(folder, "Chart.yaml") in paths:
            inside = path[len(folder) + 1 :]
            is_part = inside.startswith(("templates/", "charts/", "crds/")) or "/" not in inside
            return folder if is_part or inside.startswith(("values", "ci/")) else ""
        folder = posixpath.dirname(folder)
    if "Chart.yaml" in paths and (path.startswith(("templates/", "charts/")) or "/" not in path):
        return "."
    return ""
