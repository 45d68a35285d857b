"""What a dotted name of one module of a program stands for in another: functions, routers, applications."""

from __future__ import annotations

from k8slint.models.python import PythonFile
from k8slint.workload.detail import in_full
from k8slint.workload.program import Program

_DEEPEST = 4


def defined(program: Program, module: PythonFile, dotted: str, depth: int = 0) -> tuple[PythonFile, str] | None:
    """The module that defines ``dotted`` as ``module`` writes it (imports resolved), and its name there.

    None for what is not the project's. A name that is only imported on the way is followed to where it is made.
    """
    names = {one.name for one in module.functions} | {one.name for one in module.classes}
    names.update(one.target for one in module.assignments)
    if dotted in names:
        return module, dotted
    if depth >= _DEEPEST:
        return None
    level = len(dotted) - len(dotted.lstrip("."))
    parts = dotted.lstrip(".").split(".")
    for at in range(len(parts) - 1, -1, -1):
        found = _module(program, module, level, parts[:at]) if at or level else None
        if found is None or found.path == module.path:
            continue
        full = in_full(found)
        rest = ".".join(parts[at:])
        direct = defined(program, full, rest, depth + 1)
        return direct or _imported(program, full, rest, depth + 1)
    return None


def _imported(program: Program, module: PythonFile, name: str, depth: int) -> tuple[PythonFile, str] | None:
    for one in module.imports:
        for imported, alias in one.names:
            if (alias or imported) == name:
                base = "." * one.level + one.module
                dotted = f"{base}{'' if base.endswith('.') or not base else '.'}{imported}"
                return defined(program, module, dotted, depth)
    return None


def _module(program: Program, module: PythonFile, level: int, parts: list[str]) -> PythonFile | None:
    if not level:
        return program.find(".".join(parts))
    folder = module.path.split("/")[:-level]
    base = "/".join((*folder, *parts))
    fits = [one for one in program.modules if one.path in (f"{base}.py", f"{base}/__init__.py")]
    return fits[0] if fits else None
