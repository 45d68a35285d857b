"""Repairs: what is written, what is refused, and what the command line says of it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from k8slint.cli import cli
from k8slint.fix.edits import applied, edits
from k8slint.fix.files import write_all
from k8slint.fix.refusal import Refused
from k8slint.models.dockerfile import parse_dockerfile
from k8slint.models.manifest import objects
from k8slint.models.source import Source
from k8slint.repair import (
    Change,
    ExecForm,
    ExecInFront,
    Field,
    ImageInit,
    ImageVariable,
    Item,
    Level,
    Options,
    Repair,
    Safety,
)

DOCKERFILE = "FROM python:3.12-slim\nCOPY app.py ./\n# the server\nCMD gunicorn -w 2 app:app\n"
PYTHON = "def app(environ, start_response):\n    return []\n"


def made(text: str, *changes: Change, path: str = "file") -> str:
    source = Source(path, text)
    return applied(source, edits(Repair("change it", Safety.SAFE, changes), lambda _: source))


def refused(text: str, change: Change) -> str:
    with pytest.raises(Refused) as caught:
        made(text, change)
    return str(caught.value)


def command(text: str) -> ExecForm:
    last = parse_dockerfile(Source("file", text)).final.instructions[-1]
    return ExecForm(last.location)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("CMD python app.py", 'CMD ["python", "app.py"]'),
        ("cmd   python app.py  ", 'cmd   ["python", "app.py"]  '),
        ("ENTRYPOINT python -m shop", "ENTRYPOINT exec python -m shop"),
        ("CMD gunicorn --bind :$PORT app:app", "CMD exec gunicorn --bind :$PORT app:app"),
        ('CMD a "b c" && python -m app "$X"', 'CMD a "b c" && exec python -m app "$X"'),
        ('CMD gunicorn --name "my shop" app:app', 'CMD exec gunicorn --name "my shop" app:app'),
    ],
)
def test_a_command_gets_rid_of_its_shell(written: str, expected: str) -> None:
    for end in ("\n", "\r\n"):
        text = f"FROM a{end}# first{end}{written}{end}"
        assert made(text, command(text)) == f"FROM a{end}# first{end}{expected}{end}"


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("CMD X=1 python app.py", "one simple command"),
        ("CMD python app.py | tee log", "one simple command"),
        ("CMD python app.py || a", "one simple command"),
        ("CMD echo 'a; python app.py'", "one simple command"),
        ("CMD python \\\n  app.py", "several lines"),
        ('CMD ["python", "app.py > log"]', "one simple command"),
    ],
)
def test_a_command_that_needs_its_shell_keeps_it(written: str, reason: str) -> None:
    text = f"FROM a\n{written}\n"
    assert reason in refused(text, command(text))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("FROM a\nRUN b\n", "FROM a\nENV N=1\nRUN b\n"),
        ("FROM a", "FROM a\nENV N=1"),
        ("FROM a\nENV A=1\nRUN b\n", "FROM a\nENV A=1 N=1\nRUN b\n"),
        (
            'FROM a\r\nENV A="x y" \\\r\n    # why\r\n    B=2\r\nRUN b\r\n',
            'FROM a\r\nENV A="x y" \\\r\n    # why\r\n    B=2 \\\r\n    N=1\r\nRUN b\r\n',
        ),
        ("FROM a\nENV A 1\n", "FROM a\nENV N=1\nENV A 1\n"),
        ("FROM a AS b\nENV A=1\nFROM b\nUSER 1\n", "FROM a AS b\nENV A=1\nFROM b\nENV N=1\nUSER 1\n"),
    ],
)
def test_a_variable_joins_the_block_of_its_stage(before: str, after: str) -> None:
    stage = parse_dockerfile(Source("file", before)).final
    assert made(before, ImageVariable(stage.from_.location, "N", "1")) == after


@pytest.mark.parametrize(("tool", "install"), [("apk", "apk add --no-cache tini"), ("apt-get", "apt-get update && ")])
def test_an_init_stands_above_the_command_and_its_comments(tool: str, install: str) -> None:
    text = 'FROM a\r\nRUN b\r\n# first\r\n# second\r\nCMD ["c"]\r\n'
    after = made(text, ImageInit(parse_dockerfile(Source("file", text)).final.from_.location, tool))
    above, run, entry, *rest = after.split("\r\n")[1:]
    assert (above, entry, rest) == ("RUN b", 'ENTRYPOINT ["tini", "--"]', ["# first", "# second", 'CMD ["c"]', ""])
    assert run.startswith(f"RUN {install}")


@pytest.mark.parametrize(
    "lines", ['ENTRYPOINT ["b"]\nCMD c', "USER b\nCMD c", "RUN b", "CMD b\nCMD c", "RUN apk add tini\nCMD c"]
)
def test_an_init_is_not_put_where_it_does_not_fit(lines: str) -> None:
    text = f"FROM a\n{lines}\n"
    refused(text, ImageInit(parse_dockerfile(Source("file", text)).final.from_.location, "apk"))


def in_text(path: str, text: str, place: str) -> str:
    source = Source(path, text)
    start = text.index(place)
    return made(text, ExecForm(source.span(start, start + len(place))), path=path)


WAITS = "echo 'a'; \\\n  while ! b; do sleep 1; done; \\\n  python app.py"


@pytest.mark.parametrize(
    ("path", "text", "place"),
    [
        ("Dockerfile", 'FROM a\nCMD ["sh", "-c", "python app.py"]\n', 'CMD ["sh", "-c", "python app.py"]'),
        ("Dockerfile", f'FROM a\nCMD ["sh", "-c", "{WAITS}"]\n', f'CMD ["sh", "-c", "{WAITS}"]'),
        (
            "a.yaml",
            'args: ["-c", "cd /app && python -m app --bind :$PORT"]',
            '"cd /app && python -m app --bind :$PORT"',
        ),
        ("a.yaml", "args:\n  - ./wait.sh; python app.py", "./wait.sh; python app.py"),
        ("a.yaml", "args:\n  - |\n    ./wait.sh\n    python app.py", "|\n    ./wait.sh\n    python app.py"),
    ],
)
def test_the_last_command_of_a_text_replaces_the_shell(path: str, text: str, place: str) -> None:
    assert in_text(path, text, place) == text.replace("python", "exec python")


@pytest.mark.parametrize(
    "words",
    [
        "a | tee b",
        "a &",
        "if b; then a; fi",
        "a > log",
        "trap b TERM; a",
        "X=1 a",
        "exec a",
        "a  # b; c",
        "(a)",
        "a $(b)",
        "a; exit",
    ],
)
def test_a_text_that_needs_its_shell_keeps_it(words: str) -> None:
    text = f'args: ["-c", "{words}"]'
    with pytest.raises(Refused, match="one simple command"):
        in_text("a.yaml", text, f'"{words}"')


def script(text: str, wanted: str) -> ExecInFront:
    source = Source("file", text)
    start = text.index(wanted)
    return ExecInFront(source.span(start, start + len(wanted)))


def test_the_last_command_of_a_script_replaces_it() -> None:
    text = "#!/bin/sh\r\nset -e\r\npython app.py \\\r\n  --port 1 2>&1\r\n# the end\r\n"
    assert made(text, script(text, "python")) == text.replace("python", "exec python")


@pytest.mark.parametrize(
    "text",
    [
        "#!/bin/sh\npython app.py\necho done\n",
        "#!/bin/sh\ntrap clean EXIT\npython app.py\n",
        "#!/bin/sh\npython app.py | tee log\n",
        "#!/bin/sh\npython app.py &\n",
        "#!/bin/sh\nif true; then\n  python app.py\nfi\necho done\n",
        "#!/bin/sh\nif true; then\n  python app.py\n  echo done\nfi\n",
        "#!/bin/sh\nwhile true; do\n  python app.py\ndone\n",
        "#!/bin/sh\nmain() {\n  python app.py\n}\nmain\n",
        "#!/bin/sh\nif python app.py; then\n  echo done\nfi\n",
        "#!/bin/sh\ntrue && python app.py\n",
        "#!/bin/sh\n(python app.py)\n",
        "#!/bin/sh\nX=1 python app.py\n",
        '#!/bin/sh\nif [ "$1" = a ]; then\n  python app.py\nfi\nif [ "$2" = b ]; then\n  echo\nfi\n',
        '#!/bin/sh\nif [ "$1" = a ]; then\n  python app.py\nfi\nif [ "$1" = b ]; then\n  echo\nelse\n  echo\nfi\n',
        "FROM a\nCMD b\npython app.py\n",
    ],
)
def test_a_script_that_goes_on_is_left_alone(text: str) -> None:
    refused(text, script(text, "python"))


@pytest.mark.parametrize(
    "text",
    [
        "#!/bin/sh\nif true; then\n  echo a\n  python app.py\nelse\n  echo b\nfi\n# the end\n",
        "#!/bin/sh\ncase $1 in\n  web) python app.py ;;\n  *) echo b ;;\nesac\n",
        '#!/bin/sh\ncase $1 in\n  web)\n    if true; then\n      python app.py "${X:-a}"\n    fi\n    ;;\nesac\n',
        '#!/bin/sh\nif [ "$1" = a ]; then\n  python app.py\nfi\nif [ "$1" == "b" ]; then\n  echo b\nfi\n',
        "#!/bin/sh\npython app.py  # the server\n",
    ],
)
def test_the_last_command_of_one_way_through_a_script_replaces_it(text: str) -> None:
    assert made(text, script(text, "python")) == text.replace("python", "exec python")


MANIFEST = """\
# ours
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  template:
    spec:
      containers:
      - name: shop  # the program
        image: 'shop:1'
        args:
        - "a"

        # a comment at the end
