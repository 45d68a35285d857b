"""The Dockerfile model: instructions with exact positions, stages, expansion, and hostile input."""

from __future__ import annotations

import pickle
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8slint.fact import Fact
from k8slint.location import Location
from k8slint.models.dockerfile import Dockerfile, DockerfileError, Instruction, Stage, parse_dockerfile
from k8slint.models.source import Source, decode


def read(text: str) -> Dockerfile:
    return parse_dockerfile(Source("Dockerfile", dedent(text).lstrip("\n")))


def final(text: str) -> Stage:
    return read(text).final


def only(text: str) -> Instruction:
    """The single instruction behind FROM."""
    (instruction,) = final(text).instructions
    return instruction


def at(source: Source, place: Location) -> str:
    return source.text[source.offset(place.line, place.column) : source.offset(place.end_line, place.end_column)]


def keywords(stage: Stage) -> list[str]:
    return [instruction.keyword for instruction in stage.instructions]


def span(place: Location) -> str:
    return f"{place.line}:{place.column}-{place.end_line}:{place.end_column}"


def env(stage: Stage) -> dict[str, str]:
    return {name: shown(variable.value) for name, variable in stage.env.items()}


def shown(fact: Fact[str]) -> str:
    if fact.is_known:
        return fact.value
    return "absent" if fact.is_absent else f"? {fact.reason}"


class TestLines:
    """Which lines make an instruction, and where it stands."""

    def test_an_instruction_reaches_from_its_keyword_to_its_last_character(self) -> None:
        run = only("FROM a\n  run  echo 1 && \\\n    # why\n\n    echo 2   \n")
        assert (run.keyword, run.value) == ("RUN", "echo 1 &&     echo 2")
        assert span(run.location) == "2:3-5:11"
        assert span(run.value_location) == "2:8-5:11"
        assert span(run.part(run.value.index("echo 2"), len(run.value))) == "5:5-5:11"

    def test_flags_are_not_part_of_the_value(self) -> None:
        run = only("FROM a\nRUN --mount=type=cache,target=/x \\\n    --network=none \\\n    make\n")
        assert run.flags == (("mount", "type=cache,target=/x"), ("network", "none"))
        assert run.flag("network") == "none"
        assert run.flag("security") is None
        assert run.value == "make"
        assert span(run.value_location) == "4:5-4:9"

    def test_a_flag_of_the_program_stays_in_the_value(self) -> None:
        assert only("FROM a\nCMD --port 80\n").value == "--port 80"
        assert only("FROM a\nRUN make --jobs=2\n").flags == ()

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("FROM a\nRUN x && \\\n\n  y\nUSER u", ["RUN", "USER"]),
            ("FROM a\nRUN x \\", ["RUN"]),
            ("FROM a\nRUN x \\\n# the end", ["RUN"]),
            ("FROM a\nRUN echo c:\\\\\nUSER u", ["RUN", "USER"]),
            ("FROM a\nRUN\\\n echo hi\nUSER u", ["RUN", "USER"]),
            ("FROM a\nRUN x \\  \n  y\nUSER u", ["RUN", "USER"]),
            ("# check=skip=all\n# escape=`\nFROM a\nRUN x `\n USER\nUSER u", ["RUN", "USER"]),
            ("# a comment\n# escape=`\nFROM a\nRUN x `\nUSER u", ["RUN", "USER"]),
            ("# escape=`\nFROM a\nRUN dir c:\\\nUSER u", ["RUN", "USER"]),
            ("\ufeffFROM a\nUSER u", ["USER"]),
            ("FROM a\r\nRUN x \\\r\n  y\r\nUSER u\r\n", ["RUN", "USER"]),
            ("FROM a\nRUN a\fb\x85c\u2028d\nUSER u", ["RUN", "USER"]),
            ("FROM a\nENV\nLABEL\nUSER u", ["ENV", "LABEL", "USER"]),
            ("\\\nFROM a\nUSER u\n\\\n", ["USER"]),
        ],
    )
    def test_the_lines_of_an_instruction(self, text: str, expected: list[str]) -> None:
        dockerfile = parse_dockerfile(Source("Dockerfile", text))
        assert keywords(dockerfile.final) == expected
        for instruction in dockerfile.final.instructions:
            assert at(dockerfile.source, instruction.location).startswith(instruction.keyword)
        if expected[-1] == "USER":
            assert dockerfile.final.user.value == "u"

    def test_bytes_that_are_no_text_are_read_around(self) -> None:
        dockerfile = parse_dockerfile(decode("Dockerfile", b"FROM a\nENV A=\xff\nUSER u\n"))
        assert dockerfile.final.user.value == "u"

    def test_comments_are_kept_with_their_lines(self) -> None:
        dockerfile = read("# syntax=x\nFROM a\nRUN a \\\n  # inside\n  b\nRUN <<E\n# a script's\nE\n # last\n")
        assert dockerfile.comments == ((1, "# syntax=x"), (4, "# inside"), (9, "# last"))

    def test_lines_of_another_language_are_left_out_and_named(self) -> None:
        dockerfile = read("{% if x %}\nFROM a\nUSSER u\n{% endif %}\nCMD x\n")
        assert keywords(dockerfile.final) == ["CMD"]
        (notice,) = dockerfile.notices
        assert str(notice.location) == "Dockerfile:1:1"
        assert notice.message == "{% is not a Dockerfile instruction, nor are 2 further lines; left out"

    def test_without_from_it_is_no_dockerfile(self) -> None:
        for text in ("", "RUN x\n", "# FROM a\n", "\0\1\2"):
            with pytest.raises(DockerfileError, match="it has no FROM"):
                parse_dockerfile(Source("Dockerfile", text))


