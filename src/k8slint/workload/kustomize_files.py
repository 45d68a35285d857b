"""How kustomizations read the files of a project."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from k8slint.models.yaml import Node, YamlMapping


class Manifest(Struct, frozen=True):
    """The objects of a file; ``complete`` unless a part of it could not be read."""

    roots: tuple[YamlMapping, ...]
    complete: bool


class Files(Struct, frozen=True):
    """How kustomizations read files, by their paths from the project's root; None for what is not there.

    ``manifest`` gives objects, ``patch`` the documents of a patch (None too where one cannot be read), ``content``
    bytes.
    """

    manifest: Callable[[str], Manifest | None]
    patch: Callable[[str], tuple[Node, ...] | None]
    content: Callable[[str], bytes | None]