---
apiVersion: v1
kind: Service
metadata:
  name: shop
"""
STEPS = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
spec:
  replicas: "1"
  template:
    spec:
      terminationGracePeriodSeconds: 30 # short
      containers:
        - name: shop
          env:
            - name: A
              value: |
                two
                lines

"""


def change(text: str, kind: type[Field] | type[Item], level: Level, route: str, *values: str) -> Change:
    found, _ = objects(Source("file", text))
    (pod,) = found[0].pods
    location, steps = pod.containers[0].location, tuple(route.split("."))
    return Field(location, level, steps, values[0]) if kind is Field else Item(location, level, steps, values)


def test_a_field_is_added_in_the_style_of_the_file() -> None:
    added = made(MANIFEST, change(MANIFEST, Field, Level.POD, "terminationGracePeriodSeconds", "60"))
    assert added == MANIFEST.replace('        - "a"\n', '        - "a"\n      terminationGracePeriodSeconds: 60\n')
    nested = made(MANIFEST, change(MANIFEST, Field, Level.CONTAINER, "lifecycle.preStop.sleep.seconds", "5"))
    assert (
        '        - "a"\n        lifecycle:\n          preStop:\n            sleep:\n              seconds: 5\n\n'
        in nested
    )
    several = made(
        MANIFEST, change(MANIFEST, Item, Level.CONTAINER, "env", 'name: A\nvalue: "1"', 'name: B\nvalue: "1"')
    )
    assert (
        '        env:\n        - name: A\n          value: "1"\n        - name: B\n          value: "1"\n\n' in several
    )