class TestHeredocs:
    def test_a_body_is_no_instruction(self) -> None:
        run, user = final("FROM a\nRUN <<EOF\napt-get update\nUSER root\nEOF\nUSER app\n").instructions
        assert run.heredocs == ("apt-get update\nUSER root\n",)
        assert run.value == "<<EOF"
        assert span(run.location) == "2:1-5:4"
        assert span(user.location) == "6:1-6:9"

    @pytest.mark.parametrize(
        ("text", "bodies"),
        [
            ('RUN <<-"EOF"\n\tx\n\tEOF', ("x\n",)),
            ("RUN cat <<A > /a && cat << 'B' > /b\n1\nB\nA\n2\nB", ("1\nB\n", "2\n")),
            ("RUN python3 - <<EOF && echo \\\n # comment\n  done\nprint(1)\nEOF", ("print(1)\n",)),
            ("RUN 3<<EOF cat /dev/fd/3\nx\nEOF", ("x\n",)),
            ("ONBUILD RUN <<EOF\nx\nEOF", ("x\n",)),
            ("RUN <<EOF\r\nx\r\nEOF\r", ("x\n",)),
            ("RUN <<EOF\nEOF", ("",)),
        ],
    )
    def test_forms(self, text: str, bodies: tuple[str, ...]) -> None:
        stage = final(f"FROM a\n{text}\nUSER u\n")
        assert len(stage.instructions) == 2
        assert stage.instructions[0].heredocs == bodies

    @pytest.mark.parametrize(
        "text",
        [
            "RUN x=$((1 << 2))",
            "RUN x=$((1<<EOF))",
            "RUN (( x = 1 << EOF ))",
            "RUN read x <<<EOF",
            "RUN read x <<< EOF",
            "RUN echo '<<EOF'",
            'RUN ["cat", "<<EOF"]',
            "CMD cat <<EOF",
        ],
    )
    def test_what_is_none(self, text: str) -> None:
        stage = final(f"FROM a\n{text}\nUSER u\nEOF\n")
        assert stage.instructions[0].heredocs == ()
        assert stage.user.value == "u"

    def test_one_that_never_ends_swallows_nothing(self) -> None:
        dockerfile = read("FROM a\nRUN cat <<EOF\nUSER u\n")
        assert dockerfile.final.user.value == "u"
        assert [str(notice.location) for notice in dockerfile.notices] == ["Dockerfile:2:1"]

    def test_a_file_of_copy_gets_its_variables(self) -> None:
        stage = final(
            r"""
            FROM a
            ENV PORT=80
            COPY <<EOF <<"RAW" /bin/
            exec serve --port $PORT "\$@" '${PORT}' $OTHER
            EOF
            $PORT
            RAW
            """
        )
        (copy,) = stage.copies
        assert copy.sources == ("<<EOF", '<<"RAW"')
        assert copy.destination == "/bin/"
        assert copy.content == ("exec serve --port 80 \"$@\" '80' $OTHER\n", "$PORT\n")
        assert stage.instructions[1].heredocs[0].endswith("\"\\$@\" '${PORT}' $OTHER\n")


