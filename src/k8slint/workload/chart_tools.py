"""Everything in a project that tells how its Helm charts are installed, tool by tool."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Protocol

from k8slint.models.makefile import is_makefile
from k8slint.models.manifest import KubernetesObject
from k8slint.models.source import Source
from k8slint.regex import regex
from k8slint.workload.chart_commands import mentions_helm, of_commands
from k8slint.workload.chart_installs import ChartInstall, Charts, of_applications, of_helmfile, of_skaffold

_HELMFILE = regex(r"(^|/)(helmfile[^/]*|helmfile\.d/.*)\.ya?ml$")
_PUBLISHES = regex(rb"chart-releaser|\bhelm (?:cm-)?push\b|\bhelm package\b|\bhelm repo index\b|\bcr upload\b")
# One of these is in whatever the pattern finds: plain searches turn down most files many times faster.
_PUBLISHERS = (b"chart-releaser", b"helm push", b"helm cm-push", b"helm package", b"helm repo index", b"cr upload")
_NOT_OURS = regex(rb"^(?:apiVersion|[\"']?swagger|openapi)\b", re.MULTILINE)


class _File(Protocol):
    @property
    def data(self) -> bytes: ...


def chart_installs(
    charts: Collection[str],
    objects: Iterable[KubernetesObject],
    files: Mapping[str, _File],
    source: Callable[[str], Source],
) -> Iterator[ChartInstall]:
    """How the project installs the charts in the folders ``charts``; ``objects`` are those it writes itself."""
    there = Charts(charts, files)
    yield from of_applications(objects, there)
    for path, file in sorted(files.items()):
        if path.endswith((".yaml", ".yml")):
            if b"skaffold/" in file.data and b"helm" in file.data:
                yield from of_skaffold(path, source, there)
            elif _HELMFILE.search(path):
                yield from of_helmfile(path, source, there)
            elif mentions_helm(file.data) and not _NOT_OURS.search(file.data) and not _in_chart(path, charts):
                yield from of_commands(path, source, there)
        elif (is_makefile(path) or path.endswith((".sh", ".bash"))) and mentions_helm(file.data):
            yield from of_commands(path, source, there)


def publishes_charts(files: Mapping[str, _File]) -> bool:
    """Whether the project offers its charts to others, who install them with values of their own."""
    return any(
        any(word in file.data for word in _PUBLISHERS) and _PUBLISHES.search(file.data) is not None
        for path, file in files.items()
        if path.endswith((".yaml", ".yml", ".sh", ".bash")) or is_makefile(path)
    )


def _in_chart(path: str, charts: Collection[str]) -> bool:
    folder = posixpath.dirname(path)
    return "/templates/" in f"/{path}" or (folder or ".") in charts