def test_a_value_is_replaced_inside_its_quotes() -> None:
    longer = made(STEPS, change(STEPS, Field, Level.POD, "terminationGracePeriodSeconds", "60"))
    assert longer == STEPS.replace("Seconds: 30 #", "Seconds: 60 #")
    assert made(STEPS, change(STEPS, Field, Level.OBJECT, "spec.replicas", "2")) == STEPS.replace('"1"', '"2"')


def test_an_item_is_added_below_a_block_of_text_and_with_other_line_ends() -> None:
    for text in (STEPS, STEPS.replace("\n", "\r\n")):
        end = "\r\n" if "\r" in text else "\n"
        item = made(text, change(text, Item, Level.CONTAINER, "env", 'name: B\nvalue: "1"'))
        assert f'lines{end}            - name: B{end}              value: "1"{end}{end}' in item
        assert item.count("\r") in (0, item.count("\n"))


def test_an_item_that_is_there_under_its_name_is_not_added_again() -> None:
    assert "called A already" in refused(STEPS, change(STEPS, Item, Level.CONTAINER, "env", 'name: A\nvalue: "1"'))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("spec:\n      containers", "spec: &pod\n      containers", "anchors"),
    ],
)
def test_what_is_written_in_an_unusual_way_is_left_alone(old: str, new: str, reason: str) -> None:
    text = MANIFEST.replace(old, new)
    assert text != MANIFEST
    assert reason in refused(text, change(text, Field, Level.CONTAINER, "tty", "true"))


def project(folder: Path, files: Mapping[str, str]) -> str:
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
    return str(folder)


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, ["scan", *arguments], standalone_mode=False)
    code = result.return_value if result.exception is None else getattr(result.exception, "exit_code", -1)
    return int(code), result.stdout, result.stderr


