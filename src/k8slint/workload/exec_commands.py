"""The commands that a manifest gives to a container: its own, those of its probes and those of its hooks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.shell import parse_shell_text
from k8slint.models.shell_syntax import AndOr, SimpleCommand, Statement, walk
from k8slint.models.yaml import Scalar, YamlMapping, YamlSequence, as_int, has_expression
from k8slint.regex import regex
from k8slint.workload.workload import Workload

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HOOKS = ("preStop", "postStart")
_SHELLS = ("sh", "bash", "ash", "dash")
_ASKS_FIRST = regex(r"\b(command\s+-v|which|type|hash)\s|\b(apt-get|apt|apk|dnf|yum)\b.*\b(install|add)\b")
_GIVES_UP = ("exit", "false", "return", "kill")


class ExecCommand(Struct, frozen=True):
    """``words`` are as written; ``field`` is "command", a probe or a hook.

    ``programs`` are those that it starts for certain, with their places. ``seconds`` is how long a probe may fail until
    it has an effect.
    """

    field: str
    words: tuple[str, ...]
    location: Location
    programs: tuple[tuple[str, Location], ...]
    seconds: int | None = None


def exec_commands(workload: Workload) -> Iterator[ExecCommand]:
    """Every command of the container's manifest whose words are known."""
    container = workload.container
    if container is None:
        return
    if container.command.is_known:
        args = container.get("args") if container.args.is_known else None
        yield from _command("command", container.get("command"), args, None)
    for kind in _PROBES:
        probe = workload.probe(kind)
        if probe.is_known:
            yield from _command(kind, probe.value.get("exec", "command"), None, _seconds(probe.value))
    for hook in _HOOKS:
        yield from _command(hook, container.get("lifecycle", hook, "exec", "command"), None, None)


def _seconds(probe: YamlMapping) -> int | None:
    period, failures, delay = (
        default if probe.get(name) is None else as_int(probe.get(name))
        for name, default in (("periodSeconds", 10), ("failureThreshold", 3), ("initialDelaySeconds", 0))
    )
    return None if period is None or failures is None or delay is None else delay + period * failures


def _command(field: str, node: object, more: object, seconds: int | None) -> Iterator[ExecCommand]:
    items = [*_items(node), *_items(more)]
    if not items or any(has_expression(item.text) for item in items):
        return
    words = tuple(item.text for item in items)
    first = words[0].rsplit("/", 1)[-1]
    programs = [(words[0], items[0].location)]
    if first in _SHELLS and len(words) > 2 and re.fullmatch(r"-[a-z]*c[a-z]*", words[1]):
        programs += _in_text(items[2])
    yield ExecCommand(field, words, items[0].location, tuple(programs), seconds)


def _items(node: object) -> list[Scalar]:
    items = node.items if isinstance(node, YamlSequence) else ()
    scalars = [item for item in items if isinstance(item, Scalar)]
    return scalars if len(scalars) == len(items) else []


def _in_text(item: Scalar) -> Iterator[tuple[str, Location]]:
    """The programs that a shell's text starts, unless it looks for them first or does something else without them."""
    if _ASKS_FIRST.search(item.text):
        return
    script = parse_shell_text(item.text, item.location, tuple(item.line_locations()))
    optional = {id(part) for one in walk(script.body) for part in _optional(one)}
    for command in script.commands():
        words = [word.template for word in command.words]
        while words and words[0] in ("exec", "timeout", "time", "nohup"):
            is_timeout, words = words[0] == "timeout", words[1:]
            while is_timeout and words and re.match(r"-|[\d.]+[smh]?$", words[0]):
                words = words[1:]
        known_name = bool(words) and re.fullmatch(r"[\w./-]+", words[0]) is not None
        if known_name and id(command) not in optional and words[0] not in script.functions:
            yield words[0], command.location


def _optional(statement: Statement) -> Iterator[Statement]:
    """What stands before an ``||`` that has an answer to its failure."""
    if isinstance(statement, AndOr) and statement.operator == "||":
        right = statement.right
        gives_up = isinstance(right, SimpleCommand) and bool(right.words) and right.words[0].template in _GIVES_UP
        if not gives_up:
            yield from walk(statement.left)
