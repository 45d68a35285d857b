"""Programs whose command lines stand in a file: supervisord.conf, Procfile, package.json, Makefile."""

from __future__ import annotations

import json
import shlex

import pytest

from builders import chains, image
from k8slint.workload.workload import Workload

PYTHON = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\n"


def command(line: str, files: dict[str, str], dockerfile: str = PYTHON) -> Workload:
    return image(dockerfile + f"CMD {json.dumps(shlex.split(line))}\n", {"app.py": "", **files})


class TestSupervisord:
    TWO = """\
        [supervisord]
        nodaemon=true ; stay in front
        user=app

        [program:web]
        command=gunicorn -w 2
            shop.wsgi:application
        directory=/srv
        environment=MODE="web",DEBUG='0'
        user=root

        [program:worker]
        command = python app.py
        """

    def test_its_programs_are_processes_of_one_workload(self) -> None:
        one = command("supervisord -c /app/supervisord.conf", {"supervisord.conf": self.TWO})
        assert chains(one) == ["supervisord:forwards > gunicorn", "supervisord:forwards > app.py"]

    def test_each_has_its_folder_variables_user_and_place(self) -> None:
        one = command("supervisord -n -c supervisord.conf", {"supervisord.conf": self.TWO})
        web, worker = one.processes.value
        assert [word.text for word in web.entry.words] == ["gunicorn", "-w", "2", "shop.wsgi:application"]
        assert (web.entry.cwd, web.entry.location.line) == ("/srv", 6)
        assert one.environment.get("MODE", web).value == "web"
        assert (web.steps[0].user, worker.steps[0].user) == ("root", "app")

    def test_the_file_is_found_where_supervisord_looks_for_it(self) -> None:
        dockerfile = PYTHON + "COPY deploy/supervisord.conf /etc/supervisor/supervisord.conf\n"
        one = command("supervisord -n", {"deploy/supervisord.conf": "[program:a]\ncommand=python app.py\n"}, dockerfile)
        assert chains(one) == ["supervisord:forwards > app.py"]

    def test_included_files_are_read(self) -> None:
        files = {
            "supervisord.conf": "[supervisord]\nnodaemon=true\n[include]\nfiles = conf.d/*.conf /elsewhere/*.conf\n",
            "conf.d/a.conf": "[program:a]\ncommand=python app.py\n",
            "conf.d/b.conf": "[program:b]\ncommand=celery -A shop worker\n",
            "conf.d/c.txt": "[program:c]\ncommand=uvicorn shop:app\n",
        }
        assert chains(command("supervisord -c supervisord.conf", files)) == [
            "supervisord:forwards > app.py",
            "supervisord:forwards > celery",
        ]

    def test_the_folder_that_debians_own_file_includes(self) -> None:
        dockerfile = PYTHON + "COPY a.conf /etc/supervisor/conf.d/\n"
        one = command("/usr/bin/supervisord -n", {"a.conf": "[program:a]\ncommand=python app.py\n"}, dockerfile)
        assert chains(one) == ["supervisord:forwards > app.py"]

    @pytest.mark.parametrize(
        ("settings", "expected"),
        [
            ("command=sh -c 'python app.py'", "supervisord:forwards > sh:drops > app.py"),
            ("command=sh -c 'python app.py'\nstopasgroup=true", "supervisord:forwards > sh:drops > app.py"),
            ("command=sh -c 'exec python app.py'", "supervisord:forwards > sh:exec > app.py"),
            ("command=python app.py\nstopsignal=QUIT", "supervisord:unknown > app.py"),
            ("command=python app.py\nautostart=false", "supervisord"),
            ("command=%(ENV_PROGRAM)s --now", "supervisord:forwards > %(ENV_PROGRAM)s"),
            ("command=python app.py\nstopsignal=INT", "supervisord:forwards > app.py"),
        ],
    )
    def test_settings_of_a_program(self, settings: str, expected: str) -> None:
        one = command("supervisord -n -c supervisord.conf", {"supervisord.conf": f"[program:a]\n{settings}\n"})
        assert chains(one) == [expected]

    def test_in_the_background_nothing_is_known_of_signals(self) -> None:
        one = command("supervisord", {"supervisord.conf": "[program:a]\ncommand=python app.py\n"})
        assert chains(one) == ["supervisord:unknown > app.py"]

    def test_how_it_stops_a_program(self) -> None:
        settings = "stopsignal=INT\nstopwaitsecs=60\nstopasgroup=true"
        config = f"[program:a]\ncommand=python app.py\n{settings}\n[program:b]\ncommand=python app.py\n"
        first, second = command("supervisord -n", {"supervisord.conf": config}).processes.value
        assert [(one.steps[0].stop_seconds, one.steps[0].group_signal) for one in (first, second)] == [
            (60, True),
            (10, False),
        ]
        assert (first.steps[0].rewrites_to_interrupt, first.runs_beside_others) == (True, True)

    def test_what_it_fills_in(self) -> None:
        line = "python app.py --name %(program_name)s --rate 5%% --port %(ENV_PORT)s --mode %(ENV_MODE)s"
        config = f"[program:a]\ncommand={line}\nenvironment=HOME=%(here)s\n"
        one = command("supervisord -n", {"supervisord.conf": config}, PYTHON + "ENV PORT=80\n")
        (process,) = one.processes.value
        words = [word.text for word in process.entry.words]
        assert words == ["app.py", "--name", "a", "--rate", "5%", "--port", "80", "--mode", None]
        assert process.entry.exports == (("HOME", "/app"),)

    def test_files_beside_its_own(self) -> None:
        files = {
            "etc/supervisord.conf": "[include]\nfiles = %(here)s/a.ini\n",
            "etc/a.ini": "[supervisord]\nnodaemon=true\n[program:a]\ncommand=python app.py\n",
        }
        assert chains(command("supervisord", files)) == ["supervisord:forwards > app.py"]

    def test_without_its_file_it_is_the_program(self) -> None:
        assert chains(command("supervisord -c /etc/supervisord.conf", {})) == ["supervisord"]