def test_diff_shows_and_changes_nothing(tmp_path: Path) -> None:
    root = project(tmp_path, {"Dockerfile": DOCKERFILE, "app.py": PYTHON})
    code, out, err = run(root, "--diff", "--select", "shell-form-blocks-sigterm")
    assert code == 1
    assert out.splitlines()[:2] == ["--- a/Dockerfile", "+++ b/Dockerfile"]
    assert '+CMD ["gunicorn", "-w", "2", "app:app"]' in out
    assert err.startswith("would fix: Dockerfile:4:1: shell-form-blocks-sigterm: ")
    assert (tmp_path / "Dockerfile").read_text() == DOCKERFILE


def test_fix_writes_keeps_the_mode_and_a_second_run_changes_nothing(tmp_path: Path) -> None:
    root = project(tmp_path, {"Dockerfile": DOCKERFILE, "app.py": PYTHON})
    os.chmod(tmp_path / "Dockerfile", 0o640)
    run(root, "--fix", "--select", "shell-form-blocks-sigterm")
    written = (tmp_path / "Dockerfile").read_text()
    assert written == DOCKERFILE.replace("gunicorn -w 2 app:app", '["gunicorn", "-w", "2", "app:app"]')
    assert (tmp_path / "Dockerfile").stat().st_mode & 0o777 == 0o640
    assert sorted(one.name for one in tmp_path.iterdir()) == ["Dockerfile", "app.py"]
    assert run(root, "--diff", "--select", "shell-form-blocks-sigterm")[:2] == (0, "")


def test_a_suppressed_finding_is_not_fixed(tmp_path: Path) -> None:
    text = DOCKERFILE.replace("# the server", "# k8slint: ignore[shell-form-blocks-sigterm] it is on purpose")
    root = project(tmp_path, {"Dockerfile": text, "app.py": PYTHON})
    assert run(root, "--diff", "--select", "shell-form-blocks-sigterm")[:2] == (0, "")


def test_a_fix_that_brings_another_finding_is_not_made(tmp_path: Path) -> None:
    loop = "import time\n\nwhile True:\n    time.sleep(60)\n"
    text = DOCKERFILE.replace("gunicorn -w 2 app:app", "python app.py")
    root = project(tmp_path, {"Dockerfile": text, "app.py": loop})
    code, out, err = run(root, "--diff", "--select", "shell-form-blocks-sigterm")
    assert (code, out) == (0, "")
    assert "would be found in" in err


SERVED = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
spec:
  replicas: 2
  selector:
    matchLabels: {app: shop}
  template:
    metadata:
      labels: {app: shop}
    spec:
      containers:
        - name: shop
          image: registry.example.com/shop:1
---
apiVersion: v1
kind: Service
metadata:
  name: shop
spec:
  selector: {app: shop}
  ports: [{port: 80}]
