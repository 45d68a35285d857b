"""The number of a user that an image's build creates by name."""

from __future__ import annotations

import posixpath

from k8slint.regex import regex
from k8slint.workload.stages import build_commands
from k8slint.workload.workload import Workload

_CREATES = regex(r"\b(useradd|adduser)\b")
_LONGEST = 10


def user_number(workload: Workload, name: str) -> int | None:
    """The number with which the image's build creates the user ``name``; None where none is, or several are.

    ``useradd`` and Alpine's and Debian's ``adduser`` take it with ``-u`` or ``--uid``.
    """
    if workload.stage is None:
        return None
    numbers = [
        _number(command.words)
        for stage in workload.stage.lineage
        for command in build_commands(stage, _CREATES)
        if posixpath.basename(command.words[0]) in ("useradd", "adduser") and command.words[-1] == name
    ]
    return numbers[0] if len(numbers) == 1 else None


def _number(words: tuple[str, ...]) -> int | None:
    for word, following in zip(words, (*words[1:], ""), strict=True):
        written = following if word in ("-u", "--uid") else word[6:] if word.startswith("--uid=") else ""
        if written.isascii() and written.isdigit() and len(written) <= _LONGEST:
            return int(written) or None
    return None
