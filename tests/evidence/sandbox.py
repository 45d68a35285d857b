"""A container's kernel side: PID 1 in namespaces and control groups of its own, signalled as a runtime does."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from evidence import groups

LAUNCHER = Path(__file__).with_name("pid1.py")
FOLDER = "/srv"
"""Where a case's files are in its container: WORKDIR of the cases' Dockerfiles."""
PATIENCE = 15.0
"""Seconds for what must come, such as a server's first line; nothing waits as long where all is well."""
PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


def reason_not_to_run() -> str | None:
    """Why this machine cannot play a container, in words; None where it can."""
    if not sys.platform.startswith("linux"):
        return "needs Linux"
    if os.geteuid() != 0:
        return "needs root, for namespaces and mounts"
    if shutil.which("unshare") is None:
        return "needs unshare of util-linux"
    tried = subprocess.run(["unshare", "--pid", "--mount", "--net", "true"], capture_output=True, text=True)
    return f"unshare is not allowed here: {tried.stderr.strip()}" if tried.returncode else None


@dataclass(frozen=True, slots=True)
class Box:
    """What a container is started with. ``shell`` is the program that is /bin/sh in it, the machine's own if None.

    ``cpu`` is in processors, ``memory`` in bytes. ``tmp`` says whether /tmp stays writable under a read-only root.
    """

    argv: tuple[str, ...]
    files: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    shell: str | None = None
    shared: bool = False
    read_only: bool = False
    tmp: bool = True
    cpu: float | None = None
    memory: int | None = None


@dataclass(slots=True)
class Running:
    """A started container: its main process as the host sees it, and what it has printed until now.

    ``code`` is the exit code once it has ended, negative for the signal that ended it.
    """

    pid: int
    report: int
    output: str = ""
    is_closed: bool = False
    code: int | None = None
    changed: threading.Condition = field(default_factory=threading.Condition)

    def prints(self, text: str, seconds: float = PATIENCE) -> bool:
        """Whether ``text`` is printed, now or within ``seconds``; nothing is waited for once all have ended."""
        with self.changed:
            self.changed.wait_for(lambda: text in self.output or self.is_closed, seconds)
            return text in self.output

    def send(self, name: str) -> None:
        """Send a signal to the main process, from outside of its namespace. Nothing happens once it has ended."""
        if not self.ends(0):
            os.kill(self.pid, signal.Signals[name])

    def ends(self, seconds: float) -> bool:
        """Whether the main process has ended, now or within ``seconds``."""
        if self.code is None and select.select([self.report], [], [], seconds)[0]:
            self.code = int(_line(self.report))
        return self.code is not None

    def descendants(self) -> list[tuple[int, str, str]]:
        """The processes below the main process: PID, name and state, "Z" for a zombie."""
        found, waiting = [], [self.pid]
        while waiting:
            for child in _children(waiting.pop()):
                found.append((child, *_named(child)))
                waiting.append(child)
        return found


def until(holds: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    """Whether a condition holds, now or within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@contextmanager
def started(box: Box) -> Iterator[Running]:
    """The container from its start on; killed and cleared away at the end."""
    limits = []
    if box.cpu is not None:
        limits.append(groups.cpu(box.cpu))
    if box.memory is not None:
        limits.append(groups.memory(box.memory))
    reader, writer = os.pipe()
    launcher = [sys.executable, "-I", "-S", str(LAUNCHER), json.dumps(_orders(box, limits)), str(writer)]
    process = subprocess.Popen(
        ["unshare", "--pid", "--mount", "--net", "--", *launcher],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=[writer],
        env={"PATH": ":".join(PATH)},
        start_new_session=True,
    )
    os.close(writer)
    running = Running(int(_line(reader)), reader)
    listener = threading.Thread(target=_listen, args=(process, running), daemon=True)
    listener.start()
    try:
        yield running
    finally:
        running.send("SIGKILL")
        running.ends(PATIENCE)
        process.wait(PATIENCE)
        listener.join(PATIENCE)
        os.close(reader)
        for group in limits:
            groups.remove(group)


def _orders(box: Box, limits: list[Path]) -> dict[str, object]:
    packages = [path for path in sys.path if path.endswith("-packages") and os.path.isdir(path)]
    bins = dict.fromkeys((f"{sys.prefix}/bin", f"{sys.base_prefix}/bin", *PATH))
    fixed = {"PATH": ":".join(bins), "HOME": "/root", "LANG": "C.UTF-8"}
    return {
        "argv": box.argv,
        "files": str(box.files),
        "folder": FOLDER,
        "environment": {**fixed, **box.environment},
        "shell": box.shell,
        "shared": box.shared,
        "read_only": box.read_only,
        "tmp": box.tmp,
        "groups": [str(group) for group in limits],
        "shown": sorted({sys.prefix, sys.base_prefix, *packages}),
    }


def _listen(process: subprocess.Popen[bytes], running: Running) -> None:
    assert process.stdout is not None
    with process.stdout as stream:
        while data := os.read(stream.fileno(), 65536):
            with running.changed:
                running.output += data.decode(errors="replace")
                running.changed.notify_all()
    with running.changed:
        running.is_closed = True
        running.changed.notify_all()


def _line(descriptor: int) -> str:
    found = b""
    while not found.endswith(b"\n"):
        data = os.read(descriptor, 1)
        if not data:
            raise RuntimeError("the container could not be started")
        found += data
    return found.decode().strip()


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found.extend(map(int, (thread / "children").read_text().split()))
    except (FileNotFoundError, ProcessLookupError):
        return found  # It has ended in the meantime.
    return found


def _named(pid: int) -> tuple[str, str]:
    try:
        name, _, rest = Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rpartition(")")
        return name, rest.split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "", "X"
