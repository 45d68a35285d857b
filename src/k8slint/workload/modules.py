"""Python modules of the repository by dotted name."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Sequence

from k8slint.workload.artifacts import Artifacts


class Modules:
    """Finds the file of a module: from given folders first, else the only file in the project that fits the name."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = frozenset(paths)
        by_name = defaultdict(list)
        for path in sorted(self._paths):
            stem = path.removesuffix(".py").removesuffix("/__init__")
            by_name[stem.rsplit("/", 1)[-1]].append(path)
        self._by_name = dict(by_name)
        self._found: dict[tuple[str, tuple[str, ...], bool], str | None] = {}

    def find(self, dotted: str, roots: tuple[str, ...], anywhere: bool = True) -> str | None:
        """The path of module ``dotted``, looked for below each of ``roots`` in turn.

        With ``anywhere``, a name that fits one file only is found there too (``src`` layouts, packages installed from
        another folder of the project).
        """
        tail = dotted.replace(".", "/")
        # Most imports are of no file of the project.
        if not tail or tail.startswith("/") or tail.rsplit("/", 1)[-1] not in self._by_name:
            return None
        # Programs of one project import the same modules again and again.
        key = (dotted, roots, anywhere)
        if key not in self._found:
            self._found[key] = self._find(dotted, tail, roots, anywhere)
        return self._found[key]

    def _find(self, dotted: str, tail: str, roots: Sequence[str], anywhere: bool) -> str | None:
        for root in roots:
            for candidate in (f"{tail}.py", f"{tail}/__init__.py"):
                path = posixpath.normpath(posixpath.join(root, candidate))
                if path in self._paths:
                    return path
        if not anywhere or "." not in dotted:
            return self._only_top(tail) if anywhere else None
        fits = [
            path
            for path in self._by_name.get(tail.rsplit("/", 1)[-1], ())
            if f"/{path}".endswith((f"/{tail}.py", f"/{tail}/__init__.py"))
        ]
        return fits[0] if len(fits) == 1 else None

    def _only_top(self, name: str) -> str | None:
        """A top-level name is too common to be found anywhere, unless it is a package that stands once."""
        fits = [path for path in self._by_name.get(name, ()) if path.endswith(f"{name}/__init__.py")]
        tops = [
            path
            for path in fits
            if posixpath.join(posixpath.dirname(posixpath.dirname(path)), "__init__.py") not in self._paths
        ]
        return tops[0] if len(tops) == 1 else None


def modules_of(artifacts: Artifacts) -> Modules:
    return Modules(artifacts.python_paths)
