"""Becomes PID 1 of a container: run by ``sandbox.py`` in namespaces of its own, with its orders on argv."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

ROOT = "/mnt"


def main() -> None:
    orders = json.loads(sys.argv[1])
    report = int(sys.argv[2])
    _raise_loopback()
    pause = _pause(report) if orders["shared"] else None
    pid = os.fork()
    if pid == 0:
        os.close(report)
        _become(orders)
    os.write(report, f"{pid}\n".encode())
    _, ended = os.waitpid(pid, 0)
    os.write(report, f"{os.waitstatus_to_exitcode(ended)}\n".encode())
    if pause is not None:
        os.kill(pause, signal.SIGKILL)
        os.waitpid(pause, 0)


def _raise_loopback() -> None:
    """127.0.0.1 is down in a new network namespace."""
    flags_of_interface, is_up = 0x8914, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, flags_of_interface, struct.pack("16sh", b"lo", is_up))


def _pause(report: int) -> int:
    """The pod's own PID 1, which reaps for all containers that share its namespace."""
    pid = os.fork()
    if pid == 0:
        os.close(report)
        os.closerange(0, 3)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        while True:
            signal.pause()
    return pid


def _become(orders: dict[str, Any]) -> NoReturn:
    for group in orders["groups"]:
        Path(group, "cgroup.procs").write_text("0")
    _build_root(orders)
    os.chroot(ROOT)
    os.chdir(orders["folder"])
    # Python has set these to be ignored, and what is ignored stays so in what it executes.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    try:
        os.execvpe(orders["argv"][0], orders["argv"], orders["environment"])
    except OSError as error:
        print(f"cannot start {orders['argv'][0]}: {error.strerror}", file=sys.stderr, flush=True)
        os._exit(127)


def _build_root(orders: dict[str, Any]) -> None:
    """The machine's own files under another root, with the case's files, /tmp and /bin/sh put in their places."""
    _mount("--bind", "/", ROOT)
    _mount("--rbind", "/dev", f"{ROOT}/dev")
    _mount("--rbind", "/sys", f"{ROOT}/sys")
    for group in orders["groups"]:  # A container sees its own group where the machine has the root of all.
        _mount("--bind", group, ROOT + os.path.dirname(group))
    _mount("-t", "tmpfs", "tmpfs", f"{ROOT}/tmp")
    for folder in orders["shown"]:
        Path(f"{ROOT}{folder}").mkdir(parents=True, exist_ok=True)
        _mount("--bind", folder, f"{ROOT}{folder}")
    _mount("--bind", orders["files"], ROOT + orders["folder"])
    _mount("-t", "proc", "proc", f"{ROOT}/proc")
    if orders["shell"]:
        _mount("--bind", orders["shell"], ROOT + os.path.realpath("/bin/sh"))
    if orders["read_only"]:
        for place in ("", orders["folder"], *orders["shown"], *([] if orders["tmp"] else ["/tmp"])):
            _mount("-o", "remount,bind,ro", f"{ROOT}{place}")


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


if __name__ == "__main__":
    main()
