"""Settings: ``[tool.k8slint]`` of the nearest pyproject.toml, and what the command line adds to it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from k8slint.report import LoadedRule
from k8slint.rule import Severity
from k8slint.suppress import suggestion

FAIL_ON: Mapping[str, Severity | None] = {
    "error": Severity.ERROR,
    "warning": Severity.WARNING,
    "info": Severity.INFO,
    "never": None,
}
_KEYS = ("select", "ignore", "exclude", "pedantic", "fail-on")
_SIZE_LIMIT = 1024 * 1024


class ConfigError(Exception):
    """A setting that cannot be followed, in words for the user."""


class Config(Struct, frozen=True):
    """The settings of a run.

    ``select`` and ``ignore`` name rules or concerns; no ``select`` means all. ``exclude`` holds patterns in
    ``.gitignore`` syntax with the absolute folder each is relative to. ``fail_on`` is None for "never".
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[tuple[str, str], ...] = ()
    pedantic: bool = False
    fail_on: Severity | None = Severity.WARNING

    def merged(
        self,
        select: Sequence[str],
        ignore: Sequence[str],
        exclude: Sequence[tuple[str, str]],
        pedantic: bool | None,
        fail_on: str | None,
    ) -> Config:
        """These settings with the command line's: ``ignore`` and ``exclude`` are added, the others win if given."""
        return replace(
            self,
            select=tuple(select) or self.select,
            ignore=(*self.ignore, *ignore),
            exclude=(*self.exclude, *exclude),
            pedantic=self.pedantic if pedantic is None else pedantic,
            fail_on=self.fail_on if fail_on is None else FAIL_ON[fail_on],
        )


def load(root: str) -> Config:
    """The settings for files below ``root``.

    Read from the nearest pyproject.toml, upward, that has a ``[tool.k8slint]`` table; the search ends at the top of the
    repository. Raises ``ConfigError``.
    """
    folder = root
    while True:
        table = _table(os.path.join(folder, "pyproject.toml"))
        if table is not None:
            return _parsed(table, folder)
        parent = os.path.dirname(folder)
        if parent == folder or os.path.lexists(os.path.join(folder, ".git")):
            return Config()
        folder = parent


def choose(rules: Iterable[LoadedRule], config: Config) -> tuple[LoadedRule, ...]:
    """The rules to run, in the given order. Raises ``ConfigError`` for a name that is neither a rule nor a concern."""
    known = tuple(rules)
    names = {name for loaded in known for name in (loaded.rule.id, loaded.concern)}
    for key, values in (("select", config.select), ("ignore", config.ignore)):
        for value in values:
            if value not in names:
                hint = suggestion(value, names)
                raise ConfigError(f"{key}: {value!r} is neither a rule nor a concern{hint} (see k8slint rules)")
    return tuple(loaded for loaded in known if _is_chosen(loaded, config))


def _is_chosen(loaded: LoadedRule, config: Config) -> bool:
    names = {loaded.rule.id, loaded.concern}
    if names & set(config.ignore):
        return False
    if loaded.rule.pedantic and not config.pedantic and loaded.rule.id not in config.select:
        return False
    return not config.select or bool(names & set(config.select))


def _table(path: str) -> Mapping[str, object] | None:
    if not os.path.isfile(path):
        return None
    try:
        # What was a file a moment ago may be a pipe by now.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as stream:
            data = stream.read(_SIZE_LIMIT + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    # A file without our name is none of our business, however broken.
    if b"k8slint" not in data:
        return None
    if len(data) > _SIZE_LIMIT:
        raise ConfigError(f"{path}: more than {_SIZE_LIMIT} bytes")
    if sys.version_info >= (3, 11):
        import tomllib  # only where there is a file to read
    else:
        import tomli as tomllib
    try:
        document = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    tool = document.get("tool")
    table = tool.get("k8slint") if isinstance(tool, dict) else None
    if table is None or isinstance(table, dict):
        return table
    raise ConfigError(f"{path}: tool.k8slint is not a table")


def _parsed(table: Mapping[str, object], folder: str) -> Config:
    origin = os.path.join(folder, "pyproject.toml")
    for key in table:
        if key not in _KEYS:
            raise ConfigError(f"{origin}: unknown key {key!r} in [tool.k8slint]{suggestion(key, _KEYS)}")
    pedantic = table.get("pedantic", False)
    if not isinstance(pedantic, bool):
        raise ConfigError(f"{origin}: pedantic is true or false")
    fail_on = table.get("fail-on", "warning")
    if not isinstance(fail_on, str) or fail_on not in FAIL_ON:
        hint = suggestion(str(fail_on), FAIL_ON)
        raise ConfigError(f"{origin}: fail-on is one of {', '.join(FAIL_ON)}, not {fail_on!r}{hint}")
    return Config(
        select=_strings(table, "select", origin),
        ignore=_strings(table, "ignore", origin),
        exclude=tuple((folder, pattern) for pattern in _strings(table, "exclude", origin)),
        pedantic=pedantic,
        fail_on=FAIL_ON[fail_on],
    )


def _strings(table: Mapping[str, object], key: str, origin: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{origin}: {key} is a list of strings")
    return tuple(value)
