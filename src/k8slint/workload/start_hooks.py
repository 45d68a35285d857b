"""Functions that a server calls in each of its workers before it listens."""

from __future__ import annotations

from k8slint.models.python import PythonFile
from k8slint.workload.knowledge import probes


def is_start_hook(module: PythonFile, function: str) -> bool:
    """Whether a function of a module is one: a lifespan, or what is registered for the startup event."""
    hooks = probes()["slow_work"]["hooks"]
    for one in module.functions:
        for decorator in one.decorators if one.name == function else ():
            name = str(decorator.value).rpartition(".")[2]
            if name in hooks and (name != "on_event" or any(part.value == "startup" for part in decorator.args)):
                return True
    return False
