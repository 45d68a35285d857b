"""What a function asks of other services on the way to its answer, and whether their failure becomes its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from k8slint.location import Location
from k8slint.models.python import Call, PythonFile
from k8slint.models.python_failures import telling_functions
from k8slint.models.source import Source
from k8slint.regex import regex
from k8slint.workload.detail import in_full
from k8slint.workload.knowledge import probes
from k8slint.workload.objects import defined
from k8slint.workload.program import Program
from k8slint.workload.routes import Handler

_DEEPEST = 2
_LOCAL = regex(r"localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0")


class Dependency(Struct, frozen=True):
    """A call that needs another service: ``what`` it needs ("the database"), ``written`` as in the code.

    ``raises`` tells that a failure leaves the function as an exception; else it was caught on the way.
    """

    what: str
    kind: str
    written: str
    location: Location
    raises: bool


def fatal_dependencies(program: Program, handler: Handler) -> Iterator[Dependency]:
    """The services whose failure makes a handler answer with a server error, as far as can be told."""
    _, telling = _telling(handler.module.path, handler.module.source.text)
    for found in _needed(program, handler.module, handler.function, 0, frozenset()):
        if found.raises or handler.function in telling:
            yield found


def _needed(
    program: Program, module: PythonFile, function: str, depth: int, seen: frozenset[tuple[str, str]]
) -> Iterator[Dependency]:
    raising, _ = _telling(module.path, module.source.text)
    for call in module.calls:
        if call.scope != function or any(one == "if" or one.startswith(("handler", "finally")) for one in call.guards):
            continue
        is_caught = any(one.startswith(("except", "with contextlib.suppress", "with suppress")) for one in call.guards)
        for found in _asked(program, module, call, depth, seen):
            yield replace(found, raises=function in raising) if is_caught else found


def _asked(
    program: Program, module: PythonFile, call: Call, depth: int, seen: frozenset[tuple[str, str]]
) -> Iterator[Dependency]:
    row = _row(module, call)
    if row is not None:
        if not row.get("url") or _is_remote(module, call):
            yield Dependency(row["what"], row["kind"], _written(module, call), call.location, True)
        return
    target = defined(program, module, call.name) if depth < _DEEPEST else None
    if target is None or (target[0].path, target[1]) in seen:
        return
    if any(one.name == target[1] for one in target[0].functions):
        inner = seen | {(target[0].path, target[1])}
        yield from _needed(program, in_full(target[0]), target[1], depth + 1, inner)


def _row(module: PythonFile, call: Call) -> dict[str, str] | None:
    rows: list[dict[str, str]] = probes()["dependencies"]
    written = _written(module, call)
    for row in rows:
        if "call" in row and re.fullmatch(row["call"], call.name):
            return row
        if "written" in row and re.fullmatch(row["written"], written):
            return row
    return None


def _is_remote(module: PythonFile, call: Call) -> bool:
    """Whether the first argument is an address that is written out, and not one of the pod itself."""
    value = module.resolve(call.args[0], call.scope) if call.args else call.keyword("url")
    first = value.args[0] if value is not None and value.kind == "fstring" and value.args else value
    text = first.value if first is not None and first.kind == "const" else None
    return isinstance(text, str) and re.match(r"\w+://[\w.-]", text) is not None and not _LOCAL.search(text)


def _written(module: PythonFile, call: Call) -> str:
    line = module.source.line(call.location.line)
    return line[call.location.column - 1 :].partition("(")[0].strip()


@lru_cache(maxsize=8192)
def _telling(path: str, text: str) -> tuple[frozenset[str], frozenset[str]]:
    return telling_functions(Source(path, text))
