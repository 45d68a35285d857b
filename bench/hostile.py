"""Prints time and peak memory of each hostile tree as a Markdown table: ``python bench/hostile.py [TREE]...``."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import hostile


def main() -> None:
    print("| tree | seconds | MiB | exit code |\n| --- | --- | --- | --- |")
    for name in sys.argv[1:] or hostile.TREES:
        with tempfile.TemporaryDirectory() as folder:
            tree = Path(folder) / "tree"
            hostile.build(name, tree)
            child = subprocess.Popen(
                [sys.executable, "-m", "k8slint", "scan"],
                cwd=tree,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            seconds = usage.ru_utime + usage.ru_stime
            print(f"| {name} | {seconds:.1f} | {usage.ru_maxrss // 1024} | {child.returncode} |", flush=True)


if __name__ == "__main__":
    main()
