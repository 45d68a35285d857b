"""Repairs of random documents with a fault: nothing but the fault changes, and a second run finds nothing to do."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from k8slint.fix.compare import demand_little
from k8slint.fix.edits import applied, edits
from k8slint.fix.refusal import Refused
from k8slint.models.dockerfile import parse_dockerfile
from k8slint.models.dockerfile_instructions import read_instructions
from k8slint.models.manifest import objects
from k8slint.models.source import Source
from k8slint.models.yaml import Node, YamlMapping, YamlSequence, load_documents
from k8slint.repair import (
    Change,
    CountFromEnvironment,
    ExecForm,
    Field,
    ImageInit,
    ImageUser,
    ImageVariable,
    Item,
    Level,
    Repair,
    Safety,
    StopEvent,
)

EXAMPLES = int(os.environ.get("K8SLINT_RANDOM_DOCUMENTS", "300"))
SOME = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)

ENDS = st.sampled_from(["\n", "\r\n"])
COMMENTS = st.sampled_from(["", "# why: {a} 'b' \"c\"", "  # deeper", "#", " "])
INSTRUCTIONS = st.sampled_from(
    [
        "RUN pip install flask",
        "RUN a && \\\n    # in between\n    b \\\n    && c",
        "ENV A=1",
        "ENV A=\"x y\" B=2 \\\n    C='3'",
        "ENV A 1",
        "WORKDIR /app",
        "COPY . .",
        "RUN <<EOF\necho CMD\nEOF",
        "LABEL a=b",
        'HEALTHCHECK CMD ["true"]',
    ]
)
WORDS = st.text(st.sampled_from("abcxyz-_./:=0123456789$\"' &|;é"), min_size=1, max_size=30)
SCALARS = st.sampled_from(
    [
        "1",
        "'one'",
        '"t\\two"',
        "|\n{i}  a\n\n{i}   b",
        ">-\n{i}  folded\n{i}  text",
        "{}",
        "[]",
        "[a, {b: c}]",
        "plain # why",
    ]
)
KEYS = ("tty", "stdin", "workingDir", "imagePullPolicy", "terminationMessagePath")


def repaired(text: str, change: Change, path: str) -> str | None:
    """The text afterwards, None where the edit is refused."""
    source = Source(path, text)
    try:
        made = applied(source, edits(Repair("change it", Safety.SAFE, (change,)), lambda _: source))
        demand_little(source, Source(path, made), [change])
    except Refused:
        return None
    return made


@SOME
@given(st.lists(st.tuples(COMMENTS, INSTRUCTIONS), max_size=6), WORDS, ENDS, st.booleans())
def test_a_dockerfile_keeps_everything_else(lines: list[tuple[str, str]], words: str, end: str, final: bool) -> None:
    body = "\n".join(line for pair in [*lines, ("", f"CMD {words}")] for line in pair)
    text = f"FROM python:3.12\n{body}{chr(10) if final else ''}".replace("\n", end)
    source = Source("Dockerfile", text)
    before = read_instructions(source).instructions
    stage = parse_dockerfile(source).final
    place = stage.from_.location
    for change in (
        ExecForm(before[-1].location),
        ImageVariable(place, "NEW", "1"),
        ImageUser(place, 10001),
        ImageInit(place, "apk"),
    ):
        made = repaired(text, change, "Dockerfile")
        if made is None:
            continue
        after = read_instructions(Source("Dockerfile", made)).instructions
        old, new = ([(one.keyword, one.value) for one in some] for some in (before, after))
        if isinstance(change, ExecForm):
            assert old[:-1] == new[:-1]
            at = [at for at in range(len(after[-1].value)) if after[-1].value.startswith("exec ", at)]
            written = [after[-1].value[:start] + after[-1].value[start + 5 :] for start in at]
            assert after[-1].argv is not None or before[-1].value in written
        elif isinstance(change, ImageUser):
            assert [one for one in new if one[1] not in ("10001", "useradd --uid 10001 --create-home app")] == old
        elif isinstance(change, ImageInit):
            assert [one for one in new if "tini" not in one[1]] == old
            assert parse_dockerfile(Source("Dockerfile", made)).final.entrypoint is not None
        else:
            assert parse_dockerfile(Source("Dockerfile", made)).final.env["NEW"].value.value == "1"
            assert len(new) - len(old) in (0, 1)
        assert made.count("\r\n") in (0, made.count("\n"))
        assert sorted(text.replace("\r", "").split()) != sorted(made.replace("\r", "").split())


@SOME
@given(st.lists(st.tuples(COMMENTS, st.sampled_from(KEYS), SCALARS), max_size=5), ENDS, st.booleans(), st.booleans())
def test_a_manifest_keeps_everything_else(
    fields: list[tuple[str, str, str]], end: str, final: bool, deep: bool
) -> None:
    indent = " " * (10 if deep else 8)
    unique = {key: (comment, value) for comment, key, value in fields}
    lines = [
        line
        for key, (comment, value) in unique.items()
        for line in (comment, f"{indent}{key}: {value.replace('{i}', indent)}")
    ]
    dash = " " * (8 if deep else 6)
    top = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: shop\n"
    head = f"{top}spec:\n  template:\n    spec:\n      containers:\n"
    body = "\n".join([f"{dash}- name: shop", *lines])
    text = f"{head}{body}{chr(10) if final else ''}".replace("\n", end)
    found, notices = objects(Source("a.yaml", text))
    if notices or len(found) != 1 or not found[0].pods or not found[0].pods[0].containers:
        return
    place = found[0].pods[0].containers[0].location
    changes: tuple[Change, ...] = (
        Field(place, Level.POD, ("terminationGracePeriodSeconds",), "60"),
        Field(place, Level.OBJECT, ("spec", "strategy", "type"), "Recreate"),
        Field(place, Level.CONTAINER, ("lifecycle", "preStop", "sleep", "seconds"), "5"),
        Item(place, Level.CONTAINER, ("env",), ('name: A\nvalue: "1"', "name: B")),
    )
    for change in changes:
        made = repaired(text, change, "a.yaml")
        if made is None:
            continue
        again = objects(Source("a.yaml", made))[0][0]
        level = {Level.OBJECT: again.root, Level.POD: again.pods[0].spec}
        node = level.get(change.level, again.pods[0].containers[0].node)  # type: ignore[union-attr]
        assert node.get(*change.route) is not None  # type: ignore[union-attr]
        kept = [
            line for line in made.split("\n") if line.rstrip("\r") in {one.rstrip("\r") for one in text.split("\n")}
        ]
        assert [line.rstrip("\r") for line in text.split("\n")] == [line.rstrip("\r") for line in kept]
        assert made.count("\r\n") in (0, made.count("\n"))


STATEMENTS = st.sampled_from(
    [
        "x = [1,\n  2]  # two",
        "# only a comment",
        "",
        "def f(a, *, b=1):\n    return a  # é",
        "class C:\n    stopped = 1\n\n    def main(self): pass",
        "text = '''\nwhile True:\n    time.sleep(1)\n'''",
        "import json; import sys",
        "if x: y = 1\nelse: y = 2",
        "from a import (\n    b,\n    c,\n)",
        "import signal",
        "try:\n    import threading\nexcept ImportError: pass",
        "@d\nasync def g(): await h()",
        "x = f'{time.time()!r:>{10}}'",
    ]
)
LEVEL = st.sampled_from(
    ["work()", "time.sleep(2)", "x = time.sleep", "if x: time.sleep(3)", "# in between", "f(stop=1)"]
)


@SOME
@given(
    st.lists(STATEMENTS, max_size=5), st.lists(STATEMENTS, max_size=5), st.lists(LEVEL, max_size=4), ENDS, st.booleans()
)
def test_a_program_keeps_everything_else(
    above: list[str], between: list[str], body: list[str], end: str, inside: bool
) -> None:
    lines = ["while True:  # for ever", *(f"    {one}" for one in [*body, "time.sleep(1)"])]
    if inside:
        lines = ["def main():", *(f"    {one}" for one in lines), "main()"]
    text = "\n".join([*above, "import time", *between, *lines, "pool = Pool(os.cpu_count())", ""]).replace("\n", end)
    source = Source("app.py", text)
    loop = text.rindex("while True:  #")
    made = repaired(text, StopEvent(source.span(loop, loop + 5)), "app.py")
    if made is not None:
        assert _statements(made, "stop.wait", "not stop.is_set()") == _statements(text)
        assert len(made.split("\n")) - len(text.split("\n")) in (2, 3, 4)
    text = f"import os{end}{text}"
    source = Source("app.py", text)
    count = text.rindex("os.cpu")
    made = repaired(text, CountFromEnvironment(source.span(count, count + 14), "N"), "app.py")
    assert made == text.replace("os.cpu_count()", 'int(os.environ.get("N", "1"))')


def _statements(text: str, wait: str = "time.sleep", test: str = "True") -> list[str]:
    """The lines that a program has but for those that a handler brings, with what it changes changed back."""
    back = text.replace("\r\n", "\n").replace(wait, "time.sleep").replace(f"while {test}:  #", "while True:  #")
    new = ("import signal", "import threading", "stop = threading.Event()", "signal.signal(signal.SIGTERM, lambda")
    return [line for line in back.split("\n") if not line.strip().startswith(new)]


# A part of a container in a chart, and what it becomes with and without its value.
PARTS = st.sampled_from(
    [
        ("{i}{k}: 1", "{i}{k}: 1", "{i}{k}: 1"),
        ("{i}{k}: {{{{ .a }}}}", "{i}{k}: a", "{i}{k}: b"),
        ("{i}{k}: {{{{- toYaml .a | nindent 14 }}}}", "{i}{k}:\n{i}  a: 1", "{i}{k}:\n{i}  b: 1"),
        ("{i}{k}:\n{i}  {{{{- toYaml .a | nindent 12 }}}}", "{i}{k}:\n{i}  a: 1", "{i}{k}:\n{i}  {{}}"),
        ("{i}{k}:\n{{{{ toYaml .a | indent 12 }}}}", "{i}{k}:\n{i}  a: 1", "{i}{k}:\n{i}  {{}}"),
        ("{i}{{{{- if .a }}}}\n{i}{k}: 1\n{i}{{{{- end }}}}", "{i}{k}: 1", ""),
        ("{i}{{{{- if .a }}}}\n{i}{k}: 1\n{i}{{{{- else }}}}\n{i}{k}: 2\n{i}{{{{- end }}}}", "{i}{k}: 1", "{i}{k}: 2"),
        (
            "{i}{{{{- with .a }}}}\n{i}{k}:\n{i}  {{{{- toYaml . | nindent 12 }}}}\n{i}{{{{- end }}}}",
            "{i}{k}:\n{i}  - a",
            "",
        ),
        (
            "{i}{k}:\n{i}  {{{{- if .a }}}}\n{i}  b: 1\n{i}  {{{{- end }}}}\n{i}  c: 1",
            "{i}{k}:\n{i}  b: 1\n{i}  c: 1",
            "{i}{k}:\n{i}  c: 1",
        ),
        ("{i}{{{{- toYaml .a | nindent 10 }}}}", "{i}{k}: 1", ""),
        ("{i}{k}:\n{i}  {{{{- include (list\n .a) | nindent 12 }}}}", "{i}{k}:\n{i}  a: 1", "{i}{k}:\n{i}  {{}}"),
        ("{i}{{{{- if and .a\n .b }}}}\n{i}{k}: 1\n{i}{{{{- end }}}}", "{i}{k}: 1", ""),
        ("{i}{{{{- if .a }}}}\n{i}tty: false\n{i}{{{{- end }}}}", "{i}tty: false", ""),
        ("{i}# {k}: {{{{ .a }}}}", "", ""),
        ("", "", ""),
    ]
)  # fmt: skip


@SOME
@given(st.lists(PARTS, max_size=6), ENDS)
def test_a_chart_renders_to_what_it_did_and_the_field(parts: list[tuple[str, str, str]], end: str) -> None:
    indent = " " * 10
    named = [(part, {"i": indent, "k": f"key{at}"}) for at, part in enumerate(parts)]
    written = [tuple(one.format(**names).replace("\n", end) for one in part) for part, names in named]
    spec = "spec:\n      restartPolicy: Always\n      containers:\n        - name: shop"
    head = f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: shop\n{spec}"
    text = end.join([head.replace("\n", end), *(one[0] for one in written), ""])
    source = Source("a.yaml", text)
    name = text.index("shop", text.index("containers"))
    place = source.span(name, name + 4)
    for change in (
        Field(place, Level.CONTAINER, ("tty",), "true"),
        Field(place, Level.POD, ("terminationGracePeriodSeconds",), "60"),
    ):
        made = repaired(text, change, "a.yaml")
        if made is None:
            continue
        for value in (1, 2):
            before, after = text, made
            for part in written:
                before = before.replace(part[0] + end, part[value] + end, 1)
                assert part[0] + end in after
                after = after.replace(part[0] + end, part[value] + end, 1)
            old, new = (load_documents(Source("a.yaml", one))[0][0].root for one in (before, after))
            expected = _plain(old)
            pod = expected["spec"]
            (pod["containers"][0] if change.level is Level.CONTAINER else pod)[change.route[0]] = change.value
            assert _plain(new) == expected


def _plain(node: Node) -> Any:
    if isinstance(node, YamlMapping):
        return {key: _plain(value) for key, value in node.items()}
    return [_plain(one) for one in node.items] if isinstance(node, YamlSequence) else node.text