class TestForms:
    @pytest.mark.parametrize(
        ("value", "argv"),
        [
            ('["a", "b c"]', ("a", "b c")),
            ('[ "a", \\\n  "b" ]', ("a", "b")),
            (r'["\u00e4\n"]', ("ä\n",)),
            ("[]", ()),
            ("['a', 'b']", None),
            ('["a"] # why', None),
            ('["a", 1]', None),
            ('["a",]', None),
            ('["a" "b"]', None),
            ('"a"', None),
            ("a b", None),
            ("[" * 5000, None),
        ],
    )
    def test_json_is_json_or_it_is_shell(self, value: str, argv: tuple[str, ...] | None) -> None:
        stage = final(f"FROM a\nCMD {value}\n")
        assert stage.cmd is not None
        assert stage.cmd.argv == stage.instructions[0].argv == argv
        assert stage.cmd.is_exec_form == (argv is not None)
        assert stage.cmd.text == ("" if argv is not None else value)

    def test_other_instructions_have_it_too(self) -> None:
        stage = final('FROM a\nHEALTHCHECK --interval=5s CMD ["x"]\nCOPY --chmod=755 ["a b", "/c"]\nRUN ["y"]\n')
        assert [instruction.argv for instruction in stage.instructions] == [("x",), ("a b", "/c"), ("y",)]
        assert stage.copies[0].sources == ("a b",)
        assert stage.healthcheck is stage.instructions[0]

    def test_a_lone_surrogate_does_not_leave_the_model(self) -> None:
        assert only('FROM a\nCMD ["\\ud800"]\n').argv == ("?",)

    def test_the_shell_of_a_command_is_the_one_in_effect_when_it_is_written(self) -> None:
        stage = final('FROM a\nENTRYPOINT x\nSHELL ["/bin/bash", "-ec"]\nCMD y\n')
        assert stage.entrypoint is not None
        assert stage.entrypoint.shell == ("/bin/sh", "-c")
        assert stage.cmd is not None
        assert stage.cmd.shell == ("/bin/bash", "-ec")


