"""Why an edit is not made."""

from __future__ import annotations


class Refused(Exception):  # noqa: N818  # it is an answer, not an error
    """An edit that cannot be made without harm; the text says why, and is shown to the user."""
