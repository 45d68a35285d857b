"""Programs beside a workload that watch the events of Celery's workers."""

from __future__ import annotations

from collections.abc import Iterator

from k8slint.models.manifest import KubernetesObject
from k8slint.models.yaml import strings
from k8slint.regex import regex
from k8slint.workload.workload import Workload

_WATCHERS = regex(r"(?i)\bflower\b|celery[-_]exporter|celeryev|celery\s+events")


def watches_events(workload: Workload) -> bool:
    """Whether Flower, an exporter or ``celery events`` is deployed, which need the workers' heartbeats."""
    services = workload.services
    found = services is not None and bool(services.beside.find(workload.owner, _watches, True))
    return found or workload.environment.mentioned("flower")


def _watches(one: KubernetesObject) -> Iterator[bool]:
    for container in one.containers:
        nodes = (container.get("command"), container.get("args"))
        words = [word for node in nodes if node is not None for word in strings(node) or ()]
        if _WATCHERS.search(" ".join((container.image.or_else(""), *words))):
            yield True
