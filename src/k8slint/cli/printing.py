"""Text to the terminal and into files."""

from __future__ import annotations

import errno
import os
import sys
from typing import TextIO

import click

from k8slint.cli.failure import Failure


def is_coloured(stream: TextIO | None) -> bool:
    # A stream that was closed before the start is None.
    return stream is not None and stream.isatty() and not os.environ.get("NO_COLOR")


def show(text: str, to_stderr: bool = False) -> None:
    """Print ``text``; what the encoding of the stream cannot hold is written as escapes."""
    encoding = getattr(sys.stderr if to_stderr else sys.stdout, "encoding", None) or "utf-8"
    if text and sys.stdout is None and not to_stderr:
        raise OSError(errno.EBADF, "it is closed")
    click.echo(text.encode(encoding, "backslashreplace").decode(encoding), nl=False, err=to_stderr)


def write(path: str, text: str) -> None:
    """Write a file in one step, so that no reader sees half of it; what is no file (a pipe) is written to directly."""
    data = text.encode("utf-8", "backslashreplace")
    target = os.path.realpath(path)
    try:
        if os.path.exists(target) and not os.path.isfile(target):
            with open(target, "wb") as stream:
                stream.write(data)
            return
        temporary = f"{target}.{os.getpid()}.tmp"
        try:
            with open(temporary, "xb") as stream:
                stream.write(data)
            os.replace(temporary, target)
        except OSError:
            if os.path.exists(temporary):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise Failure(f"{path}: cannot be written: {error.strerror}") from error