"""


def test_a_fix_that_brings_a_finding_is_made_with_the_fix_of_that(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    project(tmp_path / "shop", {"Dockerfile": DOCKERFILE, "app.py": PYTHON})
    (tmp_path / "k8s.yaml").write_text(SERVED)
    rules = ("--select", "shell-form-blocks-sigterm,no-drain-before-sigterm")
    _, out, err = run(str(tmp_path), "--diff", *rules)
    assert out == ""
    assert "no-drain-before-sigterm would be found in" in err
    _, out, err = run(str(tmp_path), "--diff", "--unsafe-fixes", *rules)
    assert "not fixed" not in err
    assert '+CMD ["gunicorn"' in out
    assert "+            preStop:" in out
    _, out, err = run(str(tmp_path), "--diff", "--unsafe-fixes")
    assert "+            preStop:" in out
    assert "+            runAsNonRoot: true" in out


@pytest.mark.parametrize("arguments", [("--unsafe-fixes",), ("-", "--fix")])
def test_options_that_do_not_go_together(arguments: tuple[str, ...]) -> None:
    assert run(*arguments)[0] == 2


def test_a_file_that_changed_or_lies_behind_a_link_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "b").write_bytes(b"newer")
    with pytest.raises(Refused, match="b was changed"):
        write_all(str(tmp_path), {"a": (b"old", b"new"), "b": (b"old", b"new")})
    assert (tmp_path / "a").read_bytes() == b"old"
    (tmp_path / "inside").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "inside")
    (tmp_path / "inside" / "c").write_bytes(b"old")
    (tmp_path / "d").symlink_to(tmp_path / "a")
    for path in ("link/c", "d", "../a", str(tmp_path / "a")):
        with pytest.raises(Refused):
            write_all(str(tmp_path), {path: (b"old", b"new")})
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a", "b", "d", "inside", "link"]


def test_rules_say_whether_they_can_be_fixed() -> None:
    listed = json.loads(CliRunner().invoke(cli, ["rules", "--format", "json"]).stdout)
    fixable: Iterator[tuple[str, str]] = ((one["id"], one["fixable"]) for one in listed)
    assert dict(fixable)["shell-form-blocks-sigterm"] == "safe"


def test_json_and_sarif_carry_the_edits(tmp_path: Path) -> None:
    root = project(tmp_path, {"Dockerfile": DOCKERFILE, "app.py": PYTHON})
    chosen = (root, "--select", "shell-form-blocks-sigterm", "--format")
    (finding,) = json.loads(run(*chosen, "json")[1])["findings"]
    (edit,) = finding["repair"]["edits"]
    assert (edit["path"], edit["line"], edit["column"]) == ("Dockerfile", 4, 5)
    assert (edit["text"], finding["repair"]["safety"]) == ('["gunicorn", "-w", "2", "app:app"]', "safe")
    (result,) = json.loads(run(*chosen, "sarif")[1])["runs"][0]["results"]
    (fix,) = result["fixes"]
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "Dockerfile"
    assert change["replacements"][0]["deletedRegion"] == {
        "startLine": 4,
        "startColumn": 5,
        "endLine": 4,
        "endColumn": 26,
    }


@pytest.mark.parametrize(
    ("path", "text", "command", "after"),
    [
        ("Dockerfile", 'CMD ["a", "b"]', 'CMD ["a", "b"]', 'CMD ["a", "b", "--n", "5"]'),
        ("Dockerfile", "CMD exec a $X b", "CMD exec a $X b", "CMD exec a $X b --n 5"),
        (
            "Dockerfile",
            'CMD ["sh", "-c", "c && a b $X"]',
            'CMD ["sh", "-c", "c && a b $X"]',
            'CMD ["sh", "-c", "c && a b $X --n 5"]',
        ),
        ("x.sh", 'exec a b "$X"', "b", 'exec a b "$X" --n 5'),
        ("x.sh", 'exec a "b"', '"b"', 'exec a "b" --n 5'),
        ("x.yaml", "c: [a, b]", "b", 'c: [a, b, --n, "5"]'),
        ("x.yaml", "c: ['a', 'b']", "'b'", "c: ['a', 'b', '--n', '5']"),
        ("x.yaml", "c:\n  - a\n  - b # why", "b", 'c:\n  - a\n  - b # why\n  - --n\n  - "5"'),
        ("x.yaml", 'c: ["sh", "-c", "exec a b"]', '"exec a b"', 'c: ["sh", "-c", "exec a b --n 5"]'),
        ("x.yaml", "c: |\n  set -e\n  exec a b\n", "exec a b", "c: |\n  set -e\n  exec a b --n 5\n"),
    ],
)
def test_options_stand_at_the_end_of_a_command(path: str, text: str, command: str, after: str) -> None:
    source = Source(path, text)
    start = text.index(command)
    options = Options(source.span(start, start + len(command)), "b", ("--n", "5"))
    assert made(text, options, path=path) == after


@pytest.mark.parametrize(
    ("path", "text", "command"),
    [
        ("x.sh", "exec a b | tee log", "b"),
        ("x.sh", "exec a b  # the server", "b"),
        ("x.sh", 'sh -c "exec a b"', "b"),
        ("x.sh", "exec a b && c", "b"),
        ("Dockerfile", 'CMD ["sh", "-c", "a b; c"]', 'CMD ["sh", "-c", "a b; c"]'),
        ("Dockerfile", "CMD a b > log", "CMD a b > log"),
        ("x.yaml", "c: {{ .Values.x }} b", "{{ .Values.x }} b"),
    ],
)
def test_options_are_refused_where_the_end_of_the_command_is_not_sure(path: str, text: str, command: str) -> None:
    source = Source(path, text)
    start = text.rindex(command)
    with pytest.raises(Refused):
        made(text, Options(source.span(start, start + len(command)), "b", ("--n", "5")), path=path)
