"""Which command a shell script ends in, and how the script runs it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from k8slint.location import whole_file
from k8slint.models.shell import parse_shell
from k8slint.models.source import Source
from k8slint.workload.process import Word
from k8slint.workload.shell_flow import Flow
from k8slint.workload.shell_state import End
from k8slint.workload.shell_words import Variables


def follow(
    text: str, args: str | None, env: Mapping[str, str] | None, files: Mapping[str, str] | None
) -> tuple[End, ...] | None:
    script = parse_shell(Source("run.sh", text))
    sourced = {path: parse_shell(Source(path, content)) for path, content in (files or {}).items()}
    place = whole_file("run.sh")
    parameters = None if args is None else tuple(Word(one, place, one) for one in args.split())
    variables = Variables(env or {}, env is not None, parameters)
    return Flow(dict(script.functions), lambda path, _: sourced.get(path)).ends(script.body, variables, "/app")


def written(end: End) -> str:
    words = " ".join(word.text if word.text is not None else f"<{word.written}>" for word in end.words)
    passes = " with the signal passed on" if end.forwards else ""
    return f"{end.how} {words}".strip() + passes


def ends(
    text: str,
    args: str | None = None,
    env: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
) -> list[str]:
    """Every command that a script may end in. ``args`` and ``env`` are all that there is; None: not known."""
    found = follow(text, args, env, files)
    assert found is not None, "too many paths"
    return [written(end) for end in found]


def only(text: str, args: str | None = None, env: Mapping[str, str] | None = None) -> End:
    (end,) = follow(text, args, env, None) or ()
    return end


class TestHowTheLastCommandIsRun:
    @pytest.mark.parametrize(
        ("script", "end"),
        [
            ("exec python app.py", "exec python app.py"),
            ("exec -a web python app.py", "exec python app.py"),
            ("exec 2>&1\nexec python app.py", "exec python app.py"),
            ("command python app.py", "foreground python app.py"),
            ("eval 'exec python app.py'", "exec python app.py"),
            ("python app.py", "foreground python app.py"),
            ("{ python app.py; }", "foreground python app.py"),
            ("python app.py | tee log", "pipeline python app.py"),
            ("cat config | python app.py", "pipeline python app.py"),
            ("exec python app.py | tee log", "pipeline python app.py"),
            ("exec python app.py > >(tee log)", "exec python app.py"),
            ("python app.py &\nwait $!", "background python app.py"),
            ("python app.py &\ntail -f /dev/null", "background python app.py"),
            ("while true; do python job.py; sleep 60; done", "loop python job.py"),
        ],
    )
    def test_by_the_way_it_is_written(self, script: str, end: str) -> None:
        assert ends(script) == [end]

    def test_what_runs_before_and_ends_by_itself_is_passed_over(self) -> None:
        assert ends("set -e\npython manage.py migrate\nexec gunicorn shop.wsgi") == ["exec gunicorn shop.wsgi"]

    def test_a_server_is_the_end_even_if_something_follows(self) -> None:
        assert ends("gunicorn shop.wsgi\necho stopped") == ["foreground gunicorn shop.wsgi"]

    @pytest.mark.parametrize(
        "rest", ["|| exit 1", "|| true", "|| { echo failed; exit 1; }", "\nexit $?", "; echo done"]
    )
    def test_reporting_afterwards_does_not_make_it_another_program(self, rest: str) -> None:
        assert ends(f"python app.py {rest}") == ["foreground python app.py"]

    def test_a_way_out_of_a_failed_start_is_not_the_end(self) -> None:
        assert ends("cd /srv || exit 1\nexec python app.py") == ["exec python app.py"]

    def test_both_sides_of_an_or_may_be_the_end(self) -> None:
        assert ends("python app.py || python spare.py") == ["foreground python app.py", "foreground python spare.py"]

    def test_exec_in_a_subshell_replaces_the_subshell_only(self) -> None:
        assert ends("( cd /srv && exec python app.py )") == ["foreground python app.py"]
        assert ends("( exec python migrate.py )\nexec python app.py") == ["exec python app.py"]

    def test_waiting_for_a_database_is_passed_over(self) -> None:
        assert ends("until nc -z db 5432; do sleep 1; done\nexec python app.py") == ["exec python app.py"]
        assert ends("while true; do nc -z db 5432 && break; sleep 1; done\nexec python app.py") == [
            "exec python app.py"
        ]

    def test_the_folder_is_followed(self) -> None:
        assert only("cd src && exec python app.py").cwd == "/app/src"
        assert only("cd /srv\nexec python app.py").cwd == "/srv"
        assert only('cd "$HOME"\nexec python app.py').cwd == ""

    def test_the_place_is_that_of_the_command(self) -> None:
        end = only("set -e\nexec python app.py\n")
        assert (end.location.line, end.location.column, end.location.end_column) == (2, 1, 19)


class TestTheLastCommandOfAText:
    """Whether a shell with ``-c`` may put the command in its own place; bash and BusyBox do, measured."""

    @pytest.mark.parametrize(
        ("text", "position"),
        [
            ("python app.py", "last"),
            ("A=1 python app.py", "last"),
            ("migrate && python app.py", "last"),
            ("check || python app.py", "last"),
            ("migrate; python app.py", "last"),
            ("python app.py 2>&1", "last-redirected"),
            ("if [ -f ready ]; then python app.py; fi", "last-nested"),
            ("case web in web) python app.py;; esac", "last-nested"),
            ("python app.py; exit $?", ""),
            ("python app.py || true", ""),
            ("trap : TERM; python app.py", ""),
            ("eval python app.py", ""),
            ("(python app.py)", ""),
        ],
    )
    def test_only_a_command_with_nothing_left_to_do_after_it(self, text: str, position: str) -> None:
        *_, end = follow(text, None, None, None) or ()
        assert end.position == position


class TestTraps:
    @pytest.mark.parametrize(
        "trap",
        [
            "trap 'kill -TERM $pid' TERM",
            'trap "kill -s TERM $pid" SIGTERM INT',
            "trap 'kill $(jobs -p)' 15",
            "stop() { echo stopping; kill $pid; }\ntrap stop TERM",
            "trap ./stop.sh TERM",
        ],
    )
    def test_a_trap_that_signals_the_child_passes_sigterm_on(self, trap: str) -> None:
        script = f"{trap}\npython app.py &\npid=$!\nwait $pid\nwait $pid"
        assert ends(script) == ["background python app.py with the signal passed on"]

    @pytest.mark.parametrize(
        "trap",
        [
            "trap 'kill -TERM $pid' INT",  # another signal
            "trap 'kill -INT $pid' TERM",  # a background job starts with SIGINT ignored
            "stop() { kill -2 $pid; }\ntrap stop TERM",
            "trap : TERM",
            "trap '' TERM",
            "trap - TERM",
            "trap 'exit 0' TERM",  # the shell ends and the child is killed with it
            "stop() { echo bye; exit; }\ntrap stop TERM",
        ],
    )
    def test_any_other_trap_does_not(self, trap: str) -> None:
        assert ends(f"{trap}\npython app.py &\npid=$!\nwait $pid") == ["background python app.py"]


ROLES = """\
case "$1" in
  web|api) exec gunicorn shop.wsgi ;;
  work*) celery -A shop worker ;;
  *) exec "$@" ;;
