"""Nothing in the linted tree runs: every way in which other tools let a tree run code is tried at once."""

from __future__ import annotations

import os
import pickle
import stat
import subprocess
import sys
from pathlib import Path

import pytest

FIRED = "import os\nopen(os.environ['TRAP_FILE'], 'a').write(__name__ + ' ' + __file__ + chr(10))\n"
FINDING = "Dockerfile:3:1: error shell-form-blocks-sigterm"
# What Python imports to start a module, from the folder it stands in, before the first line of that module.
BEFORE_MAIN = "import sys, runpy, importlib.util, __future__, typing; print(*sys.modules)"


class Trapped:
    """A small service with a fault, in a folder full of traps that write to ``log`` when they fire."""

    def __init__(self, folder: Path) -> None:
        self.tree = folder / "tree"
        self.log = folder / "fired"
        self.write("Dockerfile", "FROM python:3.12-slim\nCOPY app.py .\nCMD python app.py | cat\n")
        self.write("app.py", f"import signal\nimport time\n{FIRED}while True:\n    time.sleep(1)\n")

    def write(self, path: str, text: str) -> None:
        file = self.tree / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def program(self, path: str) -> str:
        """An executable trap; its absolute path."""
        self.write(path, '#!/bin/sh\necho "$0" >> "$TRAP_FILE"\n')
        (self.tree / path).chmod(stat.S_IRWXU)
        return str(self.tree / path)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "TRAP_FILE": str(self.log), "HOME": str(self.tree)}
        return subprocess.run(
            command, cwd=self.tree, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    @property
    def fired(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


class Payload:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ('echo pickle >> "$TRAP_FILE"',)


def modules(trapped: Trapped, names: set[str]) -> None:
    for name in names:
        trapped.write(f"{name}.py", FIRED)


def plugins(trapped: Trapped) -> None:
    """Rule packages, installed as far as a tree can install something, and files that would name them."""
    for package in ("k8slint_rules", "trap_rules"):
        trapped.write(f"{package}/__init__.py", FIRED)
        trapped.write(f"{package}/signals/shell_form_blocks_sigterm.py", FIRED)
    points = "[k8slint.rules]\ntrap = trap_rules\n"
    trapped.write("trap-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: trap\nVersion: 1\n")
    trapped.write("trap-1.dist-info/entry_points.txt", points)
    trapped.write("trap.egg-info/PKG-INFO", "Metadata-Version: 2.1\nName: trap\nVersion: 1\n")
    trapped.write("trap.egg-info/entry_points.txt", points)
    trapped.write("trap.pth", f"import os; {FIRED.splitlines()[1]}\n")
    trapped.write(".venv/pyvenv.cfg", f"home = {trapped.tree}\n")
    trapped.write(".venv/lib/python3/site-packages/trap.pth", "import trap_rules\n")
    toml = '[project]\nname = "trap"\nversion = "1"\n[project.entry-points."k8slint.rules"]\ntrap = "trap_rules"\n'
    toml += '[build-system]\nrequires = []\nbuild-backend = "trap_rules"\nbackend-path = ["."]\n'
    trapped.write("pyproject.toml", toml + '[tool.pytest.ini_options]\naddopts = "-p trap_rules"\n')
    trapped.write("k8slint.toml", 'plugins = ["trap_rules"]\n[tool.k8slint]\nplugins = ["trap_rules"]\n')
    trapped.write(".k8slint.toml", 'plugins = ["trap_rules"]\n')
    trapped.write("setup.py", FIRED)
    trapped.write("noxfile.py", FIRED)


def git(trapped: Trapped) -> None:
    """A repository that runs programs when git looks at it: hooks, fsmonitor, a pager, filters."""
    trap = trapped.program("trap.sh")
    for hook in ("post-checkout", "pre-commit", "fsmonitor-watchman", "post-index-change"):
        trapped.program(f".git/hooks/{hook}")
    trapped.write(".git/HEAD", "ref: refs/heads/main\n")
    core = f"fsmonitor = {trap}\npager = {trap}\neditor = {trap}\nsshCommand = {trap}\nhooksPath = .git/hooks\n"
    config = f'[core]\n{core}[filter "trap"]\nclean = {trap}\nsmudge = {trap}\n[diff]\nexternal = {trap}\n'
    trapped.write(".git/config", config + f"[alias]\nstatus = !{trap}\nls-files = !{trap}\n")
    trapped.write(".gitattributes", "* filter=trap diff=trap\n")
    for tool in ("git", "helm", "kubectl", "kustomize", "docker", "python", "python3", "sh"):
        trapped.program(tool)


def caches(trapped: Trapped) -> None:
    (trapped.tree / ".cache/k8slint").mkdir(parents=True)
    for name in (".k8slint_cache", ".cache/k8slint/cache.pickle", "k8slint.pkl", "app.pickle"):
        (trapped.tree / name).write_bytes(pickle.dumps(Payload()))
    trapped.write(".pythonrc.py", FIRED)
    trapped.write(".pdbrc", "import trap_rules\n")


@pytest.fixture
def trapped(tmp_path: Path) -> Trapped:
    """All traps, without modules named like those of the standard library."""
    trapped = Trapped(tmp_path)
    plugins(trapped)
    git(trapped)
    caches(trapped)
    modules(trapped, {"conftest", "sitecustomize", "usercustomize", "click", "pathspec", "ruamel", "tree_sitter"})
    modules(trapped, {"dockerfile_parse", "libcst", "_ruamel_yaml", "tree_sitter_bash", "tomli", "colorama"})
    return trapped


def as_command(path: list[str]) -> list[str]:
    """What an installed ``k8slint`` does; ``path`` is where this environment's packages are."""
    return [sys.executable, "-I", "-c", f"import sys; sys.path += {path!r}; from k8slint.cli import main; main()"]


def installed() -> list[str]:
    return [path for path in sys.path if path and os.path.isabs(path) and "tests" not in Path(path).parts]


@pytest.mark.parametrize("arguments", [["scan", "--format", "concise"], ["inspect"], ["rules"]])
def test_no_trap_fires(trapped: Trapped, arguments: list[str]) -> None:
    modules(trapped, set(sys.stdlib_module_names) | {"k8slint"})
    done = trapped.run(*as_command(installed()), *arguments)
    assert trapped.fired == []
    assert done.stderr.count("Traceback") == 0
    if arguments[0] == "scan":
        assert done.returncode == 1
        assert FINDING in done.stdout


def test_as_a_module_nothing_is_imported_from_the_current_folder(trapped: Trapped) -> None:
    """Python's own start of ``-m`` looks there first; k8slint's part begins after that."""
    before = trapped.run(sys.executable, "-I", "-c", BEFORE_MAIN).stdout.split()
    modules(trapped, set(sys.stdlib_module_names) - set(before))
    done = trapped.run(sys.executable, "-m", "k8slint", "scan", "--format", "concise")
    assert trapped.fired == []
    assert done.returncode == 1
    assert FINDING in done.stdout


def test_a_tree_given_from_elsewhere(trapped: Trapped, tmp_path: Path) -> None:
    done = subprocess.run(
        [*as_command(installed()), "scan", "--format", "concise", str(trapped.tree)],
        cwd=tmp_path,
        env={**os.environ, "TRAP_FILE": str(trapped.log), "PATH": f"{trapped.tree}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (trapped.fired, done.returncode) == ([], 1)


def test_the_traps_are_live(trapped: Trapped) -> None:
    trapped.run(sys.executable, "-c", "import pickle; pickle.load(open('app.pickle', 'rb'))")
    trapped.run(sys.executable, "-c", "import conftest, trap_rules")
    trapped.run("./git")
    assert len(trapped.fired) == 4


def test_nothing_is_started_and_no_network_is_used(trapped: Trapped) -> None:
    """By Python's own audit events, whatever the traps might miss."""
    code = (
        "import sys\n"
        "def audit(event, arguments):\n"
        "    if event in ('subprocess.Popen', 'os.system', 'os.exec', 'os.fork', 'os.forkpty', 'os.posix_spawn',\n"
        "        'os.spawn', 'socket.connect', 'socket.getaddrinfo', 'pickle.find_class', 'ctypes.dlopen'):\n"
        "        print('audit', event, arguments, file=sys.stderr)\n"
        "sys.addaudithook(audit)\n"
        f"sys.path += {installed()!r}\n"
        "from k8slint.cli import main\n"
        "main(['scan', '--format', 'sarif'])\n"
    )
    done = trapped.run(sys.executable, "-I", "-c", code)
    assert [line for line in done.stderr.splitlines() if line.startswith("audit")] == []
    assert done.returncode == 1
