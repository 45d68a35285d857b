"""Django's settings of a workload: which module they are in, and the value of one of them."""

from __future__ import annotations

import re

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.location import Location
from k8slint.models.python import Expr, Import, PythonFile
from k8slint.workload.detail import in_full
from k8slint.workload.environment import Environment
from k8slint.workload.process import Process
from k8slint.workload.program import Program

_VARIABLE = "DJANGO_SETTINGS_MODULE"
_DEEPEST = 6


def settings_module(program: Program, environment: Environment, process: Process | None) -> Fact[str]:
    """The dotted name of the settings: the environment's, else what the entry module sets where nothing is set."""
    found = environment.get(_VARIABLE, process)
    if not found.is_absent:
        return found
    for call in in_full(program.entry).calls:
        if call.name == "os.environ.setdefault" and len(call.args) == 2 and call.args[0].value == _VARIABLE:
            value = call.args[1].value
            return known(value, Place(call.location, _VARIABLE)) if isinstance(value, str) else unknown("not written")
    return unknown(f"nothing sets {_VARIABLE}")


def setting(program: Program, dotted: str, name: str, depth: int = 0) -> Fact[tuple[PythonFile, Expr, Location]]:
    """The one value that settings give ``name``, with its file and the place of its assignment.

    Unknown where it is assigned twice, in a branch, changed in place, or where a star import that cannot be read may
    set it.
    """
    file = program.find(dotted) if depth < _DEEPEST else None
    if file is None:
        return unknown(f"the settings {dotted} are not in the repository")
    module = in_full(file)
    if re.search(rf"^[^#\n]*\b{name}\s*(\+=|\.(append|extend|insert|remove)\b|\[)", module.source.text, re.MULTILINE):
        return unknown(f"{name} is changed after it is set")
    assigned = [one for one in module.assignments if one.target == name and not one.scope]
    if len(assigned) > 1 or any(one.location.column != 1 for one in assigned):
        return unknown(f"{name} depends on a condition")
    after = assigned[0].location.line if assigned else 0
    stars = [one for one in module.imports if one.names == (("*", None),) and one.location.line > after]
    for star in reversed(stars):
        imported = setting(program, _absolute(star, dotted, module), name, depth + 1)
        if not imported.is_absent:
            return imported
    if not assigned:
        return absent()
    value = module.resolve(assigned[0].value, "")
    return known((module, value, assigned[0].location), Place(assigned[0].location, name))


def _absolute(star: Import, dotted: str, module: PythonFile) -> str:
    if not star.level:
        return star.module
    package = dotted.split(".")
    up = star.level - 1 if module.path.endswith("/__init__.py") else star.level
    return ".".join(part for part in (*package[: len(package) - up], star.module) if part)