esac
"""


class TestChoices:
    def test_the_arguments_choose_the_arm_of_a_case(self) -> None:
        assert ends(ROLES, args="web") == ["exec gunicorn shop.wsgi"]
        assert ends(ROLES, args="worker") == ["foreground celery -A shop worker"]
        assert ends(ROLES, args="python shell.py") == ["exec python shell.py"]

    def test_the_environment_chooses_the_arm_of_a_case(self) -> None:
        assert ends(ROLES.replace("$1", "$ROLE"), env={"ROLE": "api"}) == ["exec gunicorn shop.wsgi"]

    def test_what_is_not_known_leaves_all_arms(self) -> None:
        assert ends(ROLES) == ["exec gunicorn shop.wsgi", "foreground celery -A shop worker", 'exec <"$@">']

    def test_a_pattern_that_is_not_known_may_match(self) -> None:
        script = 'case "$1" in "$MAIN") exec python app.py;; *) exec python other.py;; esac'
        assert ends(script, args="app") == ["exec python app.py", "exec python other.py"]

    def test_without_a_matching_arm_the_script_goes_on(self) -> None:
        script = "case $ROLE in web) exec gunicorn shop.wsgi;; esac\nexec python app.py"
        assert ends(script, env={"ROLE": "job"}) == ["exec python app.py"]
        assert ends(script) == ["exec gunicorn shop.wsgi", "exec python app.py"]

    @pytest.mark.parametrize(
        ("args", "end"),
        [("web", "exec gunicorn shop.wsgi"), ("worker", "exec celery worker"), ("sh", "exec sh")],
    )
    def test_if_elif_and_else(self, args: str, end: str) -> None:
        script = """\
