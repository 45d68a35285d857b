"""Makefiles and justfiles: their variables, and the lines that their recipes run."""

from __future__ import annotations

import posixpath
import re

from msgspec import Struct, field

from k8slint.location import Location
from k8slint.models.source import Source
from k8slint.regex import regex

_ASSIGNMENT = regex(r"^ {0,8}(?:export[ \t]+|override[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*(?:\?|::?)?=[ \t]*(.*)$")
_RULE = regex(r"^([\w.%/-]+)[^:=#]*::?(?!=)")
_COMMENT = regex(r"(?:^|(?<=[ \t]))#.*$")
_HERE = regex(r"\$[({](?:CURDIR|PWD|shell pwd|dir \$\((?:abspath|realpath) \$\(lastword \$\(MAKEFILE_LIST\)\)\)\))[)}]")
_TOP = regex(r"\$\(shell git rev-parse --show-toplevel\)")
_CALL = regex(r"\$[({]([^(){}]*)[)}]|(?<!\$)\$([A-Za-z@<^])(?!\w)")
_SIMPLE = regex(r"[A-Za-z_]\w*")
_INTERPOLATION = regex(r"\{\{-?\s*([A-Za-z_][\w-]*)\s*-?\}\}")


class Recipe(Struct, frozen=True):
    """One line of a recipe, continuations joined, as a shell reads it: ``${X}`` for make's own ``$(X)``."""

    text: str
    location: Location
    target: str = ""
    """The first target of the rule that the line belongs to, "" where that is put together from variables."""


class Makefile(Struct, frozen=True):
    """Variables with the one value that the file gives them, and all recipe lines.

    In values and recipes ``//`` at the start of a path is the top of the project.
    """

    variables: dict[str, str]
    recipes: tuple[Recipe, ...]
    prerequisites: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Of each target that is written out, in the order of the file."""


def recipe_of(makefile: Makefile, target: str) -> tuple[Recipe, ...]:
    """The lines that ``make target`` runs last, "" for the default; where it has none, those of its one prerequisite.

    No lines where there are several, or none at all.
    """
    target = target or next((one for one in makefile.prerequisites if not one.startswith(".")), "")
    seen: set[str] = set()
    while target and target not in seen:
        seen.add(target)
        lines = tuple(one for one in makefile.recipes if one.target == target)
        before = makefile.prerequisites.get(target, ())
        if lines or len(before) != 1:
            return lines
        target = before[0]
    return ()


def is_makefile(path: str) -> bool:
    name = posixpath.basename(path).lower()
    return name in ("makefile", "gnumakefile", "justfile") or name.endswith((".mk", ".just"))


def parse_makefile(source: Source) -> Makefile:
    """Read a Makefile, or a justfile, whose recipes are indented and whose variables stand in ``{{ }}``."""
    is_just = posixpath.basename(source.path).lower().endswith((".just", "justfile"))
    here = "//" + posixpath.dirname(source.path)
    values: dict[str, set[str]] = {}
    recipes: list[Recipe] = []
    prerequisites: dict[str, tuple[str, ...]] = {}
    target = ""
    for first, line in _logical_lines(source):
        if line.startswith("\t") or (is_just and line.startswith("  ")):
            text = line.strip().lstrip("@-+").strip()
            text = _INTERPOLATION.sub(r"${\1}", text) if is_just else _shell(text, here)
            recipes.append(Recipe(text, source.line_span(first), target))
            continue
        rule = _RULE.match(line)
        target = rule[1] if rule is not None else target
        if rule is not None:
            before = _COMMENT.sub("", line[rule.end() :]).lstrip(":").split("|", 1)[0]
            prerequisites[target] = (*prerequisites.get(target, ()), *before.split())
        found = _ASSIGNMENT.match(line)
        if found is not None:
            value = _COMMENT.sub("", found[2]).strip()
            values.setdefault(found[1], set()).add(value.strip("\"'") if is_just else _shell(value, here))
    return Makefile(
        {name: next(iter(found)) for name, found in values.items() if len(found) == 1}, tuple(recipes), prerequisites
    )


def _logical_lines(source: Source) -> list[tuple[int, str]]:
    lines: list[tuple[int, str]] = []
    first, parts = 0, list[str]()
    for number in range(1, source.line_count + 1):
        line = source.line(number)
        first = first or number
        parts.append(line.removesuffix("\\").strip() if parts else line.removesuffix("\\"))
        if not line.endswith("\\"):
            lines.append((first, " ".join(parts)))
            first, parts = 0, []
    return [*lines, (first, " ".join(parts))] if parts else lines


def _shell(text: str, here: str) -> str:
    """``text`` with make's references turned into the shell's; what is no plain variable becomes ``${_}``."""
    text = _TOP.sub("//", _HERE.sub(here, text))
    for _ in range(4):
        changed = _CALL.sub(_reference, text)
        if changed == text:
            break
        text = changed
    return text.replace("\0", "${").replace("\1", "}").replace("$$", "$")


def _reference(found: re.Match[str]) -> str:
    name = (found[1] or found[2] or "").strip()
    return f"\0{name if _SIMPLE.fullmatch(name) else '_'}\1"
