"""YAML text to documents with positions."""

from __future__ import annotations

import sys
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8slint.location import Notice, NoticeLevel
from k8slint.models.source import Source, decode
from k8slint.models.yaml import (
    Document,
    Node,
    Scalar,
    YamlMapping,
    YamlSequence,
    as_bool,
    as_int,
    is_null,
    is_template,
    load_documents,
    strings,
    text,
)


@pytest.fixture(params=["libyaml", "ruamel"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both parsers: what they read must be the same to the column."""
    if request.param == "ruamel":
        monkeypatch.setitem(sys.modules, "_ruamel_yaml", None)


def load(content: str) -> list[Document]:
    documents, notices = load_documents(Source("a.yaml", content))
    assert notices == []
    return documents


def root(content: str) -> YamlMapping:
    found = load(content)[0].root
    assert isinstance(found, YamlMapping)
    return found


def notices(content: str) -> list[Notice]:
    return load_documents(Source("a.yaml", content))[1]


def at(node: Node | None) -> tuple[int, int, int, int]:
    assert node is not None
    place = node.location
    return place.line, place.column, place.end_line, place.end_column


def scalar(node: Node | None) -> Scalar:
    assert isinstance(node, Scalar)
    return node


class TestPositions:
    pytestmark = pytest.mark.usefixtures("parser")

    def test_keys_values_and_items_count_from_one(self) -> None:
        found = root("a: one\nlist:\n  - x\n  - key: 'two'\n")
        assert at(found) == (1, 1, 4, 15)
        assert at(found.get("a")) == (1, 4, 1, 7)
        assert at(found.get("list")) == (3, 3, 4, 15)
        assert at(found.get("list", 0)) == (3, 5, 3, 6)
        assert at(found.get("list", 1)) == (4, 5, 4, 15)
        assert at(found.get("list", 1, "key")) == (4, 10, 4, 15)
        entry = found.entry("list")
        assert entry is not None
        assert at(entry.key) == (2, 1, 2, 5)

    def test_flow_style(self) -> None:
        found = root('command: [python, "-u", {a: b}]\n')
        assert at(found.get("command")) == (1, 10, 1, 32)
        assert at(found.get("command", 1)) == (1, 19, 1, 23)
        assert at(found.get("command", 2)) == (1, 25, 1, 31)
        assert at(found.get("command", 2, "a")) == (1, 29, 1, 30)

    def test_columns_are_characters_not_bytes(self) -> None:
        assert at(root("'é😀': [ü, x]\n").get("é😀", 1)) == (1, 11, 1, 12)

    def test_byte_order_mark_and_windows_line_ends(self) -> None:
        documents, _ = load_documents(decode("a.yaml", b"\xef\xbb\xbfa: 1\r\nb: two\r\n---\r\nc: 3\r\n"))
        assert [document.line for document in documents] == [1, 4]
        first = documents[0].root
        assert isinstance(first, YamlMapping)
        assert at(first.get("b")) == (2, 4, 2, 7)
        assert text(first.get("b")) == "two"

    def test_second_document(self) -> None:
        first, second = load("a: 1\n---\n# note\nb: 2\n")
        assert (first.line, second.line, second.end_line) == (1, 4, 4)
        assert isinstance(second.root, YamlMapping)
        assert at(second.root.get("b")) == (4, 4, 4, 5)

    def test_anchor_and_tag_are_not_the_value(self) -> None:
        found = root("a: &x !!str 12\nb: &y # note\n  c: 1\n")
        assert at(found.get("a")) == (1, 13, 1, 15)
        assert at(found.get("b")) == (3, 3, 3, 7)

    def test_null_is_behind_its_colon(self) -> None:
        found = root("a:\n  b:\n\n# end\nc: 1\n")
        assert at(found.get("a", "b")) == (2, 5, 2, 5)

    def test_a_literal_block_maps_each_line_of_its_text(self) -> None:
        found = scalar(root("run: |-\n\n  cd /app\n    exec python\n").get("run"))
        assert found.text == "\ncd /app\n  exec python"
        assert at(found) == (1, 6, 4, 16)
        assert (found.content_line, found.content_column) == (2, 3)
        last = list(found.line_locations())[2]
        assert (last.line, last.column, last.end_column) == (4, 3, 16)

    def test_a_folded_block_begins_at_its_indicator(self) -> None:
        found = scalar(root("run: >\n    a\n    b\n").get("run"))
        assert (found.text, found.style) == ("a b\n", "folded")
        assert (found.content_line, found.content_column) == (2, 5)
        assert set(found.line_locations()) == {found.location}

    def test_json(self) -> None:
        found = root('{\n\t"a": {"b":[1,true]},\n\t"c": "d\\u0041"\n}\n')
        assert at(found.get("a", "b", 1)) == (2, 15, 2, 19)
        assert text(found.get("c")) == "dA"

    def test_one_character_in_two_escapes(self) -> None:
        found = root('{"a": "\\ud83d\\ude00", "b": "\\ud83d"}')
        assert (text(found.get("a")), text(found.get("b"))) == ("😀", "\ufffd")


class TestStructure:
    pytestmark = pytest.mark.usefixtures("parser")

    def test_an_alias_is_the_node_it_stands_for(self) -> None:
        found = root("a: &x {k: 1}\nb: *x\n")
        assert found.get("b") is found.get("a")

    def test_own_keys_win_over_merged_ones_and_earlier_maps_over_later(self) -> None:
        found = root("x: &x {p: 1, q: 2}\ny: &y {q: 3, r: 4}\nz:\n  <<: [*x, *y]\n  p: 0\n")
        merged = found.get("z")
        assert isinstance(merged, YamlMapping)
        assert {key: text(value) for key, value in merged.items()} == {"p": "0", "q": "2", "r": "4"}

    def test_the_last_of_two_equal_keys_counts_and_is_noted(self) -> None:
        documents, found = load_documents(Source("a.yaml", "a: 1\nb: 2\na: 3\n"))
        assert isinstance(documents[0].root, YamlMapping)
        assert text(documents[0].root.get("a")) == "3"
        assert [(one.level, one.location.line, one.location.column) for one in found] == [(NoticeLevel.NOTE, 3, 1)]
        assert "line 1" in found[0].message

    def test_directives_comments_and_empty_documents_are_no_documents(self) -> None:
        assert len(load("%YAML 1.1\n# note\n---\na: 1\n---\n---\n# end\n")) == 1

    def test_a_stream_of_json_documents(self) -> None:
        assert [document.line for document in load('{"a": 1}\n{"b": 2}\n')] == [1, 2]

    def test_a_colon_inside_a_flow_scalar(self) -> None:
        assert strings(root("a: [nginx:1.25, '::1']\n").get("a")) == ("nginx:1.25", "::1")


class TestBroken:
    pytestmark = pytest.mark.usefixtures("parser")

    def test_a_broken_document_does_not_lose_the_others(self) -> None:
        documents, found = load_documents(Source("a.yaml", "a: 1\n---\nimage: app: latest\n---\nb: 2\n"))
        assert [document.line for document in documents] == [1, 5]
        assert [one.level for one in found] == [NoticeLevel.ERROR]
        assert str(found[0].location) == "a.yaml:3:1"
        assert found[0].message.startswith("cannot be read as YAML: line 3: mapping values are not allowed here")

    @pytest.mark.parametrize(
        ("content", "place", "words"),
        [
            ("a:\n\tb: 1\n", "a.yaml:2:2", "a tab where YAML wants spaces"),
            ("a: 'x\n", "a.yaml:2:1", "while scanning a quoted scalar that starts in line 1"),
            ("a: \x01\n", "a.yaml:1:1", r"the control character '\x01'"),
            ("a: 1\nb: *c\n", "a.yaml:2:1", "nothing before this has the anchor &c"),
            ("a: &a [*a]\n", "a.yaml:1:1", "anchor &a"),
        ],
    )
    def test_the_reason_names_the_line(self, content: str, place: str, words: str) -> None:
        (found,) = notices(content)
        assert str(found.location) == place
        assert words in found.message
        assert found.level is NoticeLevel.ERROR

    @pytest.mark.parametrize("nested", ["[", "{a: ", "- ", "? "])
    def test_deep_nesting_is_a_notice(self, nested: str) -> None:
        (found,) = notices("a:\n  " + nested * 100_000)
        assert "nested more than 100 deep" in found.message

    def test_aliases_cannot_make_a_document_explode_or_deep(self) -> None:
        bomb = "a0: &a0 [x]\n" + "".join(f"a{n + 1}: &a{n + 1} [*a{n}, *a{n}]\n" for n in range(60))
        assert "counting what aliases stand for" in notices(bomb)[0].message
        long = f"a: &a {'x' * 100_000}\nb: [{'*a, ' * 1000}]\n"
        assert "counting what aliases stand for" in notices(long)[0].message
        chain = "a0: &a0 [x]\n" + "".join(f"a{n + 1}: &a{n + 1} [*a{n}]\n" for n in range(200))
        assert "nested more than 100 deep through aliases" in notices(chain)[0].message

    def test_long_runs_of_comments_and_openers(self) -> None:
        assert notices("# # " * 50_000 + "\n---\na: 1\n") == []
        assert notices("a: 1 #" + "{{ {% <% {# %% @a" * 20_000) == []

    @pytest.mark.parametrize("escape", ["U99999999", "U00110000", "x"])
    def test_escapes_that_are_no_character(self, escape: str) -> None:
        (found,) = notices(f'a: "\\{escape}"\n')
        assert (found.level, found.location.line) == (NoticeLevel.ERROR, 1)

    def test_directives_without_end(self) -> None:
        assert "lines begin with '%'" in notices("a: 1\n" + "%TAG !x! y\n" * 30)[0].message


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(
    st.lists(st.sampled_from([*"{}[]:,&*!|>'\"%@#-? \n\t\r\0é\ue000a", "{{ x }}", "---\n", "<<: *a", "&a ", "\ud800"]))
)
def test_any_text_is_read_or_noted(parts: list[str]) -> None:
    source = Source("a.yaml", "a: 1\n" + "".join(parts))
    documents, found = load_documents(source)
    assert documents or found
    for place in [document.root.location for document in documents] + [notice.location for notice in found]:
        assert 1 <= place.line <= place.end_line <= source.line_count


class TestTemplates:
    pytestmark = pytest.mark.usefixtures("parser")

    def test_expressions_as_values(self) -> None:
        content = dedent("""\
            name: {{ .Values.name | quote }}
            image: {{ .Values.image }}:v1
            size: "{{ .Values.size }}"
            other: plain
            jinja: {% raw %}x{% endraw %}
            """)
        (document,) = load(content)
        assert document.templated
        assert isinstance(document.root, YamlMapping)
        name, image, size, other, jinja = (scalar(value) for _, value in document.root.items())
        assert (name.text, name.style, at(name)) == ("{{ .Values.name | quote }}", "template", (1, 7, 1, 33))
        assert (image.text, image.style) == ("{{ .Values.image }}:v1", "template")
        assert (size.text, size.style) == ("{{ .Values.size }}", "double")
        assert (other.text, other.style) == ("plain", "plain")
        assert jinja.text == "{% raw %}x{% endraw %}"

    def test_an_expression_of_several_lines(self) -> None:
        found = scalar(root("a: {{ .Values.x |\n  default }}\nb: 1\n").get("a"))
        assert (found.text, found.style) == ("{{ .Values.x |\n  default }}", "template")

    def test_a_missing_key_is_not_missing_where_a_template_may_bring_it(self) -> None:
        found = root("a: {{ x }}\nb:\n  {{ key }}: 1\nc: {d: 1}\n")
        assert text(found.get("a", "limits", "cpu")) == "{{ x }}"
        assert text(found.get("b", "limits")) == "{{ key }}"
        assert found.get("c", "limits") is None
        assert found.get("c", "d", "limits") is None

    @pytest.mark.parametrize(
        ("content", "kind", "line"),
        [
            ("a: 1\n{{- if .Values.b }}\nb: 2\n{{- end }}\n", "Helm template", 2),
            ("a:\n  {{- range .Values.b }}\n", "Helm template", 2),
            ('a:\n  b: 1\n{{ include "labels" . | indent 2 }}\n', "Helm template", 3),
            ("a: 1\n{% for x in y %}\nb: 2\n{% endfor %}\n", "Jinja template", 2),
            ("a: 1\n<% if x %>\nb: 2\n<% end %>\n", "template", 2),
        ],
    )
    def test_a_statement_between_the_lines_makes_the_document_a_template(
        self, content: str, kind: str, line: int
    ) -> None:
        documents, (found,) = load_documents(Source("a.yaml", content))
        assert documents == []
        assert found.level is NoticeLevel.NOTE
        assert found.message.startswith(f"{kind}: not read without rendering")
        assert found.location.line in (line, line + 1)

    def test_statements_inside_a_block_are_text(self) -> None:
        found = scalar(root("message: |\n  {{ if x }}\n  a\n  {{ end }}\nb: 1\n").get("message"))
        assert found.text == "{{ if x }}\na\n{{ end }}\n"

    def test_an_error_that_no_expression_explains_is_an_error(self) -> None:
        (found,) = notices('a: "{{ inputs.x }}"\nb: c: d\n')
        assert found.level is NoticeLevel.ERROR

    def test_private_use_characters_stay(self) -> None:
        assert text(root("a: \ue000\ue001{{ x }}\n").get("a")) == "\ue000\ue001{{ x }}"


@pytest.mark.parametrize(
    "written",
    [
        "{{ x }}",
        "a-{% x %}",
        "<%= x %>",
        "%%X%%",
        "__X__",
        "@X@",
        "$TAG",
        "app:${TAG}",
        "${A:-b}",
        "<your-registry>/app",
    ],
)
def test_values_that_are_filled_in_later(written: str) -> None:
    assert is_template(written)


@pytest.mark.parametrize("written", ["$(POD_IP)", "a@b.c", "100%", "__main__", "a < b", "$5", "{a}", "x__y__z"])
def test_values_that_are_not(written: str) -> None:
    assert not is_template(written)


def test_booleans_as_kubernetes_reads_them() -> None:
    found = root("l: [true, yes, On, y, false, No, off, 'true', 1, ~, maybe]").get("l")
    assert isinstance(found, YamlSequence)
    assert [as_bool(item) for item in found.items] == [True] * 4 + [False] * 3 + [None] * 4
    assert as_bool(None) is None


def test_integers_as_kubernetes_reads_them() -> None:
    found = root("l: [30, -1, 0x1F, 010, 0o10, 1_000, '30', 1.5, 1e3, 08, x, 0]").get("l")
    assert isinstance(found, YamlSequence)
    assert [as_int(item) for item in found.items] == [30, -1, 31, 8, 8, 1000, None, None, None, None, None, 0]
    assert as_int(scalar(root("a: " + "1" * 10_000).get("a"))) is None


def test_null_is_missing_empty_or_spelled_out() -> None:
    found = root("a:\nb: null\nc: ~\nd: ''\ne: 0\n")
    assert [is_null(found.get(key)) for key in "abcdef"] == [True, True, True, False, False, True]
    assert text(found.get("b")) is None
