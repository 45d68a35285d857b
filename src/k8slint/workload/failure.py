"""Mistakes of k8slint or of a rule, told as notices so that the rest goes on."""

from __future__ import annotations

import os

from k8slint.location import Location, Notice, NoticeLevel


def failure(subject: str, place: Location, error: BaseException) -> Notice:
    """An error notice: what failed on what, with which exception, raised in which line of whose code."""
    import traceback  # for mistakes of ours only

    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{os.path.basename(last.filename)}:{last.lineno}"
    return Notice(place, f"{subject}: {type(error).__name__}: {error} ({where})", NoticeLevel.ERROR)
