"""Inits and wrappers in front of a program, taken off one at a time."""

from __future__ import annotations

import posixpath
from itertools import pairwise
from typing import Any

from msgspec import Struct

from k8slint.workload.knowledge import programs
from k8slint.workload.process import OnSigterm, Step, StepKind, Word


class Peeled(Struct, frozen=True):
    """A wrapper taken off: the step it makes, and the words of the program behind it."""

    step: Step
    words: tuple[Word, ...]
    shell_text: Word | None = None
    """For ``su -c TEXT``: the text that a shell runs."""
    assignments: tuple[tuple[str, str | None], ...] = ()
    """Variables that ``env A=b`` sets."""
    opaque: bool = False
    """What it starts is written elsewhere (a Procfile, a package.json, a Makefile)."""
    directory: str | None = None
    clears: bool = False
    """``env -i``: nothing of the environment is left but what it sets itself."""


def program_name(word: Word) -> str:
    """The base name of the program a word names; '' where the word is not known."""
    return posixpath.basename(word.text) if word.text else ""


def peel(words: tuple[Word, ...]) -> Peeled | None:
    """Take one init or wrapper off the front of a command line; None where there is none."""
    if not words or words[0].text is None:
        return None
    name = program_name(words[0])
    table = programs()
    if name in table["inits"]:
        return _peel_init(name, table["inits"][name], words)
    row = table["wrappers"].get(name)
    if row is None or name.startswith("_"):
        return None
    return _peel_wrapper(name, row, words)


def _peel_init(name: str, row: dict[str, Any], words: tuple[Word, ...]) -> Peeled | None:
    flags, rest = _options(words[1:], row.get("options_with_value", []))
    written = _single_letters({flag.written for flag in flags})
    if "group_unless" in row:
        group = not any(flag in written for flag in row["group_unless"])
    else:
        group = any(flag in written for flag in row.get("group", []))
    texts = " ".join(word.written for word in words[: len(words) - len(rest)])
    step = Step(
        StepKind.INIT,
        name,
        words[0].location,
        False,
        OnSigterm.FORWARDS,
        group_signal=group,
        rewrites_to_interrupt="15:2" in texts,
    )
    return Peeled(step, rest)


def _single_letters(flags: set[str]) -> set[str]:
    """The flags as written, and the letters of those that stand together: ``-vg`` is ``-v -g``."""
    together = (flag for flag in flags if len(flag) > 2 and not flag.startswith("--") and flag[1:].isalpha())
    return flags | {f"-{letter}" for flag in together for letter in flag[1:]}


def _peel_wrapper(name: str, row: dict[str, Any], words: tuple[Word, ...]) -> Peeled | None:
    rest = words[1:]
    if "word" in row:
        _, rest = _options(rest, row.get("options_with_value", []))
        if not rest or rest[0].text != row["word"]:
            return None
        rest = rest[1:]
    flags, rest = _options(rest, row.get("options_with_value", []), keep="until" in row or row.get("opaque", False))
    if "until" in row:
        at = next((i for i, word in enumerate(rest) if word.text == row["until"]), None)
        if at is None:
            return None
        rest = rest[at + 1 :]
    own = tuple(word.written for word in words[: len(words) - len(rest)])
    assignments: list[tuple[str, str | None]] = []
    if row.get("assignments"):
        assignments.extend(_unset(words[: len(words) - len(rest)]))
    while row.get("assignments") and rest and "=" in rest[0].written.split("/", 1)[0]:
        variable, _, value = (rest[0].text or rest[0].written).partition("=")
        assignments.append((variable, value if rest[0].text is not None else None))
        rest = rest[1:]
    if any(flag.text in row.get("module", ()) for flag in flags):
        python = tuple(Word(text, words[0].location, text) for text in ("python", "-m"))
        rest = (*python, *rest)
    user = None
    if "user" in row and len(rest) > row["user"]:
        user = rest[row["user"]].text
    skip = row.get("skip", 0)
    rest = rest[skip:]
    signal = row.get("signal")
    on_sigterm = {"forwards": OnSigterm.FORWARDS, "drops": OnSigterm.DROPS}.get(str(signal), OnSigterm.UNKNOWN)
    text = _shell_text(words) if row.get("shell_text") else None
    if row.get("drops_user") and user is None:
        user = _named_user(words)
    step = Step(
        StepKind.WRAPPER, name, words[0].location, signal == "execs", on_sigterm, user=_plain_user(user), options=own
    )
    directory = next((_value_after(words, flag.text) for flag in flags if flag.text in ("--directory", "-C")), None)
    clears = any(flag.text in row.get("clears", ()) for flag in flags)
    return Peeled(step, rest, text, tuple(assignments), row.get("opaque", False), directory, clears)


def _unset(options: tuple[Word, ...]) -> list[tuple[str, None]]:
    return [(name.text, None) for flag, name in pairwise(options) if flag.text in ("-u", "--unset") and name.text]


def _plain_user(user: str | None) -> str | None:
    return user.split(":", 1)[0] if user else user


def _shell_text(words: tuple[Word, ...]) -> Word | None:
    for flag, value in pairwise(words):
        if flag.text in ("-c", "--command"):
            return value
    return None


def _named_user(words: tuple[Word, ...]) -> str | None:
    for flag, value in pairwise(words):
        if flag.text in ("--reuid", "-u"):
            return value.text
        if flag.text is not None and flag.text.startswith("--reuid="):
            return flag.text.partition("=")[2]
    names = [word.text for word in words[1:] if word.text and not word.text.startswith("-")]
    return names[0] if names else None


def _value_after(words: tuple[Word, ...], flag: str | None) -> str | None:
    for one, value in pairwise(words):
        if one.text == flag:
            return value.text
    return None


def _options(
    words: tuple[Word, ...], with_value: list[str], keep: bool = False
) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """Split leading options from what follows them; ``--`` ends the options and is dropped."""
    if keep:
        return (), words
    taken = []
    index = 0
    while index < len(words):
        text = words[index].text
        if text == "--":
            index += 1
            break
        if text is None or not text.startswith("-") or text == "-":
            break
        taken.append(words[index])
        index += 2 if text in with_value else 1
    return tuple(taken), words[index:]