class TestFrom:
    def test_names_in_any_case(self) -> None:
        dockerfile = read("from --platform=$BUILDPLATFORM python:3.12 as Build\nFROM bUILD\n")
        build, last = dockerfile.stages
        assert (build.name, build.image.value) == ("build", "python:3.12")
        assert build.from_.flags == (("platform", "$BUILDPLATFORM"),)
        assert last.parent is build
        assert last.image.is_absent
        assert last.lineage == (build, last)
        assert last.base_image.value == "python:3.12"
        assert last.base_from is build.from_
        assert span(build.image.places[0].location) == "1:32-1:43"

    def test_targets(self) -> None:
        dockerfile = read("FROM a AS one\nFROM b\n")
        assert dockerfile.stage(None) is dockerfile.final is dockerfile.stages[1]
        assert dockerfile.stage("One") is dockerfile.stage("0") is dockerfile.stages[0]
        assert dockerfile.stage("two") is dockerfile.stage("2") is dockerfile.stage("²") is None

    def test_scratch_is_no_image(self) -> None:
        stage = final("FROM scratch\n")
        assert stage.image.is_absent
        assert stage.parent is None
        assert stage.base_image.value == "scratch"

    @pytest.mark.parametrize(
        ("text", "image"),
        [
            ("ARG TAG=3.12\nFROM python:$TAG", "python:3.12"),
            ("ARG TAG=3.12\nARG BASE=python:${TAG}-slim\nFROM $BASE", "python:3.12-slim"),
            ("FROM ${BASE:-python:3.12}", "python:3.12"),
            ("ARG SLIM\nFROM python:3.12${SLIM:+-slim}", "python:3.12"),
            ("ARG TAG\nFROM python:$TAG", "? TAG has no value in this file"),
            ("FROM python:$TAG", "? TAG has no value in this file"),
            ("ARG TAG=''\nFROM python:$TAG", "? 'python:' is not the name of an image"),
            ("FROM python-$TARGETARCH", "? TARGETARCH is set by the builder"),
            ("FROM %%IMAGE%%", "? a template fills it in"),
            ("FROM {{ image }} AS x", "? a template fills it in"),
            ("FROM python:@TAG@", "? a template fills it in"),
            ("ARG BASE={{x}}\nFROM $BASE", "? a template fills it in"),
            ("FROM python:3.12 # why", "? 'python:3.12 # why' is not the name of an image"),
            ("FROM", "? '' is not the name of an image"),
            ("FROM r.io:5000/a/b:1@sha256:0f", "r.io:5000/a/b:1@sha256:0f"),
        ],
    )
    def test_images(self, text: str, image: str) -> None:
        assert shown(final(text).image) == image

    def test_what_fills_a_variable_in_is_named(self) -> None:
        first, second = final("ARG TAG=3\nFROM python:$TAG\n").image.places
        assert (span(first.location), first.note) == ("2:6-2:17", "FROM")
        assert (span(second.location), second.note) == ("1:5-1:10", "ARG TAG")

    def test_a_name_that_may_be_a_stage_hides_what_is_inherited(self) -> None:
        text = "ARG MODE\nFROM a AS dev\nUSER app\nFROM {}\n"
        assert final(text.format("$MODE")).user.is_unknown
        assert final(text.format("registry/${MODE:?}")).user.is_absent