if [ "$1" = web ]; then exec gunicorn shop.wsgi
elif [[ $1 == work* ]]; then exec celery worker
else exec "$@"
fi
"""
        assert ends(script, args) == [end]

    @pytest.mark.parametrize(
        "condition",
        [
            '[ -z "$1" ]',
            "[ $# -eq 0 ]",
            '[ "$#" -lt 1 ]',
            '! [ -n "$1" ]',
            '[ ! "$1" ]',
            "[[ -z $1 ]]",
            '[ -z "$1" ] && true',
        ],
    )
    def test_no_arguments_can_be_asked_for_in_many_ways(self, condition: str) -> None:
        script = f"if {condition}; then exec python app.py; fi\nexec python other.py"
        assert ends(script, args="") == ["exec python app.py"]
        assert ends(script, args="x") == ["exec python other.py"]

    @pytest.mark.parametrize("condition", ['[ "${1#-}" != "$1" ]', '[ "${1:0:1}" = - ]', '[[ "$1" == -* ]]'])
    def test_options_alone_are_put_behind_the_program(self, condition: str) -> None:
        script = f'if {condition}; then set -- gunicorn "$@"; fi\nexec "$@"'
        assert ends(script, args="-w 4") == ["exec gunicorn -w 4"]
        assert ends(script, args="python app.py") == ["exec python app.py"]

    def test_a_quoted_star_is_no_pattern(self) -> None:
        assert ends('[[ $1 == "*" ]] && exec python all.py\nexec python app.py', args="x") == ["exec python app.py"]

    def test_a_condition_in_front_of_a_command(self) -> None:
        script = '[ -n "$DEBUG" ] && exec python debug.py\nexec python app.py'
        assert ends(script, env={}) == ["exec python app.py"]
        assert ends(script, env={"DEBUG": "1"}) == ["exec python debug.py"]
        assert ends(script) == ["exec python debug.py", "exec python app.py"]

    def test_whether_a_program_succeeds_is_not_known(self) -> None:
        script = "if python check.py; then exec python app.py; fi\nexec python spare.py"
        assert ends(script) == ["exec python app.py", "exec python spare.py"]


class TestParameters:
    @pytest.mark.parametrize(
        ("script", "end"),
        [
            ('exec "$@"', "exec python app.py"),
            ("exec $*", "exec python app.py"),
            ('exec "${@}"', "exec python app.py"),
            ('"$@"', "foreground python app.py"),
            ('exec tini -- "$@"', "exec tini -- python app.py"),
            ('shift\nexec python "$@"', "exec python app.py"),
            ('shift ²\nexec python "$@"', "exec python app.py"),  # A digit to str.isdigit, no number to int.
            ('exec "${@:2}"', "exec app.py"),
            ('set -- "$@" --debug\nexec "$@"', "exec python app.py --debug"),
            ('set gunicorn "$1"\nexec "$@"', "exec gunicorn python"),
            ('set -eo pipefail\nexec "$@"', "exec python app.py"),
        ],
    )
    def test_they_end_up_in_the_command(self, script: str, end: str) -> None:
        assert ends(script, args="python app.py") == [end]

    def test_unknown_arguments_are_kept_as_written(self) -> None:
        assert ends('exec gunicorn "$@"') == ['exec gunicorn <"$@">']

    def test_exec_of_no_arguments_starts_nothing(self) -> None:
        assert ends('exec "$@"', args="") == []


class TestVariables:
    def test_a_default_stands_for_an_unset_variable_only(self) -> None:
        script = "exec python ${APP:-app.py}"
        assert ends(script, env={}) == ["exec python app.py"]
        assert ends(script, env={"APP": ""}) == ["exec python app.py"]
        assert ends(script, env={"APP": "other.py"}) == ["exec python other.py"]
        assert ends(script) == ["exec python <${APP:-app.py}>"]

    def test_a_default_can_be_assigned(self) -> None:
        script = ": ${APP:=app.py}\nexec python $APP"
        assert ends(script, env={}) == ["exec python app.py"]
        assert ends(script, env={"APP": "other.py"}) == ["exec python other.py"]
        assert ends(script) == ["exec python <$APP>"]

    def test_an_assignment_holds_from_then_on(self) -> None:
        assert ends("APP=app.py\nexec python $APP") == ["exec python app.py"]
        assert ends("export APP=${APP:-app.py}\nexec python $APP", env={}) == ["exec python app.py"]

    def test_an_assignment_in_front_of_a_command_is_for_that_command(self) -> None:
        assert ends("APP=other.py\nAPP=app.py exec python $APP") == ["exec python other.py"]
        assert ends("APP=app.py\nAPP=other.py python migrate.py\nexec python $APP") == ["exec python app.py"]

    def test_the_words_of_an_unquoted_variable_are_split(self) -> None:
        assert ends('CMD="python app.py"\nexec $CMD') == ["exec python app.py"]

    def test_the_output_of_a_command_is_not_known(self) -> None:
        assert ends("exec gunicorn -w $(nproc) shop.wsgi") == ["exec gunicorn -w <$(nproc)> shop.wsgi"]
        assert only("exec gunicorn -w $(nproc) shop.wsgi").words[2].substitutions == ("nproc",)

    @pytest.mark.parametrize(
        ("expansion", "value"),
        [
            ("${APP:+set.py}", "set.py"),
            ("${OTHER:+set}x.py", "x.py"),
            ("${APP:?must be set}", "src/app.py"),
            ("${APP##*/}", "app.py"),
            ("${APP%.py}.pyc", "src/app.pyc"),
            ("${APP#src/}", "app.py"),
            ("${APP:4}", "app.py"),
            ("${APP^^}", "SRC/APP.PY"),
            ("${#APP}", "<${#APP}>"),
            ("${APP/src/lib}", "<${APP/src/lib}>"),
        ],
    )
    def test_an_expansion_that_changes_the_value(self, expansion: str, value: str) -> None:
        assert ends(f"exec python {expansion}", env={"APP": "src/app.py"}) == [f"exec python {value}"]

    @pytest.mark.parametrize("line", ["export $(cat .env)", 'eval "$(settings)"'])
    def test_settings_from_a_command_may_set_any_variable(self, line: str) -> None:
        assert ends(f"APP=app.py\n{line}\nexec python $APP", env={}) == ["exec python <$APP>"]

    @pytest.mark.parametrize("unset", ["unset APP", "read APP", "APP=$(choose)"])
    def test_a_variable_can_become_unknown(self, unset: str) -> None:
        assert ends(f"APP=app.py\n{unset}\nexec python $APP", env={}) == ["exec python <$APP>"]


class TestExports:
    """What of a script's variables the program gets to see."""

    def seen(self, script: str, env: Mapping[str, str] | None = None) -> dict[str, str | None]:
        return dict(only(script, env=env).exports)

    @pytest.mark.parametrize(
        "script", ["export A=1", "A=1\nexport A", "declare -x A=1", "set -a\nA=1", "set -o allexport\nA=1"]
    )
    def test_exported_variables(self, script: str) -> None:
        assert self.seen(f"{script}\nexec python app.py", env={}) == {"A": "1"}

    def test_a_variable_in_front_of_the_command(self) -> None:
        assert self.seen("A=1 exec python app.py") == {"A": "1"}
        assert self.seen("A=1 python app.py") == {"A": "1"}

    def test_a_variable_in_front_of_another_command_is_not_seen(self) -> None:
        assert self.seen("A=1 python migrate.py\nexec python app.py") == {}

    def test_a_variable_of_the_environment_stays_exported(self) -> None:
        assert self.seen("A=2\nexec python app.py", env={"A": "1"}) == {"A": "2"}

    def test_a_variable_of_the_shell_alone_is_not_seen(self) -> None:
        assert self.seen("A=1\nexec python app.py", env={}) == {}

    def test_whether_it_was_in_the_environment_may_be_unknown(self) -> None:
        assert self.seen("A=1\nexec python app.py") == {"A": None}


