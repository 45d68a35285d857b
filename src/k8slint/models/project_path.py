"""Paths that one file of a project writes about another."""

from __future__ import annotations

import posixpath
import re

from k8slint.models.yaml_templates import is_template
from k8slint.regex import regex

_REMOTE = regex(r"://|^[\w.-]+@|^github\.com/|[?#]|^[a-z]+::|\n", re.IGNORECASE)


def project_path(folder: str, written: str) -> str | None:
    """``written``, as a file in ``folder`` means it, from the project's root; the root itself is "".

    None for what is not a path inside the project: a URL, an absolute path, a template, a climb out of the root.
    """
    if not written or written.startswith(("/", "~")) or _REMOTE.search(written) or is_template(written):
        return None
    path = posixpath.normpath(posixpath.join(folder, written))
    if path == ".." or path.startswith("../"):
        return None
    return "" if path == "." else path
