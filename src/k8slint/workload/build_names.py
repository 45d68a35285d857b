"""What the text of a build tool means: variables put in, image names and paths made out."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from k8slint.regex import regex

HOLE = "\0"
"""Stands for what is not known."""

_REFERENCE = regex(
    r"\$\{\{\s*(?P<github>[^{}]*?)\s*\}\}"
    r"|\{\{\s*\.?(?P<task>[\w.-]*)[^{}]*\}\}"
    r"|\$\{(?P<braced>\w+)(?::?[-=](?P<default>[^{}]*)|[^{}]*)\}"
    r"|\$(?P<plain>\w+)"
    r"|\$\((?P<make>\w+)\)"
    r"|(?P<other>\$\([^()]*(?:\([^()]*\)[^()]*)*\)|`[^`]*`|<[\w -]+>|\$\{[^{}]*\})"
)
_HERE = regex(
    r"\$\(\s*(?:cd\s+(?:--\s+)?[\"']?)?"
    r"(?:\$\(\s*dirname\s+(?:--\s+)?[\"']?(?:\$0|\$\{0\}|\$\{?BASH_SOURCE(?:\[0\])?\}?)[\"']?\s*\)"
    r"|dirname\s+(?:--\s+)?[\"']?(?:\$0|\$\{0\}|\$\{?BASH_SOURCE(?:\[0\])?\}?)[\"']?)"
    r"(?P<below>/[\w./-]*)?[\"']?(?:\s*(?:>\s*/dev/null\s*(?:2>&1)?\s*)?(?:&&|;)\s*pwd(?:\s+-P)?)?\s*\)"
    r"|\$\{0%/\*\}|\$\{BASH_SOURCE(?:\[0\])?%/\*\}"
)
_TOP = regex(r"\$\(\s*git\s+rev-parse\s+--show-toplevel\s*\)|\$\{?(?:GITHUB_WORKSPACE|CI_PROJECT_DIR)\b\}?")
_WORKING = regex(r"\$\(\s*pwd\s*\)|\$\{?PWD\b\}?|`pwd`")
_NAME = regex(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*")
_TAG = regex(r"[\w.-]*")
_DEEPEST = 3
# More than anybody writes: in a list of tags, and in the value of a variable.
_LONGEST = 10_000
_MOST_REFERENCES = (64, 8)


def place_folders(text: str, folder: str) -> str:
    """``text`` with the shell's ways of saying "where this script is" and "the top" written as paths from ``//``."""
    text = _HERE.sub(lambda found: f"//{folder}{found['below'] or ''}", text)
    return _WORKING.sub(".", _TOP.sub("//", text))


def expand(text: str, values: Mapping[str, str], depth: int = 0) -> str:
    """``text`` with variables replaced by their values, and by ``HOLE`` where these are not known."""

    if len(text) > _LONGEST or text.count("$") > _MOST_REFERENCES[depth > 0] or text.count("{{") > _MOST_REFERENCES[0]:
        return HOLE

    def value(found: re.Match[str]) -> str:
        name = found["github"] or found["task"] or found["braced"] or found["plain"] or found["make"] or ""
        name = name.removeprefix("env.")
        if name in values and depth < _DEEPEST:
            inner = {key: one for key, one in values.items() if key != name}
            return expand(values[name], inner, depth + 1)
        if found["default"] and depth < _DEEPEST:
            return expand(found["default"], values, depth + 1)
        return HOLE

    for _ in range(_DEEPEST):  # the innermost first: a default may hold variables
        text, count = _REFERENCE.subn(value, text)
        if not count:
            break
    return text


def image_name(expanded: str) -> tuple[str, str] | None:
    """Repository and tag of an image reference; None where the last part of its name is not known.

    What stands before an unknown part of the repository is left out, and so are the unknown parts of the tag.
    """
    reference = expanded.strip().strip("\"'").split("@", 1)[0]
    head, _, last = reference.rpartition("/")
    last, _, tag = last.partition(":")
    if not _NAME.fullmatch(last) or " " in reference:
        return None
    kept = head.split(HOLE)[-1].lstrip("/") if HOLE in head else head
    tag = tag.replace(HOLE, "").strip("._-")
    return (f"{kept}/{last}" if kept else last), tag if _TAG.fullmatch(tag) else ""


def folder_of(cwd: str, written: str) -> str | None:
    """``written`` as a path from the project's top; None where it is not known or lies outside."""
    if HOLE in written or "://" in written or written.startswith(("~", "git@")):
        return None
    if not written.startswith("//"):
        if written.startswith("/") or written in ("-", ""):
            return None
        written = posixpath.join(f"//{cwd}", written)
    path = posixpath.normpath("./" + written.lstrip("/"))
    if path == ".." or path.startswith("../"):
        return None
    return "" if path == "." else path