class TestExpansion:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("ENV X=a", "a"),
            ("ENV X='a b'", "a b"),
            ('ENV X="a b"c', "a bc"),
            (r"ENV X=a\ b", "a b"),
            (r"ENV X=\$A", "$A"),
            ("ENV X='$A'", "$A"),
            ("ENV A=1\nENV X=$A${A}", "11"),
            ("ENV A=1\nENV X=\"$A-'$A'\"", "1-'1'"),
            (r'ENV X="\a\"\$"', r'\a"$'),
            ("ENV X a  b", "a  b"),
            ("ENV X\ta=b", "a=b"),
            ("ENV A=1\nENV A=2 X=$A", "1"),
            ("ENV X=", ""),
            ("ENV A=\nENV X=${A:-d}", "d"),
            ("ENV A=\nENV X=${A-d}", ""),
            ("ENV A=1\nENV X=${A:+d}${B:-$A}", "? B may come from the base image"),
            ("ARG B\nENV A=1\nENV X=${A:+d}${B:-$A}", "d1"),
            ("ARG B\nENV X=$B", "? B has no value in this file"),
            ("ARG B=1\nENV X=$B", "1"),
            ("ARG GLOBAL\nENV X=$GLOBAL", "g"),
            ("ENV X=$GLOBAL", "? GLOBAL may come from the base image"),
            ("ARG TARGETARCH=amd64\nENV X=$TARGETARCH", "? TARGETARCH is set by the builder"),
            ("ENV X=/x:$PATH", "? PATH may come from the base image"),
            ("ENV A=1.2\nENV X=${A%.*}", "? a part of A is cut out"),
            ("ENV X='a", "? a quote is missing"),
            ("ENV X=${A", "? bad substitution"),
            ("ENV X=${}", "? bad substitution"),
            ("ENV X=" + "${A:-" * 50, "? it is nested too deeply"),
            ("ENV X=5$", "5$"),
            ("ENV X={{.Name}}", "? a template fills it in"),
        ],
    )
    def test_env(self, text: str, value: str) -> None:
        assert shown(final(f"ARG GLOBAL=g\nFROM a\n{text}\n").env["X"].value) == value

    def test_the_escape_character_of_the_file(self) -> None:
        assert env(final("# escape=`\nFROM a\nENV A=c:\\dir\\x B=`$A\n")) == {"A": "c:\\dir\\x", "B": "$A"}

    def test_every_variable_has_its_own_place(self) -> None:
        stage = final("FROM a\nENV A=1 \\\n    # why\n    B='2 3'\n")
        assert {name: span(variable.location) for name, variable in stage.env.items()} == {
            "A": "2:5-2:8",
            "B": "4:5-4:12",
        }

    def test_nothing_is_expanded_where_a_shell_does_it(self) -> None:
        stage = final("FROM a\nENV A=1\nRUN echo $A\nCMD echo $A\n")
        assert stage.runs[0].value == "echo $A"
        assert stage.cmd is not None
        assert stage.cmd.text == "echo $A"

    def test_doubling_stays_small(self) -> None:
        lines = "".join(f"ENV A{i}=$A{i - 1}$A{i - 1}\n" for i in range(1, 200))
        assert final(f"FROM a\nENV A0=x\n{lines}").env["A199"].value.is_unknown


