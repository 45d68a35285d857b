"""What one Celery process is told: subcommand, beat flag, and settings from argv, environment and code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TypeAlias

from msgspec import Struct

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.location import Location
from k8slint.models.python import Expr, PythonFile
from k8slint.regex import holds
from k8slint.workload.celery_code import CeleryCode
from k8slint.workload.knowledge import celery_rows
from k8slint.workload.process import Process
from k8slint.workload.workload import Workload

_COMMANDS = ("worker", "beat")
_TASK = ("task", "shared_task", "periodic_task")
_READERS = ("os.environ.get", "os.getenv")

Setting: TypeAlias = str | int | float | bool | None
"""The value of a setting; a mapping has none that is read here."""


class TaskLimit(Struct, frozen=True):
    """A task with limits of its own: ``seconds`` is the time after which it is killed or interrupted."""

    task: str
    seconds: float
    acks_late: bool | None
    location: Location


class CeleryProcess(Struct, frozen=True, eq=False):
    """One Celery process of a workload: ``command`` is "worker" or "beat", ``with_beat`` the flag ``-B``."""

    workload: Workload
    process: Process
    command: str
    with_beat: Fact[bool]
    code: CeleryCode

    def setting(self, name: str, only_named: bool = False) -> Fact[Setting]:
        """A setting by its present lower-case name: the option, else the variable, else the code.

        With ``only_named`` an environment that cannot be read in full hides no variable that nothing else names.
        """
        row = celery_rows()["settings"][name]
        options = tuple(one for one in row["options"] if self.command == "beat" or one != "-S")
        option = self.process.entry.option(*options) if options else None
        if option is not None:
            place = Place(option.location, f"{options[-1]} {option.written}")
            return (
                unknown(f"{option.written} is not known", place) if option.text is None else _number(option.text, place)
            )
        if options and any(word.text is None for word in self.process.entry.words):
            return unknown("a part of the command line is not known")
        if row["variable"] and (not only_named or self.workload.environment.names(row["variable"], self.process)):
            found = self.workload.environment.get(row["variable"], self.process)
            if not found.is_absent:
                return _number(found.value, *found.places) if found.is_known else unknown(found.reason, *found.places)
        return self._in_code(name, row["old"])

    def scheduler_locks(self) -> Fact[bool]:
        """Whether beat's scheduler holds a lock, so that of several only one sends; unknown where it is not listed.

        Schedulers are chosen in code and on the command line; the variable counts where somebody names it.
        """
        scheduler = self.setting("beat_scheduler", only_named=True)
        if scheduler.is_absent:
            return known(False)
        row = celery_rows()["schedulers"].get(str(scheduler.or_else(None)))
        return (
            known(bool(row["locks"]), *scheduler.places) if row is not None else unknown("the scheduler is not known")
        )

    def task_limits(self) -> tuple[TaskLimit, ...]:
        """The tasks whose decorator sets a time limit that can be read; none where only some queues are consumed."""
        if self.process.entry.option("-Q", "--queues", "-X", "--exclude-queues") is not None:
            return ()
        found: list[TaskLimit] = []
        for module in self.code.modules:
            for function in module.functions:
                for one in function.decorators:
                    if one.kind == "call" and str(one.value).rsplit(".", 1)[-1] in _TASK:
                        found.extend(self._limit(module, function.name, one))
        return tuple(found)

    def _limit(self, module: PythonFile, task: str, decorator: Expr) -> Iterator[TaskLimit]:
        given = dict(decorator.keywords)
        at = given.get("time_limit") or given.get("soft_time_limit")
        seconds = self._value(module, at, "") if at is not None else unknown("there is none")
        if at is None or not seconds.is_known or not isinstance(seconds.value, (int, float)):
            return
        late: bool | None = False
        if "acks_late" in given:
            value = self._value(module, given["acks_late"], "")
            late = bool(value.value) if value.is_known else None
        elif "**" in given:
            late = None
        else:
            default = self.setting("task_acks_late")
            late = bool(default.value) if default.is_known else (False if default.is_absent else None)
        yield TaskLimit(task, float(seconds.value), late, at.location)

    def _in_code(self, name: str, old: list[str]) -> Fact[Setting]:
        pattern = re.compile("|".join((rf"(?i:\b(?:\w+_)?{name}\b)", *(rf"\b{one}\b" for one in old))))
        namespaces = self._namespaces()
        found: list[Fact[Setting]] = []
        words = (name, *(one.lower() for one in old))
        mentioned = any(_mentions(text, words, pattern) for text in self.code.others)
        for module in self.code.modules:
            if not _mentions(module.source.text, words, pattern):
                continue
            here = list(_written(module, pattern))
            mentioned = mentioned or not here
            for spelt, value, scope in here:
                found.append(
                    self._value(module, value, scope)
                    if _counts(spelt, name, old, namespaces)
                    else unknown(f"{spelt} may not be read")
                )
        if not found and not self.code.found:
            return unknown("the app is not in the repository")
        if not found:
            return unknown(f"{name} is mentioned in code that is not read") if mentioned else absent()
        if any(one.is_unknown for one in found) or len({repr(one.or_else(None)) for one in found}) > 1:
            return unknown(f"{name} is set to something that is not known", *(p for one in found for p in one.places))
        return found[0] if found[0].or_else("") is not None else absent(*found[0].places)

    def _namespaces(self) -> frozenset[str]:
        """The prefixes that ``config_from_object(..., namespace=...)`` gives; "" where it gives none."""
        spaces = set()
        for module in self.code.modules:
            for call in module.calls:
                if call.name.endswith(".config_from_object"):
                    space = call.keyword("namespace") or (call.args[3] if len(call.args) > 3 else None)
                    spaces.add(str(module.resolve(space, call.scope).value) if space is not None else "")
        return frozenset(spaces)

    def _value(self, module: PythonFile, expression: Expr, scope: str) -> Fact[Setting]:
        resolved = module.resolve(expression, scope)
        place = Place(expression.location, "set in code")
        name = str(resolved.value)
        if resolved.kind == "const" and isinstance(resolved.value, (str, int, float, bool, type(None))):
            return known(resolved.value, place)
        if resolved.kind == "binary" and name in ("*", "+"):
            left, right = (self._value(module, part, scope).or_else(None) for part in resolved.args)
            if isinstance(left, (int, float)) and isinstance(right, (int, float)):
                return known(left * right if name == "*" else left + right, place)
        if resolved.kind == "call" and name in ("int", "float") and len(resolved.args) == 1:
            inner = self._value(module, resolved.args[0], scope)
            return _number(str(inner.value), place) if inner.is_known else inner
        if resolved.kind == "call" and name in _READERS and resolved.args:
            variable = module.resolve(resolved.args[0], scope)
            given = self.workload.environment.get(str(variable.value), self.process)
            if variable.kind == "const" and given.is_known:
                return _number(given.value, *given.places)
            if variable.kind == "const" and given.is_absent:
                return self._value(module, resolved.args[1], scope) if len(resolved.args) > 1 else known(None, place)
        return unknown("it is computed", place)


def celery_processes(workload: Workload) -> Iterator[CeleryProcess]:
    """The Celery workers and beats among the processes of a workload."""
    for process, code in workload.celery_by_process:
        command = _command(process)
        if command in _COMMANDS:
            yield CeleryProcess(workload, process, command, _beat_flag(process), code)


def _command(process: Process) -> str:
    """The subcommand: the first word that is neither an option nor the value of one; "" where that is not known."""
    texts = [word.text for word in process.entry.words[1:]]
    for before, text in zip(["", *texts], texts, strict=False):
        if text is None:
            return ""
        if not text.startswith("-") and before not in celery_rows()["options_with_value"]:
            return text
    return ""


def _beat_flag(process: Process) -> Fact[bool]:
    for word in process.entry.words:
        if word.text == "--beat" or re.fullmatch(r"-[DE]*B\w*", word.text or ""):
            return known(True, Place(word.location, word.text or ""))
    if any(word.text is None for word in process.entry.words):
        return unknown("a part of the command line is not known")
    return absent()


def _written(module: PythonFile, pattern: re.Pattern[str]) -> Iterator[tuple[str, Expr, str]]:
    """Settings as a module writes them: name, value and scope."""
    for assignment in module.assignments:
        last = re.split(r"[.\[]", assignment.target.rstrip("]"))[-1]
        if pattern.fullmatch(last):
            yield last, assignment.value, assignment.scope
        for part in assignment.value.walk():
            if part.kind == "dict":
                yield from ((key, value, assignment.scope) for key, value in part.keywords if pattern.fullmatch(key))
    for call in module.calls:
        parts = [part for argument in call.args for part in argument.walk() if part.kind == "dict"]
        for keywords in (call.keywords, *(part.keywords for part in parts)):
            yield from ((key, value, call.scope) for key, value in keywords if pattern.fullmatch(key))


def _counts(spelt: str, name: str, old: list[str], namespaces: frozenset[str]) -> bool:
    """Whether Celery reads a setting so spelt: the prefix must be the namespace that the app is given."""
    if spelt == name:
        return True
    if spelt in old:
        return namespaces <= {""}
    prefix = spelt[: -len(name)].rstrip("_")
    return bool(prefix) and prefix in namespaces


def _mentions(text: str, words: Iterable[str], pattern: re.Pattern[str]) -> bool:
    """Whether ``pattern``, of which nothing is found where none of ``words`` stands, is found outside comments."""
    lowered = _lowered(text)
    found = any(word in lowered for word in words) and holds(pattern, text)
    return found and any(pattern.search(line) for line in text.splitlines() if not line.lstrip().startswith("#"))


@lru_cache(maxsize=1 << 14)
def _lowered(text: str) -> str:
    return text.lower()


def _number(text: str, *places: Place) -> Fact[Setting]:
    try:
        value = float(text)
    except ValueError:
        return known(text, *places)
    return known(int(value) if value.is_integer() else value, *places)
