"""Methods of classes that the program never makes an object of, and functions that only these call."""

from __future__ import annotations

import re

from k8slint.models.python import PythonFile
from k8slint.workload.detail import in_full
from k8slint.workload.program import Program

_MOST_MODULES = 20
_MOST_GENERATIONS = 4


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


def is_method_of_unmade_class(program: Program, module: PythonFile, scope: str) -> bool:
    """Whether a method belongs to a class that the program seems to make no object of, nor of one that derives from it.

    Another class's method of the same name may be what is called. A class that is only listed somewhere, as the
    commands of a program are, counts as not made: whether a command runs is not known.
    """
    name = scope.partition(".")[0]
    if "." not in scope or all(one.name != name for one in module.classes):
        return False
    names = {name}
    for _ in range(_MOST_GENERATIONS):
        holding = [one for one in program.modules if any(each in one.source.text for each in names)]
        if len(holding) > _MOST_MODULES or program.may_mention(name):
            return False
        full = [in_full(one) for one in holding]
        derived = {
            one.name for each in full for one in each.classes if names & {base.rpartition(".")[2] for base in one.bases}
        }
        if derived <= names:
            return not any(_may_make(one, names) for one in full)
        names |= derived
    return False


def _may_make(module: PythonFile, classes: set[str]) -> bool:
    """Whether a file calls a class, takes something from it, or gives it another name."""
    if any(one in classes and alias for found in module.imports for one, alias in found.names):
        return True
    either = "|".join(sorted(classes))
    mentions = re.findall(rf"(?<![\"'\w])(?:{either})\s*[(.]", module.source.text)
    return len(mentions) > len(re.findall(rf"\bclass\s+(?:{either})\s*\(", module.source.text))


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
