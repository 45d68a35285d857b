"""Shell scripts: structure, words, positions, and what cannot be read."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8slint.location import Location, NoticeLevel
from k8slint.models import shell
from k8slint.models.shell import ShellScript, Word, parse_shell, parse_shell_text, split_words
from k8slint.models.source import Source


def script(text: str) -> ShellScript:
    return parse_shell(Source("run.sh", text))


def outline(statement: shell.Statement) -> str:
    """A statement on one line, with every structure spelled out."""
    if isinstance(statement, shell.SimpleCommand):
        parts = [f"{name}={word.template}" for name, word in statement.assignments]
        parts += [word.template for word in statement.words]
        return " ".join([*parts, ">"] if statement.redirected else parts)
    if isinstance(statement, shell.Sequence):
        return "{" + "; ".join(map(outline, statement.statements)) + "}"
    if isinstance(statement, shell.Pipeline):
        return "(" + " | ".join(map(outline, statement.commands)) + ")"
    if isinstance(statement, shell.AndOr):
        return f"({outline(statement.left)} {statement.operator} {outline(statement.right)})"
    if isinstance(statement, shell.Background):
        return f"({outline(statement.command)} &)"
    if isinstance(statement, shell.Negated):
        return f"(! {outline(statement.command)})"
    if isinstance(statement, shell.Subshell):
        return f"sub{outline(statement.body)}"
    if isinstance(statement, shell.If):
        text = " elif ".join(f"{outline(condition)} then {outline(body)}" for condition, body in statement.branches)
        return f"if {text}" + (f" else {outline(statement.otherwise)}" if statement.otherwise is not None else "")
    if isinstance(statement, shell.Case):
        arms = " ".join(f"{'|'.join(arm.patterns)}){outline(arm.body)}" for arm in statement.arms)
        return f"case {statement.subject.template} {arms}"
    if isinstance(statement, shell.Loop):
        condition = f" {outline(statement.condition)}" if statement.condition is not None else ""
        return f"{statement.keyword}{condition} do {outline(statement.body)}"
    return f"function {statement.name} {outline(statement.body)}"


def outlines(text: str) -> list[str]:
    return [outline(statement) for statement in script(text).body.statements]


def only_command(text: str) -> shell.SimpleCommand:
    (command,) = script(text).commands()
    return command


def only_word(text: str) -> Word:
    _, word = only_command(f"echo {text}").words
    return word


ENTRYPOINT = """\
#!/bin/sh -e
# starts the web server or a worker
wait_for_db() {
  until nc -z "$DB_HOST" 5432; do sleep 1; done
}

if [ -n "$DB_HOST" ]; then
  wait_for_db
fi

case "$1" in
  web|"my api")
    python manage.py migrate && exec gunicorn --bind=0.0.0.0:$PORT "app:main"
    ;;
  worker*) exec celery -A app worker ;;
  *) exec "$@" ;;  # anything else