class TestStages:
    def test_what_is_in_effect(self) -> None:
        stage = final(
            """
            FROM a
            ARG UID=1000
            USER root
            WORKDIR /srv
            WORKDIR app/../web
            USER ${UID}:0
            STOPSIGNAL SIGINT
            EXPOSE 80 443/tcp 53/udp 8000-8002 $PORT 1-65535
            HEALTHCHECK NONE
            """
        )
        assert stage.user.value == "1000:0"
        assert [span(place.location) for place in stage.user.places] == ["6:1-6:14", "2:5-2:13"]
        assert stage.workdir.value == "/srv/web"
        assert stage.stopsignal.value == "SIGINT"
        assert stage.exposed == (80, 443, 8000, 8001, 8002)
        assert stage.healthcheck is not None
        assert stage.healthcheck.value == "NONE"

    def test_what_is_not_set_is_absent_and_what_the_builder_sets_is_unknown(self) -> None:
        stage = final("FROM a\n")
        assert stage.user.is_absent and stage.workdir.is_absent and stage.stopsignal.is_absent
        assert (stage.entrypoint, stage.cmd, stage.healthcheck) == (None, None, None)
        assert final("FROM a\nARG U\nUSER $U\n").user.is_unknown
        assert final("FROM a\nWORKDIR app\n").workdir.is_unknown
        assert final("FROM scratch\nWORKDIR app\n").workdir.value == "/app"

    def test_a_stage_inherits_from_the_stage_it_is_built_on(self) -> None:
        stage = final(
            """
            FROM a AS base
            ARG V=1
            ENV A=1 B=1
            USER app
            WORKDIR /app
            SHELL ["/bin/bash", "-c"]
            RUN first
            COPY x .
            ENTRYPOINT ["tini", "--"]
            EXPOSE 80
            FROM base AS middle
            FROM middle
            ENV B=2 C=$A$V
            RUN second
            COPY y z/
            CMD serve
            """
        )
        assert env(stage) == {"A": "1", "B": "2", "C": "11"}
        assert (stage.user.value, stage.workdir.value, stage.exposed) == ("app", "/app", (80,))
        assert [run.value for run in stage.runs] == ["first", "second"]
        assert [(copy.sources, copy.destination) for copy in stage.copies] == [(("x",), "/app/"), (("y",), "/app/z/")]
        assert stage.entrypoint is not None
        assert stage.entrypoint.argv == ("tini", "--")
        assert stage.cmd is not None
        assert stage.cmd.shell == ("/bin/bash", "-c")
        assert keywords(stage) == ["ENV", "RUN", "COPY", "CMD"]
        assert [one.name for one in stage.lineage] == ["base", "middle", None]

    def test_another_image_starts_afresh(self) -> None:
        stage = final('FROM a AS base\nENV A=1\nUSER app\nSHELL ["bash", "-c"]\nFROM b\nCMD x\n')
        assert env(stage) == {}
        assert stage.user.is_absent
        assert stage.cmd is not None
        assert stage.cmd.shell == ("/bin/sh", "-c")

    def test_an_entrypoint_drops_the_inherited_cmd_but_not_the_own_one(self) -> None:
        base = 'FROM a AS base\nCMD ["old"]\nFROM base\n'
        assert final(base).cmd is not None
        assert final(base + 'ENTRYPOINT ["x"]\n').cmd is None
        assert final(base + "ENTRYPOINT []\n").cmd is None
        for text in ('CMD ["new"]\nENTRYPOINT ["x"]\n', 'ENTRYPOINT ["x"]\nCMD ["new"]\n'):
            command = final(base + text).cmd
            assert command is not None
            assert command.argv == ("new",)

    def test_onbuild_has_no_effect_here(self) -> None:
        stage = final("FROM a\nONBUILD USER app\nONBUILD RUN x\n")
        assert stage.user.is_absent
        assert stage.runs == ()
        assert [instruction.value for instruction in stage.instructions] == ["USER app", "RUN x"]

    @pytest.mark.parametrize(
        ("text", "copied"),
        [
            ("COPY a b /c", (("a", "b"), "/c", None)),
            ("COPY --from=Build --chown=1:1 /a ./b/", (("/a",), "/w/b/", "Build")),
            ("COPY --from=0 /a .", (("/a",), "/w/", "0")),
            ("ENV D=x\nCOPY $D/a ${D}/", (("x/a",), "/w/x/", None)),
            ("COPY $D/a $D", (("$D/a",), "$D", None)),
            ("ADD https://x/y /", (("https://x/y",), "/", None)),
            ("WORKDIR $D\nCOPY a b", (("a",), "b", None)),
        ],
    )
    def test_copies(self, text: str, copied: tuple[tuple[str, ...], str, str | None]) -> None:
        (copy,) = final(f"FROM a\nWORKDIR /w\n{text}\n").copies
        assert (copy.sources, copy.destination, copy.from_stage) == copied

    def test_without_a_workdir_a_destination_is_below_the_root(self) -> None:
        assert [copy.destination for copy in final("FROM a\nCOPY x y\nCOPY x .\n").copies] == ["/y", "/"]

    def test_arguments_before_the_first_from_are_kept(self) -> None:
        dockerfile = read("ARG A=1\nFROM a\nARG B\n")
        assert [argument.value for argument in dockerfile.arguments] == ["A=1"]

    def test_facts_can_be_stored_and_compared(self) -> None:
        dockerfile = read("FROM a AS s0\n" + "".join(f"FROM s{i} AS s{i + 1}\nENV A=1\n" for i in range(199)))
        again = pickle.loads(pickle.dumps(dockerfile))
        assert again == dockerfile
        assert {again.final} == {dockerfile.final}

    def test_nobody_writes_that_many_stages(self) -> None:
        with pytest.raises(DockerfileError, match="more than 200 stages"):
            read("FROM a AS s\n" + "FROM s AS s\n" * 200)


