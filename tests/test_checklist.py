"""What the checklist command says of a workload: a row passes only on what is known."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from k8slint import plugins
from k8slint.checklist.questions import QUESTIONS

MAIN = """\
    import signal
    import threading

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    while not stop.wait(1):
        pass
    """
DOCKERFILE = """\
    FROM python:3.12-slim
    ENV PYTHONUNBUFFERED=1
    USER 1000
    WORKDIR /app
    COPY main.py .
    CMD ["python", "main.py"]
    """
MANIFEST = """\
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: poller}
    spec:
      selector: {matchLabels: {app: poller}}
      template:
        metadata: {labels: {app: poller}}
        spec:
          containers:
          - name: poller
            image: poller:1
            resources: {requests: {cpu: 500m, memory: 64Mi}, limits: {cpu: 500m, memory: 64Mi}}
    """


def write(root: Path, files: dict[str, str]) -> Path:
    for path, content in files.items():
        (root / path).write_text(dedent(content), encoding="utf-8")
    return root


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return write(tmp_path, {"main.py": MAIN, "Dockerfile": DOCKERFILE, "poller.yaml": MANIFEST})


def run(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "k8slint", "checklist", *arguments]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)


def rows(tree: Path) -> dict[str, Any]:
    """The rows of the only workload by the beginning of their questions."""
    done = run(tree, "--format", "json", "--fail-on", "never")
    assert (done.returncode, done.stderr) == (0, "")
    (only,) = json.loads(done.stdout)
    return {row["question"]: row for row in only["rows"]}


def answer(tree: Path, beginning: str) -> tuple[str, str]:
    (row,) = [row for question, row in rows(tree).items() if question.startswith(beginning)]
    return row["answer"], "; ".join(row["why"])


class TestRows:
    def test_what_is_known_and_clean_passes(self, tree: Path) -> None:
        assert answer(tree, "Does SIGTERM reach") == ("pass", "")
        assert answer(tree, "Does the program act") == ("pass", "")
        assert answer(tree, "Does it run as") == ("pass", "")

    def test_a_finding_fails_the_row_with_its_message(self, tree: Path) -> None:
        write(tree, {"Dockerfile": DOCKERFILE.replace('["python", "main.py"]', "python main.py; true")})
        mark, why = answer(tree, "Does SIGTERM reach")
        assert mark == "fail"
        assert "SIGTERM" in why

    def test_what_is_missing_is_named(self, tree: Path) -> None:
        write(
            tree,
            {
                "poller.yaml": MANIFEST.replace(
                    "image: poller:1", "image: poller:1\n            envFrom: [{secretRef: {name: s}}]"
                )
            },
        )
        mark, why = answer(tree, "Does the cluster run")
        assert mark == "unknown"
        assert "all variables: " in why

    def test_an_unknown_handler_is_no_pass(self, tree: Path) -> None:
        write(tree, {"main.py": MAIN.replace("signal.SIGTERM,", "int(input()),")})
        assert answer(tree, "Does the program act")[0] == "unknown"

    def test_rows_that_do_not_concern_the_workload(self, tree: Path) -> None:
        assert answer(tree, "Is traffic drained") == ("not applicable", "no Service sends it requests")
        assert answer(tree, "Does a failed run") == ("not applicable", "it is not meant to end")

    def test_a_suppressed_finding_passes_with_its_reason(self, tree: Path) -> None:
        comment = "# k8slint: ignore[effective-root] the node is ours alone\n    FROM"
        write(tree, {"Dockerfile": DOCKERFILE.replace("    USER 1000\n", "").replace("FROM", comment)})
        assert answer(tree, "Does it run as") == ("pass", "effective-root is suppressed: the node is ours alone")

    def test_arithmetic_is_shown_with_a_pass_too(self, tree: Path) -> None:
        shown = rows(tree)["Does the CPU limit carry the demand?"]["shown"]
        assert shown == "1 busy of 0.5 CPUs, stands still 50 of every 100 ms when all are busy"

    def test_containers_of_third_parties_are_not_asked(self, tree: Path) -> None:
        write(tree, {"poller.yaml": dedent(MANIFEST) + "      - {name: redis, image: redis:7}\n"})
        (only,) = json.loads(run(tree, "--format", "json").stdout)
        assert only["workload"] == "container poller of Deployment poller"


class TestGate:
    def test_the_exit_code_is_that_of_scan(self, tree: Path) -> None:
        write(tree, {"main.py": "while True:\n    pass\n"})
        assert run(tree).returncode == 1
        assert run(tree, "--fail-on", "never").returncode == 0

    def test_fewer_rows_than_asked_for(self, tree: Path) -> None:
        assert run(tree, "--min", "20/24").returncode == 0
        write(tree, {"main.py": "while True:\n    pass\n"})
        assert run(tree, "--min", "24").returncode == 1

    def test_rows_that_are_not_known_count_unless_strict(self, tree: Path) -> None:
        write(tree, {"main.py": "import importlib\nimportlib.import_module(input())\n" + dedent(MAIN)})
        assert run(tree, "--min", "20").returncode == 0
        assert run(tree, "--min", "20", "--strict").returncode == 1

    @pytest.mark.parametrize("written", ["0", "25", "20/25", "many", "1.5"])
    def test_a_minimum_that_cannot_be_meant(self, tree: Path, written: str) -> None:
        done = run(tree, "--min", written)
        assert done.returncode == 2
        assert "is not a number of rows such as 20/24" in done.stderr

    def test_what_could_not_be_read_is_never_hidden(self, tree: Path) -> None:
        write(tree, {"broken.yaml": "apiVersion: v1\nkind: [\n"})
        done = run(tree, "--min", "1", "--format", "json")
        assert done.returncode == 2
        assert "not linted: broken.yaml" in done.stderr


def test_markdown_of_hostile_names_stays_one_cell(tree: Path) -> None:
    write(tree, {"a|<b>@c.py": "while True:\n    pass\n", "Dockerfile": DOCKERFILE.replace("main.py", "a|<b>@c.py")})
    text = run(tree, "--format", "markdown").stdout
    assert "endless loop in a\\|\\<b\\>\\@c.py" in text


def test_text_names_the_page_of_a_failed_row(tree: Path) -> None:
    write(tree, {"main.py": "while True:\n    pass\n"})
    text = run(tree).stdout
    assert "   2  FAIL  Does the program act on it, and end?" in text
    assert "k8slint explain sigterm-unhandled" in text


def test_every_rule_answers_a_row() -> None:
    asked = {rule for question in QUESTIONS for rule in question.rules}
    shipped = {one.rule.id for one in plugins.load() if one.package == "k8slint" and one.concern != "notices"}
    assert shipped - asked == set()


def test_a_folder_without_workloads_says_so(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 0
    assert "no workload runs the project's own Python" in done.stdout
