"""What the files of a project are read as, and what is said of those that cannot be read."""

from __future__ import annotations

import pytest

from builders import project
from k8slint.location import NoticeLevel


@pytest.mark.parametrize(
    ("path", "content", "level"),
    [
        ("Dockerfile", "requests==2.32.3\n", NoticeLevel.ERROR),
        ("Dockerfile.requirements.in", "requests\nuvicorn\n", NoticeLevel.NOTE),
        ("Dockerfile.api", "RUN true\n  # no image yet\n", NoticeLevel.NOTE),
    ],
)
def test_only_what_is_meant_to_be_a_dockerfile_must_be_one(path: str, content: str, level: NoticeLevel) -> None:
    (notice,) = project({path: content}).notices
    assert notice.location.path == path
    assert notice.level is level
