"""The command line; the only place that prints and exits."""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from k8slint._version import __version__
from k8slint.cli.checklist import checklist
from k8slint.cli.clean import clean
from k8slint.cli.inspect import inspect
from k8slint.cli.rules import explain, rules
from k8slint.cli.scan import scan

_STREAM_ERRORS = (errno.EPIPE, errno.ENOSPC, errno.EBADF, errno.EIO, errno.EFBIG)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="k8slint")
def cli() -> None:
    """Lint Python programs that run on Kubernetes: source, Dockerfiles, scripts and manifests together."""


for _command in (scan, rules, explain, inspect, checklist, clean):
    cli.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit."""
    # The models are trees that live until the end: collecting walks them again and again and finds nothing.
    gc.disable()
    try:
        code = cli.main(args=arguments, prog_name="k8slint", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        code = 130
    except OSError as error:
        # What names no file and says this is about a standard stream.
        is_stream = error.filename is None and error.errno in _STREAM_ERRORS
        code = _unwritten(error) if is_stream else _crashed()
    except SystemExit:
        code = 2  # click's own code for a broken pipe is 1, which is ours for findings
    except Exception:  # noqa: BLE001  # the exit code of a crash must not be that of findings
        code = _crashed()
    sys.exit(code)


def _unwritten(error: OSError) -> int:
    """Say why the output could not be written, if anybody is left to read that."""
    # Whoever read our output has gone, as head does, and knows it.
    if error.errno != errno.EPIPE:
        with contextlib.suppress(OSError):  # standard error may be what is full
            click.echo(f"Error: the output cannot be written: {error.strerror}", err=True)
    # Python would complain once more when it closes the streams, with an exit code of its own.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            os.dup2(nowhere, stream.fileno())
    return 2


def _crashed() -> int:
    import traceback

    traceback.print_exc()
    click.echo("This is a mistake in k8slint itself; nothing can be said about the files.", err=True)
    return 2
