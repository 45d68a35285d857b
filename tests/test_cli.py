"""The command as a user meets it: streams, exit codes, settings, start-up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

PLUGIN = '''
"""Finds the word BAD in every file."""

from k8slint.project import Project
from k8slint.rule import Finding, Rule, Severity


def check(project):
    for path in project.paths:
        source = project.source(path)
        for number in range(1, source.line_count + 1):
            if "CRASH" in source.line(number):
                raise RuntimeError("told to")
            if "BAD" in source.line(number):
                yield Finding(RULE, source.line_span(number), "The word is bad", "write good")


RULE = Rule("bad-word", "A bad word", Severity.WARNING, Project, check)
'''
PAGE = "# bad-word\n\nBad words are bad.\n"


class Machine:
    """A tree to lint, and an environment with one rule package more."""

    def __init__(self, folder: Path) -> None:
        self.tree = folder / "tree"
        self.site = folder / "site"
        self.write("../site/word_rules/__init__.py", "")
        self.write("../site/word_rules/words/bad_word.py", PLUGIN)
        self.write("../site/word_rules/words/bad_word.md", PAGE)
        self.write("../site/word_rules-1.dist-info/METADATA", "Name: word-rules\nVersion: 1\n")
        self.write("../site/word_rules-1.dist-info/entry_points.txt", "[k8slint.rules]\nwords = word_rules\n")
        self.write(".git/HEAD", "")

    def write(self, path: str, text: str) -> None:
        file = self.tree / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def python(
        self, *arguments: str, stdin: str = "", environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        paths = [str(self.site), *filter(None, sys.path)]
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.tree,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), **(environment or {})},
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    def k8slint(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return self.python("-m", "k8slint", *arguments, stdin=stdin)

    def scan(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return self.k8slint("scan", "--select", "words", *arguments, stdin=stdin)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_scan_prints_findings_and_a_summary(machine: Machine) -> None:
    machine.write("deploy.sh", "#!/bin/sh\necho BAD\n")
    machine.write("tests/more.sh", "#!/bin/sh\necho BAD\n")
    done = machine.scan()
    assert done.returncode == 1
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[:5] == [
        "warning[bad-word]: The word is bad",
        " --> deploy.sh:2:1",
        "  |",
        "2 | echo BAD",
        "  | ^^^^^^^^",
    ]
    assert lines[-1].startswith("0 errors, 1 warning; ")
    assert lines[-1].endswith("skipped: 1 test folder")


def test_a_clean_tree_is_exit_0_and_one_line(machine: Machine) -> None:
    done = machine.scan()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "0 errors, 0 warnings; nothing to read; 0 workloads joined\n"


@pytest.mark.parametrize(("fail_on", "code"), [("error", 0), ("warning", 1), ("info", 1), ("never", 0)])
def test_fail_on(machine: Machine, fail_on: str, code: int) -> None:
    machine.write("a.sh", "BAD")
    assert machine.scan("--fail-on", fail_on).returncode == code


def test_a_failing_rule_is_exit_2_and_named(machine: Machine) -> None:
    machine.write("a.sh", "CRASH")
    done = machine.scan("--fail-on", "never")
    assert done.returncode == 2
    assert "the rule bad-word of word_rules failed on Project: RuntimeError: told to (bad_word.py:" in done.stdout


@pytest.mark.parametrize("form", ["concise", "json", "sarif"])
def test_machine_formats_own_stdout(machine: Machine, form: str) -> None:
    machine.write("a.sh", "BAD")
    done = machine.scan("--format", form)
    assert done.stderr.startswith("0 errors, 1 warning; ")
    if form == "concise":
        assert done.stdout == "a.sh:1:1: warning bad-word The word is bad\n"
    else:
        json.loads(done.stdout)
    assert machine.scan("--format", form, "--quiet").stderr == ""


def test_quiet_text_is_findings_only(machine: Machine) -> None:
    machine.write("a.sh", "BAD")
    assert machine.scan("-q").stdout.endswith("explain bad-word\n\n")


def test_output_file(machine: Machine) -> None:
    machine.write("a.sh", "BAD")
    machine.write("out/report.txt", "old")
    done = machine.scan("--format", "concise", "--output", "out/report.txt")
    assert (done.returncode, done.stdout) == (1, "")
    assert (machine.tree / "out/report.txt").read_text() == "a.sh:1:1: warning bad-word The word is bad\n"
    assert os.listdir(machine.tree / "out") == ["report.txt"]


def test_an_output_file_that_cannot_be_written_is_exit_2(machine: Machine) -> None:
    done = machine.scan("--output", "nowhere/report.txt")
    assert done.returncode == 2
    assert "nowhere/report.txt: cannot be written: No such file or directory" in done.stderr


def test_a_manifest_from_standard_input(machine: Machine) -> None:
    machine.write("a.sh", "BAD")
    done = machine.scan("--format", "concise", "-", stdin="apiVersion: v1\nkind: Pod\nx: BAD\n")
    assert done.stdout == "stdin.yaml:3:1: warning bad-word The word is bad\n"


def test_settings_of_the_project_and_of_the_command_line(machine: Machine) -> None:
    machine.write("pyproject.toml", "[tool.k8slint]\nselect = ['bad-word']\nexclude = ['/gen/']\nfail-on = 'never'\n")
    machine.write("gen/a.sh", "BAD")
    machine.write("b.sh", "BAD")
    machine.write("sub/c.sh", "BAD")
    done = machine.k8slint("scan", "--format", "concise", "--exclude", "sub/", "-q")
    assert (done.returncode, done.stdout) == (0, "b.sh:1:1: warning bad-word The word is bad\n")
    assert machine.k8slint("scan", "--ignore", "words", "--fail-on", "info").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["scan", "--select", "bad-wrd"],
            "select: 'bad-wrd' is neither a rule nor a concern; did you mean 'bad-word'?",
        ),
        (["explain", "bad-wrod"], "there is no rule 'bad-wrod'; did you mean 'bad-word'?"),
        (["scan", "gone"], "Path 'gone' does not exist"),
        (["scan", "--format", "xml"], "'xml' is not one of"),
    ],
)
def test_mistakes_of_the_user_are_exit_2_with_a_hint(machine: Machine, arguments: Sequence[str], message: str) -> None:
    done = machine.k8slint(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_plugin_stops_the_run_and_is_named(machine: Machine) -> None:
    machine.write("../site/word_rules/words/other.py", "import nowhere_to_be_found\n")
    for arguments in (["scan"], ["rules"], ["explain", "bad-word"]):
        done = machine.k8slint(*arguments)
        assert done.returncode == 2
        assert "word_rules: the module word_rules.words.other cannot be imported: ModuleNotFoundError" in done.stderr


def test_explain_prints_the_page(machine: Machine) -> None:
    assert machine.k8slint("explain", "bad-word").stdout == PAGE
    assert machine.k8slint("explain", "unused-suppression").stdout.startswith("# unused-suppression\n")


def test_rules_are_listed_in_three_forms(machine: Machine) -> None:
    rows = machine.k8slint("rules").stdout.splitlines()
    assert [row.split() for row in rows if row.startswith("bad-word")] == [
        ["bad-word", "words", "warning", "A", "bad", "word"]
    ]
    table = machine.k8slint("rules", "--format", "markdown", "--pages", "rules").stdout
    assert "| words | [bad-word](rules/word_rules/words/bad_word.md) | warning | A bad word |\n" in table
    listed = {one["id"]: one for one in json.loads(machine.k8slint("rules", "--format", "json").stdout)}
    assert listed["bad-word"] == {
        "id": "bad-word",
        "concern": "words",
        "severity": "warning",
        "confidence": "high",
        "pedantic": False,
        "fixable": "none",
        "summary": "A bad word",
        "package": "word_rules",
    }


def loaded_modules(machine: Machine, *arguments: str) -> set[str]:
    code = (
        "import sys; from k8slint.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: print('loaded', *sys.modules, file=sys.stderr)\n"
    )
    done = machine.python("-c", code, *arguments)
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("loaded "))
    return {name.partition(".")[0] for name in line.split()} | set(line.split())


HEAVY = {"libcst", "ruamel", "_ruamel_yaml", "tree_sitter", "dockerfile_parse", "importlib.metadata", "pathspec"}


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_asking_for_the_version_imports_nothing_heavy(machine: Machine, option: str) -> None:
    loaded = loaded_modules(machine, option)
    assert (HEAVY | {"msgspec", "k8slint.project"}) & loaded == set()


def test_one_dockerfile_is_scanned_without_the_parsers_of_other_files(machine: Machine) -> None:
    machine.write("Dockerfile", "FROM python:3.12\nCMD python app.py\n")
    loaded = loaded_modules(machine, "scan", "Dockerfile")
    assert "dockerfile_parse" in loaded
    assert {"libcst", "ruamel", "_ruamel_yaml", "pathspec", "importlib.metadata"} & loaded == set()
    assert {"k8slint.models.python_walk", "k8slint.workload.charts", "k8slint.workload.kustomize"} & loaded == set()
    assert "k8slint_rules.probes.probes_missing" not in loaded


def test_one_manifest_is_scanned_without_the_parsers_of_other_files(machine: Machine) -> None:
    machine.write("pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: shell}\nspec: {containers: []}\n")
    loaded = loaded_modules(machine, "scan", "pod.yaml")
    assert "ruamel" in loaded
    assert {"libcst", "tree_sitter", "dockerfile_parse", "pathspec", "importlib.metadata"} & loaded == set()
    assert {"k8slint.models.python_walk", "k8slint.workload.charts", "k8slint.workload.builds"} & loaded == set()
    assert "k8slint_rules.cpu.native_threads_unbounded" not in loaded


def test_one_python_file_is_scanned_without_the_parsers_of_other_files(machine: Machine) -> None:
    machine.write("main.py", "import os\nwhile True:\n    print(os.cpu_count())\n")
    loaded = loaded_modules(machine, "scan", "main.py")
    assert "k8slint.models.python_walk" in loaded
    assert (HEAVY | {"_ruamel_yaml"}) & loaded == set()
    assert {"k8slint.workload.charts", "k8slint.workload.builds", "k8slint.workload.kustomize"} & loaded == set()


def test_nothing_in_the_linted_tree_is_imported(machine: Machine) -> None:
    trap = "raise SystemExit('imported from the linted tree')\n"
    for name in ("click", "pathspec", "difflib", "trap_rules"):
        machine.write(f"{name}.py", trap)
    machine.write("trap-1.dist-info/METADATA", "Name: trap\nVersion: 1\n")
    machine.write("trap-1.dist-info/entry_points.txt", "[k8slint.rules]\ntrap = trap_rules\n")
    machine.write(".gitignore", "x\n")
    done = machine.scan("--format", "concise")
    assert (done.returncode, done.stdout) == (0, "")


def run_main(machine: Machine, body: str) -> subprocess.CompletedProcess[str]:
    code = f"from k8slint import cli\nfrom k8slint import discover\n{body}\ncli.main(['scan'])\n"
    return machine.python("-c", code)


def test_an_interrupt_is_exit_130(machine: Machine) -> None:
    done = run_main(machine, "def stop(*_):\n    raise KeyboardInterrupt\ndiscover.files = stop")
    assert done.returncode == 130
    assert "Traceback" not in done.stderr


def test_a_mistake_of_our_own_is_exit_2_with_its_traceback(machine: Machine) -> None:
    done = run_main(machine, "def fail(*_):\n    raise LookupError('ours')\ndiscover.files = fail")
    assert done.returncode == 2
    assert "LookupError: ours" in done.stderr
    assert "a mistake in k8slint itself" in done.stderr


def test_output_that_the_terminal_cannot_show_is_escaped(machine: Machine) -> None:
    machine.write("größe.sh", "BAD 早")
    done = machine.python(
        "-m", "k8slint", "scan", "--select", "words", environment={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    )
    assert done.returncode == 1
    assert "gr\\xf6\\xdfe.sh:1:1" in done.stdout
    assert "BAD \\u65e9" in done.stdout


def test_of_single_files_no_suppression_counts_as_unused(machine: Machine) -> None:
    machine.write("a.sh", "# k8slint: ignore[bad-word] made in another file\necho\n")
    assert "unused-suppression" in machine.k8slint("scan", "--format", "concise").stdout
    assert machine.k8slint("scan", "--format", "concise", "a.sh").stdout == ""


@pytest.mark.parametrize(
    ("workers", "told"), [("$(nproc)", ": 16 on a 16-core node"), ("$((2*$(nproc)+1))", ", and limits.cpu 1 ")]
)
def test_a_number_of_workers_is_told_only_where_it_is_known(machine: Machine, workers: str, told: str) -> None:
    manifest = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: web\n"
        "    image: registry.example.com/tree\n    resources: {limits: {cpu: 1}}\n"
    )
    machine.write("pod.yaml", manifest)
    machine.write("Dockerfile", f"FROM python:3.12-slim\nCMD gunicorn -w {workers} shop:app\n")
    done = machine.k8slint("scan", "--select", "workers-from-node-cores", "--format", "concise")
    assert f"--workers {workers} follows the processors of the node{told}" in done.stdout


@pytest.mark.parametrize(("text", "code"), [("", 0), ("Error from server (NotFound)\n", 2), ("a: [\n", 2)])
def test_what_is_no_manifest_on_standard_input_is_not_passed_over(machine: Machine, text: str, code: int) -> None:
    done = machine.scan("-", stdin=text)
    assert done.returncode == code
    assert ("stdin.yaml:1:1: holds no Kubernetes object" in done.stdout) == bool(text)
    assert ("standard input is empty: did the command before it fail?" in done.stdout) == (not text)
