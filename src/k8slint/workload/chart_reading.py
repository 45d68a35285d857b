"""What a project's charts give, and what helm made of them."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from k8slint.fact import Place
from k8slint.location import Notice
from k8slint.models.manifest import KubernetesObject
from k8slint.models.source import Source


class HelmRun(Struct, frozen=True):
    """What helm wrote, by the folder of the chart, and the files of values that it was given over the chart's own."""

    texts: Mapping[str, str] = field(default_factory=dict)
    values: tuple[Source, ...] = ()


class ChartReading(Struct, frozen=True):
    """The objects of all charts, notices for what could not be read, and the files that may hold what is not known.

    ``files`` are the values files that each variant is made of, ``rendered`` the templates that helm has rendered.
    ``withheld`` are kind and name of the ConfigMaps and Secrets that the charts have and values leave out.
    """

    objects: tuple[KubernetesObject, ...] = ()
    notices: tuple[Notice, ...] = ()
    unread: tuple[str, ...] = ()
    files: Mapping[Place, frozenset[str]] = field(default_factory=dict)
    rendered: frozenset[str] = frozenset()
    withheld: frozenset[tuple[str, str]] = frozenset()
