"""What a project asks for in a requirements file or in pyproject.toml, as pip and uv read them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from k8slint.location import Location
from k8slint.models.source import Source
from k8slint.regex import regex

_MOST_LINES = 5000
_NAME = regex(r"^([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[([\w\s,.-]*)\])?\s*(.*)$", re.DOTALL)
_EXACT = regex(r"={2,3}\s*(?![^,;\s]*\*)[^,;\s]+")
_REPOSITORY = regex(r"(?:git|hg|svn|bzr)\+\w+://")
_REVISION = regex(r"@[^/@#\s]+(?:#|$)")
_OPTION = regex(r"^(-[a-z]|--[a-z-]+)(?:[ \t]*=?[ \t]*)(.*)$", re.DOTALL)
_ELSEWHERE = regex(r"""['"](?:win32|Windows|cygwin|darwin|Darwin)['"]""")


class Requirement(Struct, frozen=True):
    """One package that is asked for. ``name`` is normalised: lower case, with hyphens.

    ``is_pinned`` tells that only one version fits: ``==`` without a star, a file's address, a revision of a repository.
    ``is_for_linux`` is False where the marker names another system.
    """

    name: str
    extras: tuple[str, ...]
    written: str
    is_pinned: bool
    is_for_linux: bool
    location: Location


class Requirements(Struct, frozen=True):
    """One requirements file, or the part of pyproject.toml that says the same.

    ``options`` are those of the file itself, such as ``-r``, ``-c`` and ``--index-url``. ``has_dev_group`` and
    ``is_package`` are of pyproject.toml: uv installs a ``dev`` group unless told not to, and builds what is a package.
    """

    path: str
    packages: tuple[Requirement, ...]
    options: tuple[tuple[str, str], ...]
    has_dev_group: bool = False
    is_package: bool = False
    names_indexes: bool = False
    """Whether pyproject.toml names other package indexes for uv."""

    def values(self, *names: str) -> tuple[str, ...]:
        """The values of options, in the order of the file."""
        return tuple(value for name, value in self.options if name in names)


def parse_requirements(source: Source) -> Requirements:
    """Read a requirements file; lines that are neither an option nor name a package are left out."""
    packages: list[Requirement] = []
    options: list[tuple[str, str]] = []
    for number, line in _lines(source):
        option = _OPTION.match(line)
        if option is not None:
            options.append((option.group(1), option.group(2).strip()))
        elif (found := read_requirement(line, source.line_span(number))) is not None:
            packages.append(found)
    return Requirements(source.path, tuple(packages), tuple(options))


def read_requirement(written: str, location: Location) -> Requirement | None:
    """A requirement as files and command lines write it; None for a path, an address without a name, or none."""
    if (named := _of_repository(written)) is not None:
        written = named
    text, _, marker = re.split(r"\s--(?:hash|config-settings|global-option)\b", written, maxsplit=1)[0].partition(";")
    match = _NAME.match(text.strip())
    if match is None or re.match(r"[/:\\]", match.group(3)) or match.group(1).endswith((".whl", ".txt", ".gz", ".zip")):
        return None
    name, extras, rest = match.groups()
    is_address = rest.startswith("@")
    is_repository = is_address and re.match(r"@\s*(git|hg|svn|bzr)\+", rest) is not None
    is_exact = _EXACT.search(rest) is not None
    is_pinned = _REVISION.search(rest[1:].strip()) is not None if is_repository else is_address or is_exact
    return Requirement(
        _normal(name),
        tuple(part.strip().lower() for part in (extras or "").split(",") if part.strip()),
        text.strip(),
        is_pinned or "--hash" in written,
        _ELSEWHERE.search(marker) is None,
        location,
    )


def _of_repository(written: str) -> str | None:
    """``name @ git+address`` for an address alone, the name from ``#egg=`` or the last part of the path."""
    if _REPOSITORY.match(written) is None:
        return None
    egg = re.search(r"[#&]egg=([\w.-]+)", written)
    path = re.split(r"[#;\s]", written, maxsplit=1)[0].partition("://")[2].partition("/")[2]
    name = egg.group(1) if egg else path.rsplit("/", 1)[-1].partition("@")[0].removesuffix(".git")
    return f"{name} @ {written}" if name else None


def parse_project(source: Source) -> Requirements | None:
    """What ``project.dependencies`` of a pyproject.toml asks for; None where the file is not TOML."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        data: dict[str, Any] = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError:
        return None
    table, groups, uv = data.get("project"), data.get("dependency-groups"), _table(data.get("tool"), "uv")
    written = table.get("dependencies") if isinstance(table, dict) else None
    lines = [one for one in written if isinstance(one, str)] if isinstance(written, list) else []
    packages = (read_requirement(line, _place(source, line)) for line in lines)
    local = _local_sources(uv)
    return Requirements(
        source.path,
        tuple(replace(one, is_pinned=True) if one.name in local else one for one in packages if one is not None),
        (),
        bool(_table(groups, "dev") or _table(uv, "dev-dependencies")) and _table(uv, "default-groups") is None,
        "build-system" in data and _table(uv, "package") is not False,
        any(_table(uv, name) is not None for name in ("index", "sources", "index-url", "extra-index-url", "pip")),
    )


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _local_sources(uv: object) -> frozenset[str]:
    """The packages that uv takes from a folder of the repository: they are what the commit holds.

    https://docs.astral.sh/uv/concepts/projects/dependencies/#dependency-sources
    """
    sources = _table(uv, "sources")
    return frozenset(
        _normal(name)
        for name, one in (sources.items() if isinstance(sources, dict) else ())
        if _table(one, "path") is not None or _table(one, "workspace") is True
    )


def _table(parent: object, name: str) -> object:
    return parent.get(name) if isinstance(parent, dict) else None


def _place(source: Source, written: str) -> Location:
    at = source.text.find(written)
    return source.span(at, at + len(written)) if at >= 0 else source.line_span(1)


def _lines(source: Source) -> Iterator[tuple[int, str]]:
    """The logical lines without comments: a backslash at the end of a line joins it with the next."""
    start, pieces = 1, ""
    for number in range(1, min(source.line_count, _MOST_LINES) + 1):
        line = source.line(number)
        if line.endswith("\\"):
            start, pieces = (start, pieces) if pieces else (number, pieces)
            pieces += line[:-1] + " "
            continue
        logical = re.sub(r"(^|\s)#.*$", "", pieces + line).strip()
        if logical:
            yield (start if pieces else number), logical
        start, pieces = number + 1, ""