esac
"""


def test_an_entry_script() -> None:
    parsed = script(ENTRYPOINT)
    assert [outline(statement) for statement in parsed.body.statements] == [
        "function wait_for_db {until nc -z $DB_HOST 5432 do {sleep 1}}",
        "if [ -n $DB_HOST ] then {wait_for_db}",
        "case $1 web|my api){(python manage.py migrate && exec gunicorn --bind=0.0.0.0:$PORT app:main)}"
        " worker*){exec celery -A app worker} *){exec $@}",
    ]
    assert parsed.path == "run.sh"
    assert parsed.shebang == ("/bin/sh", "-e")
    assert parsed.comments == ((2, "# starts the web server or a worker"), (16, "# anything else"))
    assert list(parsed.functions) == ["wait_for_db"]
    assert parsed.notices == ()


def test_commands_come_in_the_order_of_the_text_from_everywhere() -> None:
    programs = [command.words[0].literal for command in script(ENTRYPOINT).commands()]
    assert programs == ["nc", "sleep", "[", "wait_for_db", "python", "exec", "exec", "exec"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a; b\nc", ["a", "b", "c"]),
        ("a && b || c", ["((a && b) || c)"]),
        ("a | b && c", ["((a | b) && c)"]),
        ("a |& b | c", ["(a | b | c)"]),
        ("! a | b", ["(! (a | b))"]),
        ("a && b &\nwait", ["((a && b) &)", "wait"]),
        ("a & b &", ["(a &)", "(b &)"]),
        ("(a; b) && c", ["(sub{a; b} && c)"]),
        ("{ a; b & } > log", ["{a; (b &)}"]),
        ("f() { a; }", ["function f {a}"]),
        ("function f { a; }", ["function f {a}"]),
        ("f() ( a )", ["function f {sub{a}}"]),
        ("f() { if a; then b; fi }", ["function f {if a then {b}}"]),
        ("if a; then \\\n  if b; then c; fi \\\nfi && d", ["(if a then {if b then {c}} && d)"]),
        (
            "if a; b && c; then d; elif ! e; then f; else g; h & fi",
            ["if {a; (b && c)} then {d} elif (! e) then {f} else {g; (h &)}"],
        ),
        ("while true; do a & wait; done", ["while true do {(a &); wait}"]),
        ("for x in *.sql; do a $x; done | b", ["(for do {a $x} | b)"]),
        ("for ((i=0; i<3; i++)); do a; done", ["for do {a}"]),
        ("select x in a b; do c; done", ["select do {c}"]),
        ("while read l; do a; done < list", ["while read l do {a}"]),
        ("case $1 in (-*|'a b') a;; [Yy]*) ;; esac", ["case $1 -*|a b){a} [Yy]*){}"]),
        ("a && \\\n  b && # why\n  c", ["((a && b) && c)"]),
        ("trap 'kill -TERM \"$pid\"' TERM", ['trap kill -TERM "$pid" TERM']),
        ("> log", [">"]),
        ("", []),
    ],
)
def test_structure(text: str, expected: list[str]) -> None:
    assert outlines(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a && b > log 2>&1", ["(a && b >)"]),
        ("a && b 2>&1 | c", ["(a && (b > | c))"]),
        ("a 2>&1 | b && c", ["((a > | b) && c)"]),
        ("exec a <<< $x", ["exec a >"]),
        ("python 2>&1 app.py > log --debug", ["python app.py --debug >"]),
        ("> log exec a", ["exec a >"]),
        ("exec 3>&- a", ["exec a >"]),
        ("cat <<EOF\na && $(b)\nEOF\nexec c", ["cat >", "exec c"]),
        ("cat <<-'EOF' > f && exec a\n\tx\n\tEOF\nb", ["(cat > && exec a)", "b"]),
        ("python - <<EOF a b\nx\nEOF\nexec c", ["python - a b >", "exec c"]),
        ("cat <<EOF | a | b || c\nx\nEOF\nd", ["((cat > | a | b) || c)", "d"]),
    ],
)
def test_a_redirection_belongs_to_the_command_before_it(text: str, expected: list[str]) -> None:
    assert outlines(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=b", ["A=b"]),
        ('A=1 B="x y" python app.py', ["A=1 B=x y python app.py"]),
        ("A=1 B=2\npython app.py && b", ["A=1 B=2", "(python app.py && b)"]),
        ("A=1 B=2 \\\n  python app.py", ["A=1 B=2 python app.py"]),
        ("export A=b C", ["A=b export C"]),
        (
            "readonly A=$(b); local -r c=d; declare -A m=([a]=b)",
            ["A=$(b) readonly", "c=d local -r", "m=([a]=b) declare -A"],
        ),
        ("PATH+=:/opt", ["PATH=${PATH}:/opt"]),
        ('args+=("$1")', ['args=${args}("$1")']),
        ("unset A B", ["unset A B"]),
    ],
)
def test_assignments(text: str, expected: list[str]) -> None:
    assert outlines(text) == expected


def test_an_assigned_value_is_literal_only_when_it_is_known() -> None:
    commands = script("A= B='x y' C=$D E=(a b) F+=g").commands()
    assert {name: word.literal for command in commands for name, word in command.assignments} == {
        "A": "",
        "B": "x y",
        "C": None,
        "E": None,
        "F": None,
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[ ! -f ~/x ]", ["[", "!", "-f", "~/x", "]"]),
        ('[ "$A" = b -a -z "$c" ]', ["[", "$A", "=", "b", "-a", "-z", "$c", "]"]),
        ("[[ $# -gt 0 && (-z $a) ]]", ["[[", "$#", "-gt", "0", "&&", "(", "-z", "$a", ")", "]]"]),
        ("[[ $b =~ ^x.*$ ]]", ["[[", "$b", "=~", "^x.*$", "]]"]),
        ('test x"$A" != x', ["test", "x$A", "!=", "x"]),
        ("((i++))", ["((", "i++", "))"]),
    ],
)
def test_tests_are_commands(text: str, words: list[str]) -> None:
    assert [word.template for word in only_command(text).words] == words


@pytest.mark.parametrize(
    ("text", "literal", "template", "quoted"),
    [
        ("app:main", "app:main", "app:main", False),
        ('"app:main"', "app:main", "app:main", True),
        ("'$X'", "$X", "$X", True),
        ('"\\$X"', "$X", "$X", True),
        ('""', "", "", True),
        ("a'b'\"c\"\\ d", "abc d", "abc d", False),
        ("a\\\nb", "ab", "ab", False),
        ("$'a\\tb\\x41\\''", "a\tbA'", "a\tbA'", True),
        ('$"text"', "text", "text", True),
        ("[::]:80", "[::]:80", "[::]:80", False),
        ("*.py", "*.py", "*.py", False),
        ("{}", "{}", "{}", False),
        ('\'{"a": 1, "b": 2}\'', '{"a": 1, "b": 2}', '{"a": 1, "b": 2}', True),
        ("a#b", "a#b", "a#b", False),
        ('"$@"', None, "$@", True),
        ("--bind=0.0.0.0:$PORT", None, "--bind=0.0.0.0:$PORT", False),
        ('--workers="${N:-"4"}"', None, '--workers=${N:-"4"}', False),
        ('"${args[@]}"', None, "${args[@]}", True),
        ("$((1 + 2))", None, "$((1 + 2))", False),
        ("~/x", None, "~/x", False),
        ("{a,b}", None, "{a,b}", False),
        ("<(ls)", None, "<(ls)", False),
    ],
)
def test_words(text: str, literal: str | None, template: str, quoted: bool) -> None:
    word = only_word(text)
    assert (word.text, word.literal, word.template, word.quoted) == (text, literal, template, quoted)


@pytest.mark.parametrize(
    ("text", "substitutions"),
    [
        ('"v$(cat VERSION) $(date +"%F")"', ("cat VERSION", 'date +"%F"')),
        ("`hostname \\`a\\``", ("hostname `a`",)),
        ("${X:-$(nproc)}", ("nproc",)),
        ("$(a $(b))", ("a $(b)",)),
        ("'$(a)'", ()),
    ],
)
def test_commands_inside_words(text: str, substitutions: tuple[str, ...]) -> None:
    assert only_word(text).substitutions == substitutions


def test_positions_count_characters_not_bytes() -> None:
    text = "echo 'é😀' \"$X\"\n  exec gunicorn \\\n    --bind 0.0.0.0:$PORT 2>&1\n"
    first, second = script(text).commands()
    assert first.location == Location("run.sh", 1, 1, 1, 15)
    assert [word.location.column for word in first.words] == [1, 6, 11]
    assert second.location == Location("run.sh", 2, 3, 3, 30)
    assert second.words[2].location == Location("run.sh", 3, 5, 3, 11)
    assert second.words[3].location == Location("run.sh", 3, 12, 3, 25)


def test_positions_of_structures() -> None:
    first, second, third = script("a && b | c &\nif x; then\n  y\nfi > log\ncat <<E && ! z\nE\n").body.statements
    assert isinstance(first, shell.Background)
    assert first.location == Location("run.sh", 1, 1, 1, 13)
    assert isinstance(first.command, shell.AndOr)
    assert first.command.right.location == Location("run.sh", 1, 6, 1, 11)
    assert second.location == Location("run.sh", 2, 1, 4, 9)
    assert isinstance(third, shell.AndOr)
    assert third.left.location == Location("run.sh", 5, 1, 5, 8)
    assert third.right.location == Location("run.sh", 5, 12, 5, 15)


def test_windows_line_ends_are_no_part_of_words() -> None:
    parsed = script('#!/bin/sh\r\n# start\r\nif [ -f x ]; then\r\n  exec a \\\r\n    "$@"\r\nfi\r\n')
    assert [outline(statement) for statement in parsed.body.statements] == ["if [ -f x ] then {exec a $@}"]
    assert list(parsed.commands())[1].words[2].location == Location("run.sh", 5, 5, 5, 9)
    assert (parsed.shebang, parsed.comments) == (("/bin/sh",), ((2, "# start"),))


@pytest.mark.parametrize(
    ("first_line", "shebang"),
    [("#!/usr/bin/env bash", ("/usr/bin/env", "bash")), ("#! /bin/sh -e", ("/bin/sh", "-e")), ("echo", ())],
)
def test_shebang(first_line: str, shebang: tuple[str, ...]) -> None:
    assert script(f"{first_line}\n").shebang == shebang


def test_text_after_sh_c_has_the_place_that_it_is_given() -> None:
    at = Location("deploy.yaml", 9, 11, 12, 20)
    parsed = parse_shell_text("# note\nmigrate &&\n  exec app\n", at)
    assert {command.location for command in parsed.commands()} == {at}
    assert (parsed.path, parsed.comments, parsed.shebang) == ("deploy.yaml", (), ())

    lines = tuple(Location("deploy.yaml", line, 13, line, 30) for line in (10, 11))
    migrate, app = parse_shell_text("migrate &&\n  exec app; b\nc", at, lines).body.statements[:2]
    assert migrate.location == lines[0]
    assert isinstance(migrate, shell.AndOr)
    assert migrate.right.location == app.location == lines[1]
    assert parse_shell_text("a\nb\nc", at, lines).body.statements[2].location == at


def test_what_cannot_be_read_is_noted_and_the_rest_is_kept() -> None:
    parsed = script("migrate\n) x\nexec app\n")
    (notice,) = parsed.notices
    assert notice.level is NoticeLevel.NOTE
    assert (notice.location.line, notice.message.startswith("line 2 ")) == (2, True)
    assert {"migrate", "exec app"} <= set(map(outline, parsed.body.statements))


def test_a_fall_through_arm_is_noted() -> None:
    (notice,) = script("case $1 in\na) b ;&\nc) d ;;\nesac\n").notices
    assert notice.location == Location("run.sh", 2, 6, 2, 8)


def test_template_placeholders_are_words_that_nobody_knows() -> None:
    parsed = script("{{- if .x }}\nexec app --port={{ .port | quote }} '{{.ID}}' \"{{ .y }}\"\n{{- end }}\n{% raw %}\n")
    _, run, *_ = parsed.commands()
    assert [word.literal for word in run.words] == ["exec", "app", None, "{{.ID}}", None]
    assert run.words[2].template == "--port={{ .port | quote }}"
    assert len(parsed.body.statements) == 4


@pytest.mark.parametrize(
    "text",
    ["if a; then " * 3000 + "b; " + "fi; " * 3000, "a && " * 5000 + "b", "a | " * 5000 + "b", "cat <<A " * 5000],
)
def test_what_no_person_writes_is_noted_and_not_read(text: str) -> None:
    parsed = script(text)
    assert (parsed.body.statements, len(parsed.notices)) == ((), 1)


@pytest.mark.parametrize(
    "text",
    [
        "$(" * 5000,
        "(" * 5000,
        '"${x:-' * 5000,
        "{ " * 5000,
        "`" * 5001,
        "! " * 5000 + "a",
        "a\0b",
        "'",
        "<<",
        "\\",
        "{{" * 5000,
    ],
)
def test_odd_input_is_survived(text: str) -> None:
    assert script(text).source.text == text


def test_a_lone_surrogate_is_survived() -> None:
    assert only_word("'\ud800x' ").literal == "\ud800x"


def test_a_script_can_be_pickled() -> None:
    parsed = script(ENTRYPOINT + "a && " * 100 + "b\n" + "if a; then " * 30 + "b; " + "fi; " * 30)
    assert parsed.notices == ()
    assert pickle.loads(pickle.dumps(parsed)) == parsed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("gunicorn -b [::]:80 'my app:main' \"x y\"", ("gunicorn", "-b", "[::]:80", "my app:main", "x y")),
        ("  python -m app\n", ("python", "-m", "app")),
        ('celery --beat a\\ b ""', ("celery", "--beat", "a b", "")),
        ("a#b --x=~/c", ("a#b", "--x=~/c")),
        ("", ()),
    ],
)
def test_split_words(text: str, words: tuple[str, ...]) -> None:
    assert split_words(text) == words


@pytest.mark.parametrize(
    "text",
    [
        *("a $X", 'a "$X"', 'a "\\$X"', "a `b`", "a {b,c}", "a *.py", "a ~/b"),
        *("a | b", "a; b", "a & b", "a > b", "(a)", "a\nb", "a \\\nb", "a # b"),
        *("A=1 b", "! a", "if a", "a 'b"),
    ],
)
def test_shell_syntax_is_not_split(text: str) -> None:
    assert split_words(text) is None


@given(st.text(st.characters() | st.sampled_from("aé€😀\ud800"), max_size=30))
def test_bytes_are_counted_as_characters(text: str) -> None:
    offsets = [index for index, one in enumerate(text) for _ in one.encode("utf-8", "replace")]
    index = shell._character_index(text)
    assert [index(offset) for offset in range(len(offsets) + 1)] == [*offsets, len(text)]
