"""Compilers and headers that stay in the image that runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from k8slint.location import Location
from k8slint.regex import regex
from k8slint.workload.knowledge import build_tool_rows
from k8slint.workload.stages import BuildCommand, build_commands
from k8slint.workload.workload import Workload

_INTERESTING = regex(r"\b(apt-get|apt|aptitude|apk|dnf|microdnf|yum|zypper)\b")
COMPILE_CALLS = (
    "torch.compile",
    "torch.utils.cpp_extension.load",
    "torch.utils.cpp_extension.load_inline",
    "pyximport.install",
    "Cython.inline",
    "cython.inline",
)
"""What calls a C compiler while the program runs."""
# R's bridge builds parts of itself; Triton, which the others use, calls a C compiler for every kernel.
_COMPILING_IMPORTS = ("rpy2", "triton", "vllm", "deepspeed", "unsloth", "bitsandbytes")
_ADDS = ("install", "add", "in")
_REMOVES = ("remove", "purge", "autoremove", "del", "erase")
_VIRTUAL = ("-t", "--virtual")


class BuildTools(Struct, frozen=True):
    """What one command of the last stage installs to build things with: compilers first, then headers.

    ``is_hidden`` tells that a later layer removes every compiler again, which makes the image no smaller.
    """

    packages: tuple[str, ...]
    has_compiler: bool
    location: Location
    is_hidden: bool = False


def build_tools(workload: Workload) -> Iterator[BuildTools]:
    """Those that no command of the same RUN removes; a removal in a later layer leaves them in the image."""
    if not workload.link.is_known:
        return
    commands = [one for stage in workload.link.value.stage.lineage for one in build_commands(stage, _INTERESTING)]
    for number, command in enumerate(commands):
        found = _left(command, [one for one in commands if one.run is command.run])
        if found is not None:
            compilers = {one for one in found.packages if one in build_tool_rows()["compilers"]}
            removed = set(_removed(commands[number + 1 :]))
            is_hidden = bool(compilers) and (compilers <= removed or _packages(command.words)[2] in removed)
            yield replace(found, is_hidden=is_hidden)


def _removed(commands: Iterable[BuildCommand]) -> Iterator[str]:
    for command in commands:
        verb, packages, _ = _packages(command.words)
        if verb in _REMOVES:
            yield from packages


def _left(command: BuildCommand, layer: list[BuildCommand]) -> BuildTools | None:
    verb, packages, group = _packages(command.words)
    if verb not in _ADDS:
        return None
    compilers = [one for one in packages if one in build_tool_rows()["compilers"]]
    headers = [one for one in packages if re.search(build_tool_rows()["headers"], one)]
    removed: set[str] = set()
    for other in layer[layer.index(command) + 1 :]:
        what, names, _ = _packages(other.words)
        if what in _REMOVES:
            removed.update(names)
            if any("$" in name or "*" in name for name in names) or not names:
                return None
    if group is not None and group in removed:
        return None
    kept = tuple(one for one in (*compilers, *headers) if one not in removed)
    if not kept:
        return None
    return BuildTools(kept, any(one in compilers for one in kept), command.location)


def _packages(words: tuple[str, ...]) -> tuple[str, list[str], str | None]:
    """The verb of a package manager's command, the packages behind it without versions, and apk's virtual package."""
    if _INTERESTING.fullmatch(words[0].rsplit("/", 1)[-1]) is None:
        return "", [], None
    plain: list[str] = []
    group: str | None = None
    rest = list(words[1:])
    while rest:
        word = rest.pop(0)
        if word in _VIRTUAL and rest:
            group = rest.pop(0)
        elif word.startswith("--virtual="):
            group = word.partition("=")[2]
        elif not word.startswith("-"):
            plain.append(re.split(r"[=<>~]", word, maxsplit=1)[0])
    return (plain[0], plain[1:], group) if plain else ("", [], group)


def compiles(workload: Workload) -> bool:
    """Whether the program needs the compiler, or R, while it runs."""
    return any(
        any(program.imports(one) for one in _COMPILING_IMPORTS) or next(program.calls(*COMPILE_CALLS), None) is not None
        for _, program in workload.programs()
    )
