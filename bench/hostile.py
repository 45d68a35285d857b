"""Prints time and peak memory on each hostile tree in Markdown: ``python bench/hostile.py [--peers] [TREE]...``.

With ``--peers`` the tools on the PATH that read the same kinds of files run beside k8slint.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import hostile

OURS = [sys.executable, "-m", "k8slint", "scan"]
PEERS = {
    "hadolint": ["hadolint"],
    "yamllint": ["yamllint", "-d", "relaxed", "."],
    "checkov": [
        "checkov",
        "--directory",
        ".",
        "--quiet",
        "--compact",
        "--skip-download",
        "--framework",
        "kubernetes",
        "dockerfile",
    ],
}
SECONDS = 60
KIBIBYTES = 8 * 1024**2
"""Address space that a peer gets: what needs more has no bound."""
CRASHES = (b"Traceback (most recent call last)", b"CallStack (from HasCallStack)", b"stack overflow", b"heap overflow")


def main() -> None:
    arguments = sys.argv[1:]
    peers = {name: command for name, command in PEERS.items() if "--peers" in arguments and shutil.which(command[0])}
    names = [name for name in arguments if name != "--peers"] or hostile.TREES
    head = ["tree", "seconds", "MiB", "exit code", *peers]
    print(f"| {' | '.join(head)} |\n| {' | '.join('---' for _ in head)} |")
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            tree = Path(folder) / "tree"
            hostile.build(name, tree)
            seconds, mebibytes, how = run(OURS, tree)
            cells = [name, f"{seconds:.1f}", str(mebibytes), how.removeprefix("exit ")]
            for peer, command in peers.items():
                files = sorted(path for path in os.listdir(tree) if "ockerfile" in path) if peer == "hadolint" else []
                if peer == "hadolint" and not files:
                    cells.append("-")
                    continue
                limited = ["sh", "-c", f'ulimit -v {KIBIBYTES}; exec "$@"', "sh", *command, *files]
                seconds, mebibytes, how = run(limited, tree)
                cells.append(f"{seconds:.1f} s, {mebibytes} MiB, {how}")
        print(f"| {' | '.join(cells)} |", flush=True)


def run(command: list[str], tree: Path) -> tuple[float, int, str]:
    """Processor seconds, peak MiB and the end of a run: its exit code, a crash, or that it had to be killed."""
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen(
            command,
            cwd=tree,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        late = threading.Event()

        def end() -> None:
            late.set()
            os.killpg(child.pid, signal.SIGKILL)

        timer = threading.Timer(SECONDS, end)
        timer.start()
        _, status, usage = os.wait4(child.pid, 0)
        timer.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        crashed = _has_any(output.read())
    seconds = usage.ru_utime + usage.ru_stime
    how = f"exit {child.returncode}"
    if late.is_set():
        how = f"killed after {SECONDS} s"
    elif child.returncode < 0:
        how = f"died of {signal.Signals(-child.returncode).name}"
    elif crashed:
        how = "crashed"
    return seconds, usage.ru_maxrss // 1024, how


def _has_any(text: bytes) -> bool:
    return any(word in text for word in CRASHES)


if __name__ == "__main__":
    main()
