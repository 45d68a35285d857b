"""Trees made to hurt: each is written into a folder, with what must be said of it.

Every tree gets a Dockerfile with one fault beside it, which must be found whatever else is there.
"""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20
WITNESS = "Dockerfile:5:1: error shell-form-blocks-sigterm"
_WITNESS_FILES = {
    "Dockerfile": "FROM python:3.12-slim\nWORKDIR /app\nCOPY app.py .\nUSER 1000\nCMD python app.py | cat\n",
    "app.py": "import signal\nimport time\n\n"
    "signal.signal(signal.SIGTERM, lambda *_: exit(0))\nwhile True:\n    time.sleep(1)\n",
}
_POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: a\n"


@dataclass(frozen=True, slots=True)
class Tree:
    """``says`` are parts of the notices that must be given, "path:line:column: text"; ``code`` is the exit code."""

    make: Callable[[Path], None]
    says: tuple[str, ...] = ()
    code: int = 1


def write(tree: Path, name: str, data: str | bytes) -> None:
    file = tree / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data if isinstance(data, bytes) else data.encode())


def build(name: str, folder: Path) -> Tree:
    """Write the tree called ``name`` and the file with the fault into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".git").mkdir(exist_ok=True)
    for path, text in _WITNESS_FILES.items():
        write(folder, path, text)
    tree = TREES[name]
    tree.make(folder)
    return tree


def _one(name: str, data: str | bytes) -> Callable[[Path], None]:
    return lambda tree: write(tree, name, data)


def _run(name: str, data: str | bytes) -> Callable[[Path], None]:
    """A file that an image starts, so that it is followed to the end."""
    command = f'["python", "/{name}"]' if name.endswith(".py") else f'["/{name}"]'

    def make(tree: Path) -> None:
        write(tree, name, data)
        write(tree, "c.Dockerfile", f"FROM python:3.12\nWORKDIR /\nCOPY . .\nENTRYPOINT {command}\n")

    return make


def _long(name: str, size: int) -> Callable[[Path], None]:
    """A file of one line, without storing it."""

    def make(tree: Path) -> None:
        (tree / name).touch()
        os.truncate(tree / name, size)

    return make


def _deep_folders(tree: Path) -> None:
    here = os.open(tree, os.O_RDONLY)
    for _ in range(300):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)


def _long_folders(tree: Path) -> None:
    here = os.open(tree, os.O_RDONLY)
    for _ in range(40):
        os.mkdir("d" * 250, dir_fd=here)
        inner = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)


def _special(tree: Path) -> None:
    os.mkfifo(tree / "pipe.yaml")
    os.mkfifo(tree / "pyproject.toml")
    os.mkfifo(tree / ".gitignore")
    listening = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    os.chdir(tree)  # the name of a socket must be short
    listening.bind("socket.py")
    os.chdir(here)
    listening.close()
    if os.geteuid() == 0:
        os.mknod(tree / "zero.yaml", 0o20666, os.makedev(1, 5))


def _links(tree: Path) -> None:
    outside = tree.parent / f"{tree.name}-outside"
    write(outside, "pod.yaml", _POD.replace("image: a", "image: secret"))
    (tree / "pod.yaml").symlink_to(outside / "pod.yaml")
    (tree / "all").symlink_to(outside)
    (tree / "loop").symlink_to(".")
    (tree / "self.yaml").symlink_to("self.yaml")
    (tree / "zero.yaml").symlink_to("/dev/zero")
    (tree / "pyproject.toml").symlink_to("/dev/zero")


def _names(tree: Path) -> None:
    for name in (b"new\nline.py", b"\xff\xfe.yaml", b"\x1b[2J.sh", "\u202egnp.yaml".encode(), b"a;$(touch fired).sh"):
        with open(os.fsencode(tree) + b"/" + name, "wb") as stream:
            stream.write(b"x: 1\n")


def _encodings(tree: Path) -> None:
    write(tree, "sixteen/Dockerfile", _WITNESS_FILES["Dockerfile"].encode("utf-16"))
    write(tree, "mark/Dockerfile", b"\xef\xbb\xbf" + _WITNESS_FILES["Dockerfile"].encode())
    write(tree, "crlf/Dockerfile", _WITNESS_FILES["Dockerfile"].replace("\n", "\r\n"))
    for folder in ("sixteen", "mark", "crlf"):
        write(tree, f"{folder}/app.py", _WITNESS_FILES["app.py"].replace("\n", "\r\n"))
    write(tree, "bad.yaml", _POD.encode() + b"    command: ['\xff\xfe\x80']\n")
    write(tree, "odd.yaml", _POD.encode("utf-16-le")[:-1])


def _ignored(tree: Path) -> None:
    chance = random.Random(0)
    patterns = [f"*{'a' * chance.randrange(9)}*/{chance.random()}*" for _ in range(2000)]
    write(tree, ".gitignore", "\n".join(patterns) + "\n[z-a]\n" + "*a" * 60)
    for number in range(300):
        write(tree, f"{'a' * 100}/{'a' * 100}{number}.py", "")


def _nested_shell(opening: str, closing: str, times: int) -> str:
    return "#!/bin/sh\n" + opening * times + " true " + closing * times + "\n"


_BOMB = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" if n else "a0: &a0 [x]\n" for n in range(30))
TREES: dict[str, Tree] = {
    "100 MB YAML line": Tree(_long("a.yaml", 100 * MIB), ("a.yaml:1:1: 104857600 bytes, more than the limit",)),
    "100 MB Python line": Tree(_long("a.py", 100 * MIB), ("a.py:1:1: 104857600 bytes, more than the limit",)),
    "100 MB Dockerfile": Tree(_long("b.Dockerfile", 100 * MIB), ("b.Dockerfile:1:1: 104857600 bytes",)),
    "YAML line as long as is read": Tree(_one("a.yaml", _POD + "x: " + "a" * (2 * MIB - 200))),
    "Python line as long as is read": Tree(_run("a.py", "x = '" + "a" * (MIB - 9) + "'\n")),
    "shell line as long as is read": Tree(_run("a.sh", "#!/bin/sh\necho " + "a " * (MIB - 9))),
    "folders 300 deep": Tree(_deep_folders, ("more than 64 folders deep: not entered",), 2),
    "path longer than the kernel takes": Tree(_long_folders, ("the folder cannot be read: File name too long",), 2),
    "YAML alias bomb": Tree(_one("a.yaml", _POD + _BOMB), ("a.yaml:",), 2),
    "YAML merge bomb": Tree(
        _one("a.yaml", _POD + "".join(f"m{n}: &m{n} {{<<: [{f'*m{n - 1}, ' * 9}]}}\n" for n in range(1, 30))),
        ("a.yaml:",),
        2,
    ),
    "350,000 empty YAML documents": Tree(_one("a.yaml", _POD + "---\n#\n" * 340_000)),
    "40,000 Kubernetes objects": Tree(_one("a.yaml", "---\napiVersion: v1\nkind: ConfigMap\n" * 40_000)),
    "YAML flow nested 100,000 deep": Tree(
        _one("a.yaml", f"{_POD}x: {'[' * 100_000}"), ("a.yaml:8:1: cannot be read as YAML: line 8",), 2
    ),
    "YAML mappings nested 100,000 deep": Tree(_one("a.yaml", f"{_POD}x: {'{a: ' * 100_000}"), ("a.yaml:8",), 2),
    "YAML sequences nested 100,000 deep": Tree(_one("a.yaml", f"{_POD}x:\n {'- ' * 100_000}"), ("a.yaml:9",), 2),
    "JSON nested 100,000 deep": Tree(
        _one("a.json", '{"apiVersion": "v1", "kind": "Pod", "x": ' + "[" * 100_000), ("a.json:1",), 2
    ),
    "YAML tags without end": Tree(_one("a.yaml", "%TAG !a! b\n" * 20_000 + f"---\n{_POD}"), ()),
    "Python parentheses": Tree(_run("a.py", "import os\nos.fork()\nx = " + "(" * 100_000), ("a.py:",), 2),
    "Python unary operators": Tree(_run("a.py", "import os\nos.fork()\nx = " + "-" * 900_000 + "1\n"), ("a.py:",), 2),
    "Python sum of 300,000": Tree(_run("a.py", "import os\nos.fork()\nx = " + "a+" * 300_000 + "a\n"), ("a.py:",), 2),
    "Python attributes": Tree(_run("a.py", "import os\nos.fork()\nx = a" + ".a" * 400_000 + "\n"), ("a.py:",), 2),
    "Python calls of calls": Tree(_run("a.py", "import os\nos.fork()\nx = a" + "()" * 400_000 + "\n"), ("a.py:",), 2),
    "Python elif of 50,000": Tree(
        _run("a.py", "import os\nos.fork()\nif a: pass\n" + "elif a: pass\n" * 50_000), ("a.py:",), 2
    ),
    "Python lambdas": Tree(_run("a.py", "import os\nos.fork()\nx = " + "lambda: " * 100_000 + "1\n"), ("a.py:",), 2),
    "Python numbers of 900,000 digits": Tree(
        _run("a.py", "import os\nos.fork()\nx = " + "9" * 900_000 + "\n"), ("a.py:",), 2
    ),
    "Python powers": Tree(_run("a.py", "import os\nos.fork(9 ** 9 ** 9 ** 9, 'a' * 10 ** 12, 1 << 10 ** 12)\n")),
    "Dockerfile of continuations": Tree(_one("b.Dockerfile", "FROM a\nRUN a" + " \\\n" * 150_000 + " b\n")),
    "Dockerfile of blank continuations": Tree(_one("b.Dockerfile", "FROM a\nRUN a \\\n" + "\n# a\n" * 80_000)),
    "Dockerfile of 50,000 stages": Tree(
        _one("b.Dockerfile", "FROM scratch AS a\n" + "FROM a\n" * 50_000), ("more than 200 stages",), 2
    ),
    "Dockerfile of 50,000 variables": Tree(_one("b.Dockerfile", "FROM a\nENV A=aa\n" + "ENV A=$A$A\n" * 45_000)),
    "Dockerfile of nested defaults": Tree(_one("b.Dockerfile", "FROM a\nENV A=" + "${A:-" * 90_000 + "}" * 70_000)),
    "Dockerfile of open heredocs": Tree(_one("b.Dockerfile", "FROM a\n" + "RUN cat <<E\n" * 40_000)),
    "shell substitutions nested 50,000 deep": Tree(_run("a.sh", _nested_shell("$(", ")", 50_000))),
    "shell groups nested 50,000 deep": Tree(_run("a.sh", _nested_shell("{ ", "; }", 50_000))),
    "shell conditions nested 20,000 deep": Tree(_run("a.sh", _nested_shell("if true; then ", "; fi", 20_000))),
    "shell script of 100,000 commands": Tree(_run("a.sh", "#!/bin/sh\n" + "echo a | b\n" * 100_000)),
    "shell heredocs of 20,000": Tree(_run("a.sh", "#!/bin/sh\n" + "cat <<E\na\nE\n" * 20_000)),
    "Makefile of variables": Tree(_one("Makefile", "A=docker build\n" + "A=$(A)$(A)\n" * 50_000 + "a:\n\t$(A) .\n")),
    "shell of closing parentheses": Tree(
        _run("a.sh", "#!/bin/sh\n" + "))" * 100_000), ("a.sh:1:1: the shell script is too",)
    ),
    "settings of 1 MB": Tree(
        _one("pyproject.toml", "[tool.k8slint]\n" + "# a\n" * 270_000), ("pyproject.toml: more than",), 2
    ),
    "settings nested deeply": Tree(
        _one("pyproject.toml", "[tool.k8slint]\nselect = " + "[" * 100_000), ("pyproject.toml: not valid TOML",), 2
    ),
    "ignore patterns": Tree(_ignored, (".gitignore:2001:1: the pattern is not valid",)),
    "pipes, sockets, devices": Tree(_special),
    "links": Tree(_links),
    "odd names": Tree(_names, ("control or undecodable characters: not read",)),
    "encodings": Tree(_encodings),
}
