"""What is said on a pull request: annotations of GitHub Actions, and a comment in Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from k8slint import reporters
from k8slint.cli import cli
from k8slint.location import Location, Notice, NoticeLevel
from k8slint.models.source import Source
from k8slint.report import Report
from k8slint.rule import Finding, Related, Rule, Severity

RULE: Rule[str] = Rule("shell-form", "The shell keeps the signal", Severity.ERROR, str, lambda unit: ())
CMD = Location("Dockerfile", 2, 1, 3, 18)
DOCKERFILE = "FROM python:3.12-slim\nCOPY app.py ./\nCMD gunicorn -w 2 app:app\n"
# What a rule says is on its page.
MESSAGES = re.compile(r"(?<=\d`): .*")
POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: shop
spec:
  containers:
    - name: shop
      image: shop:1
"""


def report(*findings: Finding, notices: tuple[Notice, ...] = ()) -> Report:
    sources: Mapping[str, Source] = {"Dockerfile": Source("Dockerfile", DOCKERFILE)}
    return Report(findings, (), notices, {"Dockerfiles": 1, "workloads": 0}, (), sources.__getitem__)


def scanned(root: Path, form: str, *rules: str, dockerfile: str = DOCKERFILE) -> str:
    (root / "shop").mkdir()
    (root / "shop" / "Dockerfile").write_text(dockerfile)
    (root / "shop" / "app.py").write_text("def app(environ, start_response):\n    return []\n")
    (root / "pod.yaml").write_text(POD)
    chosen = [f"--select={rule}" for rule in rules]
    return CliRunner().invoke(cli, ["scan", str(root), "--format", form, *chosen]).stdout


@pytest.mark.parametrize(
    ("severity", "command"), [(Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.INFO, "notice")]
)
def test_an_annotation_names_its_lines_and_its_rule(severity: Severity, command: str) -> None:
    finding = Finding(RULE, CMD, "sh is PID 1", "write CMD [...]", severity=severity)
    assert reporters.render(report(finding), "github") == (
        f"::{command} file=Dockerfile,line=2,endLine=3,title=k8slint shell-form::sh is PID 1%0Afix: write CMD [...]\n"
    )


def test_nothing_in_an_annotation_ends_it_or_begins_another() -> None:
    place = Location("a,b:c%\n::add-mask::x/Dockerfile", 1, 1, 1, 2)
    message = "100 % of it: a, b\r\n::stop-commands::x"
    (line,) = reporters.render(report(Finding(RULE, place, message)), "github").splitlines()
    assert line == (
        "::error file=a%2Cb%3Ac%25%0A%3A%3Aadd-mask%3A%3Ax/Dockerfile,line=1,endLine=1,title=k8slint shell-form"
        "::100 %25 of it: a, b  ::stop-commands::x"
    )


def test_what_was_not_linted_is_annotated_too_and_what_was_left_out_is_not() -> None:
    notices = (
        Notice(CMD, "it ends in the middle", NoticeLevel.ERROR),
        Notice(CMD, "it is a template", NoticeLevel.NOTE),
    )
    assert reporters.render(report(notices=notices), "github") == (
        "::error file=Dockerfile,line=2,endLine=3,title=k8slint not linted::it ends in the middle\n"
    )


def test_a_comment_shows_each_object_with_the_diff_of_each_fix(tmp_path: Path) -> None:
    comment = scanned(tmp_path, "markdown", "shell-form-blocks-sigterm", "requests-limits-missing")
    assert (
        MESSAGES.sub("", comment)
        == """\
## k8slint

1 error, 1 warning; read 1 Python file, 1 Dockerfile, 1 Kubernetes object; 1 workload joined, 1 linked to an image

### Pod shop

**warning** `requests-limits-missing` at `pod.yaml:7:13`

Fix, to be reviewed: write requests and a memory limit to begin with

```diff
--- a/pod.yaml
+++ b/pod.yaml
@@ -6,3 +6,9 @@
   containers:
     - name: shop
       image: shop:1
+      resources:
+        requests:
+          cpu: 100m  # review: measure under load
+          memory: 256Mi  # review: measure under load
+        limits:
+          memory: 448Mi  # review: measure under load
```

**error** `shell-form-blocks-sigterm` at `shop/Dockerfile:3:1`

Fix: start gunicorn without a shell

```diff
--- a/shop/Dockerfile
+++ b/shop/Dockerfile
@@ -1,3 +1,3 @@
 FROM python:3.12-slim
 COPY app.py ./
-CMD gunicorn -w 2 app:app
+CMD ["gunicorn", "-w", "2", "app:app"]
```
"""
    )


def test_a_comment_says_what_to_write_where_no_fix_is_known() -> None:
    finding = Finding(RULE, CMD, "sh is PID 1", "write CMD [...]", (Related(CMD, "it stays up"),))
    assert (
        reporters.render(report(finding), "markdown")
        == """\
## k8slint

1 error, 0 warnings; read 1 Dockerfile; 0 workloads joined

### Dockerfile

**error** `shell-form` at `Dockerfile:2:1`: sh is PID 1

- `Dockerfile:2:1`: it stays up

Fix: write CMD \\[...\\]
"""
    )


def test_a_comment_is_no_longer_than_github_takes() -> None:
    findings = [Finding(RULE, CMD, f"sh is PID 1 {at}", "x" * 1000) for at in range(50)]
    other = Finding(RULE, Location("other", 1, 1, 1, 2), "it is PID 1", "x" * 30_000)
    text = reporters.render(report(*findings, other), "markdown")
    assert len(text) < 65_536
    assert "\nNot shown here: 1 of 51 findings" in text


def test_names_and_lines_of_a_hostile_tree_stay_text(tmp_path: Path) -> None:
    place = Location("a`<b>\n# c", 1, 1, 1, 2)
    text = reporters.render(report(Finding(RULE, place, "@all <img> [x](y)\n## z")), "markdown")
    assert "`a'<b> # c:1:1`: \\@all \\<img\\> \\[x\\](y) \\#\\# z\n" in text
    hostile = DOCKERFILE.replace("COPY app.py ./", "COPY app.py ./\n# ```\n# \u202e@all")
    text = scanned(tmp_path, "markdown", "shell-form-blocks-sigterm", dockerfile=hostile)
    assert "\u202e" not in text
    _, fence, rest = text.partition("````diff\n")
    assert fence
    assert rest.count("\n````\n") == 1