WORD = st.text("abc=$./-{}()'", min_size=1, max_size=6).filter(lambda word: not word.startswith("--"))
BETWEEN = st.sampled_from(["", "  ", "# a comment", "  # one with a tail \\", "\t"])


@st.composite
def instructions(draw: st.DrawFn) -> tuple[str, list[str], list[str]]:
    """Keyword, words, and the lines they are written on: each word on its own or not, with anything between."""
    keyword = draw(st.sampled_from(["RUN", "run", "Env", "LABEL", "CMD", "USER", "ONBUILD"]))
    words = draw(st.lists(WORD, min_size=1, max_size=5))
    lines = [draw(st.sampled_from(["", " ", "\t"])) + keyword]
    for word in words:
        if draw(st.booleans()):
            lines[-1] += draw(st.sampled_from(["\\", " \\", " \\  "]))
            lines.extend(draw(st.lists(BETWEEN, max_size=3)))
            lines.append(draw(st.sampled_from([" ", "    "])) + word)
        else:
            lines[-1] += " " + word
    return keyword, words, lines


@settings(deadline=None, database=None)
@given(st.lists(st.tuples(instructions(), st.lists(BETWEEN, max_size=2)), max_size=6), st.sampled_from(["\n", "\r\n"]))
def test_line_numbers_are_right_whatever_stands_between(
    written: list[tuple[tuple[str, list[str], list[str]], list[str]]], line_end: str
) -> None:
    lines = ["FROM a"]
    expected = []
    for (keyword, words, own), after in written:
        expected.append((keyword.upper(), words, len(lines) + 1, len(lines) + len(own)))
        lines += own + after
    dockerfile = parse_dockerfile(Source("Dockerfile", line_end.join(lines)))
    found = [
        (one.keyword, one.value.split(), one.location.line, one.location.end_line)
        for one in dockerfile.final.instructions
    ]
    assert found == expected
    for one in dockerfile.final.instructions:
        end = one.value.rindex(one.value.split()[-1])
        assert at(dockerfile.source, one.part(end, len(one.value))) == one.value.split()[-1]


FRAGMENTS = st.sampled_from(
    [
        *(
            "FROM a AS b\n",
            "FROM B\n",
            "FROM $X\n",
            "RUN ",
            "COPY --from=b ",
            "CMD ",
            'ENTRYPOINT ["x"]\n',
            "ENV ",
            "ARG ",
        ),
        *(
            "USER ",
            "WORKDIR ",
            "EXPOSE ",
            "SHELL ",
            "ONBUILD ",
            "HEALTHCHECK CMD ",
            "\n",
            "\\\n",
            "`\n",
            "\\",
            "`",
            " ",
        ),
        *(
            "<<EOF",
            "<<-'E'",
            "EOF\n",
            "\tE\n",
            "<<",
            "# escape=`\n",
            "# c\n",
            "--a=",
            "--",
            "$",
            "${",
            "${A:-",
            "}",
            "$A",
        ),
        *("A=", "'", '"', "[", '["', '"]', "/", ".", "-", "9", "\r", "\f", "\x85", "\u2028", "\0", "\ufeff", "é", "{{"),
    ]
)


@settings(deadline=None, database=None, max_examples=300)
@given(st.lists(FRAGMENTS, max_size=40).map("".join))
def test_nothing_crashes_and_every_position_is_in_the_file(text: str) -> None:
    source = Source("Dockerfile", "FROM a\n" + text)
    dockerfile = parse_dockerfile(source)
    for stage in dockerfile.stages:
        for one in (stage.from_, *stage.instructions):
            written = at(source, one.location)
            assert written == written.strip()
            assert written[0].upper() == one.keyword[0]
            assert not one.value or at(source, one.part(0, len(one.value)))[0] == one.value[0]
