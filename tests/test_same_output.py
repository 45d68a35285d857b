"""The same tree gives the same bytes, whatever the hash seed, the folder it is run from and the order of listings."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
# The folder's entries in another order, as another file system gives them.
REVERSED = (
    "import os, sys\n"
    "real = os.scandir\n"
    "class Listing(list):\n"
    "    __enter__ = lambda self: self\n"
    "    __exit__ = lambda self, *_: None\n"
    "def scandir(path='.'):\n"
    "    with real(path) as found:\n"
    "        return Listing(sorted(found, key=lambda entry: entry.name, reverse=True))\n"
    "os.scandir = scandir if sys.argv.pop(1) == 'reversed' else real\n"
    "from k8slint.cli import main\n"
    "main()\n"
)


def output(form: str, seed: int, order: str, folder: Path) -> bytes:
    environment = {**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.run(
        [sys.executable, "-c", REVERSED, order, "scan", "--format", form, str(EXAMPLES)],
        cwd=folder,
        env=environment,
        capture_output=True,
        check=False,
    ).stdout


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_the_same_tree_gives_the_same_bytes(form: str, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    first = output(form, 0, "as listed", tmp_path)
    assert first
    assert output(form, 1, "reversed", tmp_path / "other") == first
    assert output(form, 12345, "reversed", tmp_path) == first
