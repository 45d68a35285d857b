"""The charts that a Helm chart names as its dependencies."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.models.yaml import YamlMapping, YamlSequence, strings, text


class ChartDependency(Struct, frozen=True):
    """One entry of ``dependencies``: https://helm.sh/docs/helm/helm_dependency/

    ``key`` is the name under which the parent's values hold the dependency's; ``conditions`` are paths into the
    parent's values, of which the first that is there decides whether it is installed.
    """

    name: str
    key: str
    repository: str
    conditions: tuple[str, ...]
    tags: tuple[str, ...]

    @property
    def is_foreign(self) -> bool:
        """Whether it is taken from a repository of charts, and not from this project."""
        return bool(self.repository) and not self.repository.startswith("file://")


def chart_dependencies(about: YamlMapping | None) -> Iterator[ChartDependency]:
    """The dependencies in ``Chart.yaml``, or in the ``requirements.yaml`` that came before it."""
    listed = about.get("dependencies") if about is not None else None
    for item in listed.items if isinstance(listed, YamlSequence) else ():
        name = text(item.get("name")) if isinstance(item, YamlMapping) else None
        if isinstance(item, YamlMapping) and name:
            conditions = (text(item.get("condition")) or "").split(",")
            yield ChartDependency(
                name,
                text(item.get("alias")) or name,
                text(item.get("repository")) or "",
                tuple(path.strip() for path in conditions if path.strip()),
                strings(item.get("tags")) or (),
            )
