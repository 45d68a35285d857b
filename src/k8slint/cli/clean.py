"""``k8slint clean``: forget what is known of files from earlier runs."""

from __future__ import annotations

import click

from k8slint.cli.failure import Failure
from k8slint.cli.printing import show
from k8slint.cli.reading import CACHE_DIR


@click.command()
@CACHE_DIR
def clean(cache_dir: str | None) -> None:
    """Delete the cache."""
    from k8slint import cache

    folder = cache_dir or cache.default_folder()
    try:
        gone = cache.clean(folder)
    except OSError as error:
        raise Failure(f"{error.filename}: {error.strerror}") from error
    show(f"{len(gone)} {'cache' if len(gone) == 1 else 'caches'} deleted from {folder}\n")
