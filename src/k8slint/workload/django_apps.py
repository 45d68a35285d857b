"""The modules that Django loads by the names in INSTALLED_APPS, which no import leads to."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from k8slint.models.python import Import, PythonFile
from k8slint.workload.django import setting, settings_module
from k8slint.workload.environment import Environment
from k8slint.workload.process import Process
from k8slint.workload.program import Program

_MOST = 200


def with_django_apps(program: Program, environment: Environment, process: Process) -> Program:
    """``program`` with the configurations of its Django apps and what they import; itself where there are none."""
    if not program.imports("django"):
        return program
    dotted = settings_module(program, environment, process)
    apps = setting(program, dotted.value, "INSTALLED_APPS") if dotted.is_known else dotted
    if not apps.is_known or not isinstance(apps.value, tuple):
        return program
    names = [str(one.value) for one in apps.value[1].walk() if one.kind == "const" and isinstance(one.value, str)]
    found = {module.path: module for module in program.modules}
    before = len(found)
    waiting = [dotted for name in names for dotted in _configurations(name)]
    seen: set[str] = set()
    while waiting and len(found) < before + _MOST:
        name = waiting.pop()
        module = program.find(name) if name not in seen else None
        seen.add(name)
        if module is not None and module.path not in found:
            found[module.path] = module
            waiting.extend(_imported(module, name))
    if len(found) == before:
        return program
    return replace(program, modules=tuple(found.values()), _calls={}, _words=set(), _imported=set())


def _configurations(app: str) -> Iterator[str]:
    """Where the configuration of an app may be: an entry names its class, or the package that has it in ``apps``."""
    yield f"{app}.apps"
    if app.rpartition(".")[2][:1].isupper():
        yield app.rpartition(".")[0]


def _imported(module: PythonFile, dotted: str) -> Iterator[str]:
    for one in module.imports:
        base = _absolute(one, module, dotted)
        yield base
        yield from (f"{base}.{name}" for name, _ in one.names)


def _absolute(one: Import, module: PythonFile, dotted: str) -> str:
    if not one.level:
        return one.module
    package = dotted.split(".")
    up = one.level - 1 if module.path.endswith("/__init__.py") else one.level
    return ".".join(part for part in (*package[: len(package) - up], one.module) if part)
