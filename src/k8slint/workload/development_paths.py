"""Which files and stages are for development or tests only, by what they are called."""

from __future__ import annotations

from k8slint.regex import regex

_DEVELOPMENT = regex(
    r"(^|[._/-])(dev|development|tests?|testing|ci|local|debug|devcontainer|e2e|lint|docs?|tilt|tiltfile)([._/-]|$)"
)


def is_development(path: str) -> bool:
    """Whether a path says that it is for development or tests only."""
    return _DEVELOPMENT.search(path.lower()) is not None
