"""Console scripts that the project's own packaging defines: pyproject.toml, setup.cfg, setup.py."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Iterator

from msgspec import Struct

from k8slint.models.python import Expr, PythonFile
from k8slint.regex import regex
from k8slint.workload.artifacts import Artifacts

SETUP_CALLS = ("setuptools.setup", "distutils.core.setup")
_ENTRY = regex(r"^\s*([\w.-]+)\s*=\s*([\w.]+)\s*:\s*([\w.]+)")


class ConsoleScript(Struct, frozen=True):
    """A command that ``pip install`` puts on the PATH: the module and the function it calls."""

    name: str
    module: str
    function: str
    folder: str
    """The folder of the packaging file; modules are looked for from there."""


def console_scripts(artifacts: Artifacts) -> tuple[ConsoleScript, ...]:
    """All console scripts of the project, in order of their packaging files."""
    found: list[ConsoleScript] = []
    for path in sorted(artifacts.files):
        name = posixpath.basename(path)
        folder = posixpath.dirname(path)
        if name == "pyproject.toml":
            found.extend(_from_toml(artifacts.source(path).text, folder))
        elif name == "setup.cfg":
            found.extend(_from_cfg(artifacts.source(path).text, folder))
        elif name == "setup.py" and (setup := artifacts.python(path)) is not None:
            found.extend(_from_setup(setup, folder))
    return tuple(found)


def _from_toml(text: str, folder: str) -> Iterator[ConsoleScript]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return  # Not ours to judge; without scripts from here a command stays unknown.
    tables = [data.get("project"), data.get("tool", {}).get("poetry") if isinstance(data.get("tool"), dict) else None]
    for table in tables:
        scripts = table.get("scripts") if isinstance(table, dict) else None
        for name, target in scripts.items() if isinstance(scripts, dict) else ():
            if isinstance(target, str) and (script := _script(f"{name} = {target}", folder)):
                yield script


def _from_cfg(text: str, folder: str) -> Iterator[ConsoleScript]:
    from configparser import ConfigParser  # few projects still have a setup.cfg
    from configparser import Error as ConfigError

    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except ConfigError:
        return  # As above.
    for line in parser.get("options.entry_points", "console_scripts", fallback="").splitlines():
        if script := _script(line, folder):
            yield script


def _from_setup(setup: PythonFile, folder: str) -> Iterator[ConsoleScript]:
    for call in setup.calls:
        if call.name not in SETUP_CALLS:
            continue
        points = call.keyword("entry_points")
        if points is None:
            continue
        resolved = setup.resolve(points, call.scope)
        for line in _strings(resolved):
            for part in line.splitlines():
                if script := _script(part, folder):
                    yield script


def _strings(expression: Expr) -> Iterator[str]:
    for part in expression.walk():
        if part.kind == "const" and isinstance(part.value, str):
            yield part.value


def _script(line: str, folder: str) -> ConsoleScript | None:
    match = _ENTRY.match(line)
    return ConsoleScript(match.group(1), match.group(2), match.group(3), folder) if match else None
