"""Functions that nothing calls but the methods of a class which the program never makes an object of."""

from __future__ import annotations

import re

from k8slint.models.python import PythonFile
from k8slint.workload.detail import in_full
from k8slint.workload.program import Program

_MOST_MODULES = 20


def only_in_idle_classes(program: Program, function: str) -> bool:
    """Whether every mention of a function, by its last name, is a call in such a class; False where one may not be."""
    if program.may_mention(function):
        return False
    mention = re.compile(rf"\b{function}\b")
    holding = [module for module in program.modules if function in module.source.text]
    if len(holding) > _MOST_MODULES:
        return False
    classes: set[str] = set()
    for short in holding:
        module = in_full(short)
        calls = [call for call in module.calls if call.name.rpartition(".")[2] == function]
        explained = len(calls) + _named_without_use(module, function)
        if len(mention.findall(module.source.text)) > explained:
            return False
        names = {one.name for one in module.classes}
        for call in calls:
            owner = call.scope.partition(".")[0]
            if owner not in names:
                return False
            classes.add(owner)
    return bool(classes) and all(_is_idle(program, name) for name in classes)


def _named_without_use(module: PythonFile, name: str) -> int:
    """How often a file names something where it defines or imports it, and in ``__all__``."""
    text = module.source.text
    imported = sum(name == one for each in module.imports for one, alias in each.names if alias in (None, one))
    return imported + len(re.findall(rf"\b(?:def|class)\s+{name}\b|[\"']{name}[\"']", text))


def _is_idle(program: Program, name: str) -> bool:
    """Whether a class is only defined, imported and listed."""
    holding = [module for module in program.modules if name in module.source.text]
    return not program.may_mention(name) and all(
        len(re.findall(rf"\b{name}\b", one.source.text)) <= _named_without_use(one, name) for one in holding
    )