class TestFunctionsAndSourcedFiles:
    def test_a_function_is_followed_with_its_own_arguments(self) -> None:
        assert ends('serve() { exec gunicorn "$1" --name "$2"; }\nserve shop.wsgi web') == [
            "exec gunicorn shop.wsgi --name web"
        ]
        assert ends('main() { exec "$@"; }\nmain "$@"', args="python app.py") == ["exec python app.py"]
        assert ends('prepare() { echo "$1"; }\nprepare now\nexec "$@"', args="python app.py") == ["exec python app.py"]

    def test_return_leaves_the_function_only(self) -> None:
        script = 'wait_for_db() { [ -z "$DB" ] && return; nc -z "$DB" 5432; }\nwait_for_db\nexec python app.py'
        assert ends(script, env={}) == ["exec python app.py"]
        assert ends(script) == ["exec python app.py"]

    def test_a_sourced_file_brings_functions_and_variables(self) -> None:
        files = {"./lib.sh": "APP=app.py\nserve() { exec python $APP; }"}
        assert ends(". ./lib.sh\nserve", files=files) == ["exec python app.py"]
        assert ends("source ./lib.sh\nexec python $APP", files=files) == ["exec python app.py"]

    def test_a_sourced_file_that_cannot_be_read_may_set_any_variable(self) -> None:
        script = "APP=app.py\n. /etc/defaults\nexec python $APP"
        assert ends(script, env={}) == ["exec python <$APP>"]

    def test_a_virtual_environment_sets_none_that_matters(self) -> None:
        assert ends("APP=app.py\n. /venv/bin/activate\nexec python $APP", env={}) == ["exec python app.py"]


class TestLimits:
    @pytest.mark.parametrize(
        "script",
        [
            "f() { f; f; f; f; }\nf",
            "".join(f"[ $A{number} ] && export B{number}=1\n" for number in range(20)) + "exec python app.py",
            "eval " * 100 + "python app.py",
        ],
    )
    def test_what_takes_too_many_paths_is_given_up(self, script: str) -> None:
        assert follow(script, None, None, None) is None
