"""What two versions of a file differ in, compared as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from k8slint.fix.compare_python import demand_statements
from k8slint.fix.refusal import Refused
from k8slint.fix.template_lines import template_lines
from k8slint.models.dockerfile import DockerfileError, parse_dockerfile
from k8slint.models.dockerfile_instructions import read_instructions
from k8slint.models.shell import parse_shell
from k8slint.models.source import Source
from k8slint.models.yaml import Node, Scalar, YamlSequence, load_documents
from k8slint.regex import regex
from k8slint.repair import Change, ExecForm, Field, ImageInit, ImageUser, Item, Options, Words

_EXEC = regex("exec ")
_Path = tuple[str | int, ...]


def demand_little(before: Source, after: Source, changes: Sequence[Change]) -> None:
    """Raise ``Refused`` where ``after`` cannot be read, or differs in more than ``changes`` ask for."""
    try:
        parse_dockerfile(before)
    except DockerfileError:
        is_image = False
    else:
        is_image = not before.path.endswith((".py", ".sh", ".yaml", ".yml", ".json"))
    if is_image:
        # A user is created by one instruction and named by another, and so is an init.
        double = sum(isinstance(one, (ImageUser, ImageInit)) for one in changes)
        _demand_instructions(before, after, len(changes) + double)
    elif before.path.endswith((".yaml", ".yml", ".json")):
        _demand_values(before, after, changes)
    elif before.path.endswith(".py"):
        demand_statements(before, after, changes)
    else:
        _demand_script(before, after)


def _demand_instructions(before: Source, after: Source, most: int) -> None:
    try:
        parse_dockerfile(after)
    except DockerfileError as error:
        raise Refused(f"the file could not be read afterwards: {error.message}") from error
    old, new = read_instructions(before), read_instructions(after)
    words = [
        [(one.keyword, one.flags, one.value, one.heredocs) for one in reading.instructions] for reading in (old, new)
    ]
    arrays = [sum(one.argv is not None for one in reading.instructions) for reading in (old, new)]
    if arrays[1] < arrays[0]:
        raise Refused("a command would not be a JSON array any more")
    if len(new.notices) > len(old.notices) or [text for _, text in old.comments] != [text for _, text in new.comments]:
        raise Refused("something else in the file would change")
    changed = 0
    for kind, start, end, new_start, new_end in SequenceMatcher(None, words[0], words[1], autojunk=False).get_opcodes():
        if kind == "delete":
            raise Refused("an instruction would be lost")
        changed += max(end - start, new_end - new_start) if kind != "equal" else 0
    if changed > most:
        raise Refused("something else in the file would change")


def _demand_script(before: Source, after: Source) -> None:
    old, new = parse_shell(before), parse_shell(after)
    if len(new.notices) > len(old.notices):
        raise Refused("the script could not be read afterwards")


def _demand_values(before: Source, after: Source, changes: Sequence[Change]) -> None:
    lines, new_lines = template_lines(before), template_lines(after)
    if lines is not None and new_lines is not None:
        if [*lines.hidden.values()] != [*new_lines.hidden.values()]:
            raise Refused("something else in the file would change")
        before, after = lines.source, new_lines.source
    old_documents, old_notices = load_documents(before)
    new_documents, new_notices = load_documents(after)
    if len(new_notices) > len(old_notices) or len(old_documents) != len(new_documents):
        raise Refused("the file could not be read afterwards")
    old = dict(leaf for at, one in enumerate(old_documents) for leaf in _leaves(one.root, (at,)))
    new = dict(leaf for at, one in enumerate(new_documents) for leaf in _leaves(one.root, (at,)))
    routes = [one.route for one in changes if isinstance(one, (Field, Item))]
    changed = [path for path, value in old.items() if new.get(path) != value]
    added = [path for path in new if path not in old]
    strange = [path for path in changed if not any(path[-len(route) :] == route for route in routes)]
    strange += [path for path in added if not any(_leads(path, route) for route in routes)]
    emptied = [path for path in changed if old[path][0] == "{}" and path not in new]
    emptied = [path for path in emptied if any(_ends_in(path, route) for route in routes)]
    strange = [path for path in strange if path not in emptied]
    if () in routes:
        strange = [path for path in strange if not any(path[: len(one)] == one for one in emptied)]
    started = [path for path in changed if _is_started(old[path][0], new[path][0] if path in new else "")]
    for path in started[: sum(isinstance(one, ExecForm) for one in changes)]:
        strange.remove(path)
    free = sum(1 if isinstance(one, Words) else len(one.words) for one in changes if isinstance(one, (Words, Options)))
    if len(strange) > free:
        raise Refused("something else in the file would change")


def _leaves(root: Node, start: _Path) -> Iterator[tuple[_Path, tuple[str, str, str]]]:
    """Every scalar, with the way to it, its text, its style and its tag; empty collections count as scalars."""
    waiting: list[tuple[_Path, Node]] = [(start, root)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, Scalar):
            yield path, (node.text, node.style, node.tag)
            continue
        parts: list[tuple[str | int, Node]] = []
        if isinstance(node, YamlSequence):
            parts.extend(enumerate(node.items))
        else:
            parts.extend((entry.key.text, entry.value) for entry in node.entries)
        if not parts:
            yield path, ("[]" if isinstance(node, YamlSequence) else "{}", "", "")
        waiting.extend(((*path, key), part) for key, part in parts)


def _ends_in(path: _Path, route: tuple[str, ...]) -> bool:
    """Whether ``path`` ends with the beginning of ``route``; each does with that of an empty one."""
    return not route or any(path[-size:] == route[:size] for size in range(1, len(route) + 1))


def _is_started(old: str, new: str) -> bool:
    """Whether a text differs by one ``exec`` in it only."""
    return any(new[: at.start()] + new[at.end() :] == old for at in _EXEC.finditer(new))


def _leads(path: _Path, route: tuple[str, ...]) -> bool:
    """Whether ``path`` holds ``route``."""
    size = len(route)
    return any(path[at : at + size] == route for at in range(len(path) - size + 1))