class TestProcfile:
    PROCFILE = "# two\nweb: gunicorn -b 0.0.0.0:$PORT shop:app\nworker: python app.py\n"

    def test_honcho_starts_every_line(self) -> None:
        assert chains(command("honcho start", {"Procfile": self.PROCFILE})) == [
            "honcho:forwards > sh:forwards > gunicorn",
            "honcho:forwards > sh:forwards > app.py",
        ]

    @pytest.mark.parametrize("line", ["honcho start worker", "honcho -f Procfile start worker"])
    def test_or_the_named_ones(self, line: str) -> None:
        assert chains(command(line, {"Procfile": self.PROCFILE})) == ["honcho:forwards > sh:forwards > app.py"]

    def test_another_file(self) -> None:
        one = command("honcho start -f Procfile.prod", {"Procfile.prod": "a: python app.py\n"})
        assert chains(one) == ["honcho:forwards > sh:forwards > app.py"]

    def test_what_foreman_does_with_sigterm_is_not_known(self) -> None:
        one = command("foreman start worker", {"Procfile": self.PROCFILE})
        assert [process.arrives for process in one.processes.value] == [None]


class TestScripts:
    PACKAGE = '{"name": "shop", "scripts": {"start": "python app.py", "worker": "exec celery -A shop worker"}}'

    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ("npm start", "npm:drops > sh:unknown > app.py"),
            ("npm run start", "npm:drops > sh:unknown > app.py"),
            ("npm --silent run worker", "npm:drops > sh:exec > celery"),
            ("yarn worker", "yarn:drops > sh:exec > celery"),
            ("pnpm run worker", "pnpm:unknown > sh:exec > celery"),
            ("npm run missing", "npm:drops > npm"),
            ("npm run start -- --port 80", "npm:drops > npm"),
        ],
    )
    def test_a_script_of_package_json(self, line: str, expected: str) -> None:
        assert chains(command(line, {"package.json": self.PACKAGE})) == [expected]

    def test_its_place_is_that_of_the_script(self) -> None:
        (process,) = command("npm start", {"package.json": self.PACKAGE}).processes.value
        assert process.entry.location.path == "package.json"


class TestMake:
    MAKEFILE = (
        "APP = app.py\n\nrun: check\n\tpip check\n\tpython $(APP)\n\n"
        "serve:\n\tcd . && python app.py\n\ncheck:\n\ttrue\n"
    )

    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ("make run", "make:forwards > app.py"),
            ("make", "make:forwards > app.py"),
            ("make MODE=1 -C /app run", "make:forwards > app.py"),
            ("make serve", "make:forwards > sh:drops > app.py"),
            ("make missing", "make:forwards > make"),
            ("make run serve", "make:forwards > make"),
        ],
    )
    def test_the_last_line_of_the_target(self, line: str, expected: str) -> None:
        assert chains(command(line, {"Makefile": self.MAKEFILE})) == [expected]


def test_a_manager_that_starts_itself_ends() -> None:
    one = command("make run", {"Makefile": "run:\n\tmake run\n"})
    assert one.processes.or_else(())[0].entry.language.value == "unknown"


class TestTargetsOfMake:
    MAKEFILE = (
        "PORT ?= 80\nARGS = --port $(PORT)\n.PHONY: all run serve\nall: run\nrun: serve\n"
        "serve: migrate\n\tpython manage.py migrate\n\t@exec python app.py $(ARGS)\nloop: loop\ntwo: run serve\n"
    )

    @pytest.mark.parametrize("line", ["make", "make run", "make -C /app serve"])
    def test_a_target_without_a_recipe_is_its_only_prerequisite(self, line: str) -> None:
        one = command(line, {"Makefile": self.MAKEFILE})
        # exec is the shell's own, so make starts a shell for it.
        assert chains(one) == ["make:forwards > sh:exec > app.py"]
        assert [word.text for word in one.processes.value[0].entry.words] == ["app.py", "--port", "80"]

    @pytest.mark.parametrize("line", ["make missing", "make loop", "make two", "make run serve"])
    def test_what_runs_is_not_one_line(self, line: str) -> None:
        assert chains(command(line, {"Makefile": self.MAKEFILE})) == ["make:forwards > make"]

    def test_variables_of_the_command_line_win(self) -> None:
        one = command("make serve PORT=90", {"Makefile": self.MAKEFILE})
        assert [word.text for word in one.processes.value[0].entry.words] == ["app.py", "--port", "90"]


def test_behind_npm_it_is_not_the_shell_that_keeps_the_signal() -> None:
    one = command("npm start", {"package.json": '{"scripts": {"start": "python app.py"}}'})
    assert chains(one) == ["npm:drops > sh:unknown > app.py"]
