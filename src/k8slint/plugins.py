"""Finding rules: every package behind the entry point group ``k8slint.rules``, the built-in ones like anyone's."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from types import ModuleType

import msgspec
from msgspec import Struct

from k8slint import rule_index, suppress
from k8slint.entry_points import entry_points
from k8slint.regex import regex
from k8slint.report import LoadedRule
from k8slint.rule import Rule

GROUP = "k8slint.rules"
_ID = regex(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


class PluginError(Exception):
    """A rule package that cannot be used: names the package, the module and the cause."""


class _Module(Struct, frozen=True):
    package: str
    name: str


def load() -> tuple[LoadedRule, ...]:
    """All rules that are installed, sorted by id. Raises ``PluginError``: a broken package is not left out."""
    packages = _packages()
    if not packages:
        raise PluginError(f"no rules are installed: no package has an entry point in the group {GROUP!r}")
    found = [*_own(), *(loaded for package in packages for loaded in load_package(package))]
    by_id: dict[str, LoadedRule] = {}
    for loaded in found:
        other = by_id.setdefault(loaded.rule.id, loaded)
        if other is not loaded:
            raise PluginError(f"{loaded.module}: the rule {loaded.rule.id!r} exists already, in {other.module}")
    return tuple(by_id[rule_id] for rule_id in sorted(by_id))


def load_package(package: str) -> Iterator[LoadedRule]:
    """The rules of one importable package: those that its list names, else all of its modules."""
    try:
        listed = rule_index.listed(package, _folder(package))
    except msgspec.MsgspecError as error:
        raise PluginError(f"{package}: its list of rules, {rule_index.NAME}, cannot be read: {error}") from error
    return import_package(package) if listed is None else listed


def import_package(package: str) -> Iterator[LoadedRule]:
    """The rules of one importable package: all modules below it whose names do not begin with ``_``, imported."""
    _folder(package)
    return (_loaded(_Module(package, name)) for name in _modules(package, package))


def _folder(package: str) -> str:
    top = _imported(_Module(package, package))
    if not hasattr(top, "__path__"):
        raise PluginError(f"{package}: the entry point names a module, not a package")
    return next(iter(top.__path__), "")


def _packages() -> tuple[str, ...]:
    found: set[str] = set()
    for entry in entry_points(GROUP):
        module = entry.value.partition("[")[0].strip()
        if ":" in module:
            raise PluginError(f"{entry.value}: the entry point {entry.name!r} names an object, not a package")
        found.add(module)  # The same package may be seen twice, installed and on the path.
    return tuple(sorted(found))


def _own() -> Iterator[LoadedRule]:
    for rule, page in suppress.RULES:
        yield LoadedRule(rule, "notices", "k8slint", suppress.__name__, page)


def _modules(package: str, name: str) -> Iterator[str]:
    """Dotted names of the modules below ``name``; folders count as packages with or without ``__init__.py``."""
    children = {child for folder in _imported(_Module(package, name)).__path__ for child in _listed(folder)}
    for child in sorted(children):
        stem, dot, extension = child.partition(".")
        if stem.startswith("_") or not stem.isidentifier():
            continue
        if extension == "py":
            yield f"{name}.{stem}"
        elif not dot:
            yield from _modules(package, f"{name}.{stem}")


def _listed(folder: str) -> list[str]:
    """The modules and folders in one folder of a package."""
    with os.scandir(folder) as entries:
        return [one.name for one in entries if one.name.endswith(".py") or one.is_dir()]


def _imported(module: _Module) -> ModuleType:
    try:
        return importlib.import_module(module.name)
    except (Exception, SystemExit) as error:
        # Whatever a stranger's module does on import, the run stops and names it.
        cause = f"{type(error).__name__}: {error}"
        raise PluginError(f"{module.package}: the module {module.name} cannot be imported: {cause}") from error


def _loaded(module: _Module) -> LoadedRule:
    rule = getattr(_imported(module), "RULE", None)
    where = f"{module.package}: the module {module.name}"
    if not isinstance(rule, Rule):
        raise PluginError(f"{where} has no RULE; modules that are not rules have names that begin with '_'")
    parent, _, stem = module.name.rpartition(".")
    expected = stem.replace("_", "-")
    if rule.id != expected or not _ID.fullmatch(rule.id):
        raise PluginError(f"{where} names its rule {rule.id!r}; it should be {expected!r}, as the module")
    if not isinstance(rule.target, type):
        raise PluginError(f"{where}: the target of its rule is not a type")
    loaded = LoadedRule(rule, parent.rpartition(".")[2].replace("_", "-"), module.package, module.name)
    try:
        _ = loaded.page
    except (OSError, ValueError) as error:
        raise PluginError(f"{where} has no readable page {stem}.md beside it: {error}") from error
    return loaded
