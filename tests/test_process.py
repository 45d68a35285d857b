"""What PID 1 of a container executes, step by step, to the program that does the work."""

from __future__ import annotations

import json
import shlex
from typing import ClassVar

import pytest

from builders import chains, command_line, image, pod, state, workload
from k8slint.workload.process import Process
from k8slint.workload.workload import Workload

PYTHON = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\n"
EXEC = "#!/bin/sh\nexec python app.py\n"


def only(one: Workload) -> Process:
    (process,) = one.processes.value
    return process


def command(line: str, base: str = "python:3.12-slim", **files: str) -> Workload:
    """The workload of an image whose CMD, in exec form, are the words of ``line``; ``files`` by path."""
    cmd = f"CMD {json.dumps(shlex.split(line))}\n"
    return image(PYTHON.replace("python:3.12-slim", base) + cmd, {"app.py": "", **files})


def program(line: str, files: dict[str, str]) -> tuple[str, str]:
    """How a program is called, and the file of the repository that it starts or serves."""
    entry = only(command(line, **files)).entry
    return entry.name, entry.module.or_else("")


class TestEntrypointCmdCommandAndArgs:
    """Kubernetes: ``command`` replaces ENTRYPOINT and drops CMD, ``args`` replaces CMD."""

    IMAGE = PYTHON + 'ENTRYPOINT ["python", "app.py"]\nCMD ["--port", "80"]\n'
    WITHOUT_ENTRYPOINT = PYTHON + 'CMD ["python", "app.py"]\n'

    @pytest.mark.parametrize(
        ("dockerfile", "fields", "runs"),
        [
            (IMAGE, "", "app.py --port 80"),
            (IMAGE, "args: [--debug]", "app.py --debug"),
            (IMAGE, "command: [python, job.py]", "job.py"),
            (IMAGE, "command: [python, job.py]\nargs: [--all]", "job.py --all"),
            (IMAGE, "command: []\nargs: []", "app.py --port 80"),
            (IMAGE, "command:\nargs:", "app.py --port 80"),
            (WITHOUT_ENTRYPOINT, "", "app.py"),
            (WITHOUT_ENTRYPOINT, "args: [python, job.py]", "job.py"),
            (WITHOUT_ENTRYPOINT, "args: [--debug]", "--debug"),
        ],
    )
    def test_what_runs(self, dockerfile: str, fields: str, runs: str) -> None:
        assert command_line(workload({"Dockerfile": dockerfile, "pod.yaml": pod(fields)})) == runs

    def test_an_entrypoint_in_shell_form_ignores_arguments_that_it_does_not_ask_for(self) -> None:
        dockerfile = PYTHON + "ENTRYPOINT exec python app.py\nCMD [--port]\n"
        assert command_line(workload({"Dockerfile": dockerfile, "pod.yaml": pod("args: [--debug]")})) == "app.py"

    def test_an_entrypoint_in_shell_form_gets_arguments_from_zero_on(self) -> None:
        dockerfile = PYTHON + 'ENTRYPOINT exec python app.py "$@"\n'
        one = workload({"Dockerfile": dockerfile, "pod.yaml": pod("args: [zero, one, two]")})
        assert command_line(one) == "app.py one two"

    def test_a_cmd_in_shell_form_is_an_argument_of_the_entrypoint(self) -> None:
        assert chains(image(PYTHON + 'ENTRYPOINT ["tini", "--"]\nCMD exec python app.py\n')) == [
            "tini:forwards > sh:exec > app.py"
        ]

    def test_an_empty_entrypoint_resets_an_inherited_one(self) -> None:
        assert chains(image(PYTHON + 'ENTRYPOINT ["tini"]\nENTRYPOINT []\nCMD ["python", "app.py"]\n')) == ["app.py"]

    def test_an_entrypoint_drops_the_cmd_of_the_stage_below(self) -> None:
        below = PYTHON.replace("slim", "slim AS below") + 'CMD ["python", "app.py"]\n'
        assert chains(image(below + "FROM below\nENV A=1\n")) == ["app.py"]
        assert chains(image(below + 'FROM below\nENTRYPOINT ["tini", "--"]\n')) == ["tini:forwards > ?"]

    def test_only_the_last_cmd_of_the_last_stage_counts(self) -> None:
        earlier = 'FROM python:3.12 AS build\nCMD ["python", "build.py"]\n'
        assert chains(image(earlier + PYTHON + 'CMD ["python", "old.py"]\nCMD ["python", "app.py"]\n')) == ["app.py"]

    def test_without_any_command_the_interpreter_of_the_base_image_runs(self) -> None:
        assert chains(image(PYTHON)) == ["python"]
        assert state(image("FROM ghcr.io/astral-sh/uv:python3.12-bookworm-slim\n").processes) == "unknown"

    def test_the_base_image_may_bring_an_entrypoint(self) -> None:
        assert chains(image('FROM gcr.io/distroless/python3\nCMD ["app.py"]\n')) == ["app.py"]
        unlisted = image('FROM registry.example.com/python:1\nCMD ["python", "app.py"]\n')
        assert chains(unlisted) == ["the base image's entrypoint:unknown > app.py"]
        assert only(unlisted).arrives is None

    @pytest.mark.parametrize("fields", ['args: ["{{ .Values.mode }}"]', "command: python app.py"])
    def test_a_command_that_cannot_be_read_is_unknown(self, fields: str) -> None:
        assert state(workload({"Dockerfile": self.IMAGE, "pod.yaml": pod(fields)}).processes) == "unknown"

    def test_kubernetes_fills_in_variables_so_such_a_word_is_unknown(self) -> None:
        one = workload({"Dockerfile": self.IMAGE, "pod.yaml": pod("args: [$(PORT), --name=$(NAME), --home=$$(HOME)]")})
        assert command_line(one) == "app.py ? ? --home=$$(HOME)"

    def test_a_template_that_makes_the_value_of_an_option_leaves_the_rest_known(self) -> None:
        fields = 'args: [--port, "{{ .Values.port }}", "--name={{ .Values.name }}", --debug]'
        one = workload({"Dockerfile": self.IMAGE, "pod.yaml": pod(fields)})
        assert command_line(one) == "app.py --port ? ? --debug"
        (process,) = one.processes.value
        name = process.entry.option("--name")
        assert name is not None
        assert (name.text, process.entry.may_have_more_options()) == (None, False)

    def test_the_shell_fills_in_its_own_variables(self) -> None:
        one = workload({"Dockerfile": PYTHON, "pod.yaml": pod('command: [sh, -c, "exec python app.py -w $(nproc)"]')})
        assert command_line(one) == "app.py -w ?"


class TestShells:
    @pytest.mark.parametrize(
        ("base", "chain"),
        [
            ("python:3.12-slim", "sh:drops > app.py"),
            ("python:3.12", "sh:drops > app.py"),
            ("debian:12", "sh:drops > app.py"),
            ("python:3.12-alpine", "sh:exec > app.py"),
            ("registry.access.redhat.com/ubi9/python-312", "sh:exec > app.py"),
        ],
    )
    def test_whether_the_shell_form_hides_the_program_depends_on_the_shell(self, base: str, chain: str) -> None:
        assert chains(image(f"FROM {base}\nWORKDIR /app\nCOPY . .\nCMD python app.py\n")) == [chain]

    @pytest.mark.parametrize(
        ("text", "dash", "bash", "busybox"),
        [
            ("exec python app.py", "exec", "exec", "exec"),
            ("python app.py", "drops", "exec", "exec"),
            ("export A=1; migrate && python app.py", "drops", "exec", "exec"),
            ("python app.py 2>&1", "drops", "drops", "exec"),
            ("if [ -f x ]; then python app.py; fi", "drops", "drops", "exec"),
            ("python app.py || true", "drops", "drops", "drops"),
            ("python app.py; exit $?", "drops", "drops", "drops"),
            ("python app.py | tee log", "drops", "drops", "drops"),
            ("trap 'kill $!' TERM; python app.py & wait", "forwards", "forwards", "forwards"),
        ],
    )
    def test_whether_a_shell_is_replaced_as_it_was_measured(
        self, text: str, dash: str, bash: str, busybox: str
    ) -> None:
        for shell, verdict in (("dash", dash), ("bash", bash), ("ash", busybox)):
            assert chains(command(f"{shell} -c {shlex.quote(text)}")) == [f"{shell}:{verdict} > app.py"]

    def test_an_unknown_shell_may_be_replaced_or_not(self) -> None:
        unlisted = 'FROM registry.example.com/python:1\nENTRYPOINT ["sh", "-c"]\nCMD ["python app.py"]\n'
        assert chains(image(unlisted)) == ["sh:unknown > app.py"]
        assert chains(image(unlisted.replace("\n", "\nRUN apt-get update\n", 1))) == ["sh:drops > app.py"]
        assert chains(image(unlisted.replace("\n", "\nRUN apk add git\n", 1))) == ["sh:exec > app.py"]

    @pytest.mark.parametrize(
        "shell", ["sh -c", "bash -ec", "bash -euo pipefail -c", "bash -o pipefail -c", "bash --login -c", "/bin/sh -c"]
    )
    def test_options_of_the_shell_are_passed_over(self, shell: str) -> None:
        (chain,) = chains(command(f"{shell} 'exec python app.py'"))
        assert chain.endswith("sh:exec > app.py")

    def test_the_shell_instruction_changes_the_shell_form(self) -> None:
        assert chains(image(PYTHON + 'SHELL ["/bin/bash", "-c"]\nCMD python app.py\n')) == ["bash:exec > app.py"]

    def test_the_text_of_a_block_scalar_has_its_own_lines(self) -> None:
        fields = "command:\n- sh\n- -c\n- |\n  set -e\n  exec python app.py\n"
        process = only(workload({"Dockerfile": PYTHON, "pod.yaml": pod(fields)}))
        start = process.steps[0].start
        assert start is not None
        assert (start.path, start.line, start.column) == ("pod.yaml", 13, 7)


class TestWrappers:
    """As measured with SIGTERM sent to PID 1."""

    @pytest.mark.parametrize(
        "wrapper",
        [
            "poetry run",
            "pipenv run",
            "env A=1",
            "env -u A",
            "nohup",
            "nice -n 5",
            "setpriv --reuid=1000 --clear-groups",
            "gosu app",
            "su-exec app:app",
            "opentelemetry-instrument",
            "ddtrace-run",
            "wait-for-it.sh db:5432 --",
        ],
    )
    def test_some_are_replaced_by_the_program(self, wrapper: str) -> None:
        process = only(command(f"{wrapper} python app.py"))
        assert (process.entry.name, process.entry_is_pid1, process.arrives) == ("app.py", True, True)

    @pytest.mark.parametrize(
        "wrapper",
        [
            "tini --",
            "tini -g --",
            "/usr/bin/tini -v --",
            "dumb-init",
            "dumb-init --rewrite 15:2 --",
            "catatonit --",
            "uv run",
            "uv run --no-sync --with rich",
            "pdm run",
            "timeout -k 5 30",
        ],
    )
    def test_some_stay_and_pass_sigterm_on(self, wrapper: str) -> None:
        process = only(command(f"{wrapper} python app.py"))
        assert (process.entry.name, process.entry_is_pid1, process.arrives) == ("app.py", False, True)

    @pytest.mark.parametrize(
        "wrapper", ["xargs", "conda run -n prod", "watchfiles", "xvfb-run -s -ac", "runuser -u app --"]
    )
    def test_some_stay_and_drop_it(self, wrapper: str) -> None:
        process = only(command(f"{wrapper} python app.py"))
        assert (process.entry.name, process.entry_is_pid1, process.arrives) == ("app.py", False, False)

    def test_su_runs_a_shell(self) -> None:
        assert chains(command("su app -c 'python app.py'")) == ["su:drops > sh:drops > app.py"]

    @pytest.mark.parametrize("line", ["npm start", "make run", "honcho start"])
    def test_what_is_written_elsewhere_is_unknown(self, line: str) -> None:
        assert only(command(line)).entry.language.value == "unknown"

    @pytest.mark.parametrize("wrapper", ["hatch run", "micromamba run -n base"])
    def test_what_was_not_measured_is_unknown(self, wrapper: str) -> None:
        assert only(command(f"{wrapper} python app.py")).arrives is None

    def test_they_may_stand_one_behind_the_other(self) -> None:
        assert chains(command("tini -- gosu app poetry run python app.py")) == [
            "tini:forwards > gosu:exec > poetry:exec > app.py"
        ]

    @pytest.mark.parametrize(
        ("init", "signals_the_group"),
        [("tini --", False), ("tini -g --", True), ("dumb-init --", True), ("dumb-init -c --", False)],
    )
    def test_an_init_may_signal_the_whole_group(self, init: str, signals_the_group: bool) -> None:
        assert only(command(f"{init} python app.py")).steps[0].group_signal is signals_the_group

    def test_uv_run_starts_scripts_and_modules_too(self) -> None:
        assert only(command("uv run app.py")).entry.name == "app.py"
        assert only(command("uv run -m app")).entry.name == "python -m app"

    def test_env_sets_variables_for_the_program(self) -> None:
        assert only(command("env -u A B=1 C=x=y python app.py")).entry.exports == (
            ("A", None),
            ("B", "1"),
            ("C", "x=y"),
        )

    def test_a_user_can_be_switched(self) -> None:
        assert only(command("gosu app:staff python app.py")).drops_root
        assert only(command("setpriv --reuid=1000 python app.py")).drops_root
        assert not only(command("gosu root python app.py")).drops_root


class TestScripts:
    def test_a_script_is_found_through_copy_into_the_working_directory(self) -> None:
        assert chains(command("./run.sh", **{"run.sh": EXEC})) == ["run.sh:exec > app.py"]

    @pytest.mark.parametrize(
        ("copy", "line"),
        [
            ("COPY docker/run.sh /usr/local/bin/", "run.sh"),
            ("COPY docker/run.sh /start", "/start"),
            ("COPY docker/ /opt/", "/opt/run.sh"),
            ("COPY docker ./scripts", "scripts/run.sh"),
            ("COPY docker/*.sh /opt/", "/opt/run.sh"),
            ("COPY app.py docker/run.sh ./", "./run.sh"),
            ("ADD docker/run.sh .", "sh ./run.sh"),
            ("COPY docker/run.sh /opt/run.sh\nWORKDIR /opt", "./run.sh"),
            ("WORKDIR scripts\nCOPY docker/run.sh run\nWORKDIR /app", "scripts/run"),
        ],
    )
    def test_wherever_it_is_copied_to(self, copy: str, line: str) -> None:
        dockerfile = f"FROM python:3.12-slim\nWORKDIR /app\nCOPY app.py .\n{copy}\nCMD {json.dumps(line.split())}\n"
        assert chains(image(dockerfile, {"app.py": "", "docker/run.sh": EXEC})) == ["docker/run.sh:exec > app.py"]

    @pytest.mark.parametrize(
        "copy",
        [
            "COPY --from=build /src/run.sh /src/app.py ./",
            "COPY --from=build /src .",
            "COPY --from=0 /src/ /app/",
            "COPY --from=build /src/*.sh ./",
        ],
    )
    def test_it_is_followed_through_an_earlier_stage(self, copy: str) -> None:
        build = "FROM python:3.12 AS build\nWORKDIR /src\nCOPY . .\n"
        dockerfile = f'{build}FROM python:3.12-slim\nWORKDIR /app\n{copy}\nCMD ["./run.sh"]\n'
        assert chains(image(dockerfile, {"app.py": "", "run.sh": EXEC})) == ["run.sh:exec > app.py"]

    def test_the_last_copy_wins(self) -> None:
        dockerfile = PYTHON + 'COPY old.sh /run.sh\nCOPY new.sh /run.sh\nCMD ["/run.sh"]\n'
        files = {"old.sh": "python app.py", "new.sh": EXEC}
        assert chains(image(dockerfile, files)) == ["new.sh:exec > app.py"]

    def test_a_file_of_another_image_or_of_none_is_unknown(self) -> None:
        other = 'FROM python:3.12-slim\nCOPY --from=tools /run.sh /run.sh\nCMD ["/run.sh"]\n'
        assert only(image(other, {"run.sh": EXEC})).entry.language.value == "unknown"
        assert only(command("./run.sh")).entry.language.value == "unknown"

    def test_a_script_needs_no_suffix_but_a_shebang(self) -> None:
        assert chains(command("./entrypoint", entrypoint=EXEC)) == ["entrypoint:exec > app.py"]
        assert chains(command("./serve", serve="#!/usr/bin/env python3\n")) == ["serve"]
        assert only(command("./app.py")).entry.name == "app.py"

    def test_a_script_without_exec_stays_in_every_shell(self) -> None:
        files = {"run.sh": "#!/bin/bash\npython app.py\n"}
        assert chains(command("./run.sh", **files)) == ["run.sh:drops > app.py"]
        assert chains(command("./run.sh", base="python:3.12-alpine", **files)) == ["run.sh:drops > app.py"]

    def test_a_shell_in_front_of_a_script_stays_even_if_the_script_does_not(self) -> None:
        dockerfile = PYTHON + "CMD ./run.sh\n"
        assert chains(image(dockerfile, {"app.py": "", "run.sh": EXEC})) == ["sh:drops > run.sh:exec > app.py"]

    def test_cmd_and_args_reach_the_script(self) -> None:
        files = {"app.py": "", "job.py": "", "run.sh": '#!/bin/sh\nset -e\nexec "$@"\n'}
        dockerfile = PYTHON + 'ENTRYPOINT ["./run.sh"]\nCMD ["python", "app.py"]\n'
        assert chains(image(dockerfile, files)) == ["run.sh:exec > app.py"]
        deployed = {"Dockerfile": dockerfile, **files, "pod.yaml": pod("args: [python, job.py]")}
        assert chains(workload(deployed)) == ["run.sh:exec > job.py"]

    def test_the_manifest_decides_which_way_a_script_goes(self) -> None:
        script = "#!/bin/sh\nif [ $ROLE = web ]; then exec gunicorn shop.wsgi; else celery -A shop worker; fi\n"
        files = {"Dockerfile": PYTHON + 'ENV ROLE=web\nCMD ["./run.sh"]\n', "run.sh": script}
        assert chains(workload(files)) == ["run.sh:exec > gunicorn"]
        worker = pod("env: [{name: ROLE, value: worker}]")
        assert chains(workload({**files, "pod.yaml": worker})) == ["run.sh:drops > celery"]
        secret = pod("envFrom: [{secretRef: {name: settings}}]")
        assert chains(workload({**files, "pod.yaml": secret})) == ["run.sh:exec > gunicorn", "run.sh:drops > celery"]

    def test_a_script_may_start_another(self) -> None:
        files = {"run.sh": "#!/bin/sh\n. ./lib.sh\nserve\n", "lib.sh": "serve() { exec ./two.sh; }\n", "two.sh": EXEC}
        assert chains(command("./run.sh", **files)) == ["run.sh:exec > two.sh:exec > app.py"]

    def test_a_script_that_starts_itself_is_given_up(self) -> None:
        assert state(command("./run.sh", **{"run.sh": "#!/bin/sh\nexec ./run.sh\n"}).processes) == "unknown"

    def test_the_folder_that_a_script_changes_to_is_where_the_program_is(self) -> None:
        files = {"run.sh": "#!/bin/sh\ncd src\nexec python main.py\n", "src/main.py": ""}
        assert only(command("./run.sh", **files)).entry.module.value == "src/main.py"

    def test_the_working_directory_of_the_manifest_wins(self) -> None:
        files = {"src/main.py": "", "Dockerfile": PYTHON + 'CMD ["python", "main.py"]\n'}
        assert only(workload({**files, "pod.yaml": pod("workingDir: /app/src")})).entry.module.value == "src/main.py"


class TestPython:
    PACKAGE: ClassVar = {"shop/__init__.py": "", "shop/__main__.py": "", "shop/web.py": "", "manage.py": ""}

    @pytest.mark.parametrize(
        ("line", "name", "module"),
        [
            ("python app.py --debug", "app.py", "app.py"),
            ("/opt/venv/bin/python3.12 app.py", "app.py", "app.py"),
            ("python -u -X dev -W ignore app.py", "app.py", "app.py"),
            ("python -Xdev -OO app.py", "app.py", "app.py"),
            ("python -m shop", "python -m shop", "shop/__main__.py"),
            ("python -um shop.web", "python -m shop.web", "shop/web.py"),
            ("python -mshop", "python -m shop", "shop/__main__.py"),
            ("python -m elsewhere", "python -m elsewhere", ""),
            ("python -c 'import shop'", "python -c", ""),
            ("python", "python", ""),
            ("python manage.py consume", "manage.py consume", "manage.py"),
            ("./manage.py runserver", "manage.py runserver", "manage.py"),
        ],
    )
    def test_what_the_interpreter_starts(self, line: str, name: str, module: str) -> None:
        assert program(line, self.PACKAGE) == (name, module)

    @pytest.mark.parametrize(
        ("line", "unbuffered", "ignores_environment"),
        [
            ("python app.py", False, False),
            ("python -u app.py", True, False),
            ("python -Eu app.py", True, True),
            ("python -I -m shop", False, True),
            ("python app.py -u -I", False, False),
            ("python -X utf8 app.py", False, False),
            ("python -m gunicorn shop.web:app -u 1000", False, False),
        ],
    )
    def test_its_flags_end_where_the_program_begins(
        self, line: str, unbuffered: bool, ignores_environment: bool
    ) -> None:
        entry = only(command(line, **self.PACKAGE)).entry
        assert (entry.unbuffered_flag, entry.ignores_environment) == (unbuffered, ignores_environment)

    @pytest.mark.parametrize(
        ("path", "content"),
        [
            ("pyproject.toml", '[project.scripts]\nserve = "shop.web:main"\n'),
            ("pyproject.toml", '[tool.poetry.scripts]\nserve = "shop.web:main"\n'),
            ("setup.cfg", "[options.entry_points]\nconsole_scripts =\n    serve = shop.web:main\n"),
            (
                "setup.py",
                "from setuptools import setup\nsetup(entry_points={'console_scripts': ['serve=shop.web:main']})\n",
            ),
            ("setup.py", "import setuptools as s\ns.setup(entry_points='[console_scripts]\\nserve=shop.web:main')\n"),
        ],
    )
    def test_a_console_script_leads_to_its_module(self, path: str, content: str) -> None:
        assert program("serve --port 80", {**self.PACKAGE, path: content}) == ("serve", "shop/web.py")

    def test_a_console_script_of_a_src_layout(self) -> None:
        files = {"pyproject.toml": '[project.scripts]\nserve = "shop.web:main"\n', "src/shop/web.py": ""}
        assert program("serve", files) == ("serve", "src/shop/web.py")

    @pytest.mark.parametrize("content", ["[project", "[project]\nscripts = 1", '[project.scripts]\nserve = "shop"'])
    def test_packaging_that_cannot_be_read_defines_no_scripts(self, content: str) -> None:
        assert only(command("serve", **{"pyproject.toml": content})).entry.language.value == "unknown"


class TestServers:
    FILES: ClassVar = {
        "shop/__init__.py": "",
        "shop/web.py": "",
        "shop/celery.py": "",
        "wsgi.py": "",
        "ui/pages.py": "",
    }

    @pytest.mark.parametrize(
        ("line", "name", "module"),
        [
            ("gunicorn shop.web:app", "gunicorn", "shop/web.py"),
            ("gunicorn -w 4 -b localhost:80 shop.web:make(1)", "gunicorn", "shop/web.py"),
            ("gunicorn shop.web:app -k uvicorn.workers.UvicornWorker -b web:8000", "gunicorn", "shop/web.py"),
            ("gunicorn --chdir shop web:app", "gunicorn", "shop/web.py"),
            ("gunicorn -k gevent shop.web", "gunicorn", "shop/web.py"),
            ("gunicorn -w 4 wsgi", "gunicorn", "wsgi.py"),
            ("gunicorn -c gunicorn.conf.py", "gunicorn", ""),
            ("gunicorn other.web:app", "gunicorn", ""),
            ("python -m gunicorn shop.web:app", "gunicorn", "shop/web.py"),
            ("uvicorn shop.web:app --host 0.0.0.0", "uvicorn", "shop/web.py"),
            ("uvicorn --app-dir shop web:app", "uvicorn", "shop/web.py"),
            ("uvicorn $APP", "uvicorn", ""),
            ("hypercorn shop.web:app", "hypercorn", "shop/web.py"),
            ("granian --interface asgi shop.web:app", "granian", "shop/web.py"),
            ("waitress-serve --port=80 shop.web:app", "waitress-serve", "shop/web.py"),
            ("fastapi run shop/web.py", "fastapi", "shop/web.py"),
            ("streamlit run ui/pages.py", "streamlit", "ui/pages.py"),
            ("flask --app shop.web run", "flask", "shop/web.py"),
            ("celery -A shop.web worker", "celery", "shop/web.py"),
            ("celery --app=shop.web:app worker", "celery", "shop/web.py"),
            ("celery -A shop.web.app worker", "celery", "shop/web.py"),
            ("celery -A shop worker", "celery", "shop/celery.py"),
            ("celery -A wsgi beat", "celery", "wsgi.py"),
            ("python -m http.server", "http.server", ""),
        ],
    )
    def test_the_application_is_found(self, line: str, name: str, module: str) -> None:
        assert program(line, self.FILES) == (name, module)

    def test_the_application_is_found_in_a_folder_that_is_copied(self) -> None:
        dockerfile = 'FROM python:3.12-slim\nWORKDIR /srv\nCOPY backend/src/ .\nCMD ["gunicorn", "api.main:app"]\n'
        files = {"backend/src/api/main.py": "", "other/api/main.py": ""}
        assert only(image(dockerfile, files)).entry.module.value == "backend/src/api/main.py"

    @pytest.mark.parametrize(
        ("line", "sigterm"),
        [
            ("gunicorn shop.web:app", True),
            ("uvicorn shop.web:app --reload", True),
            ("celery -A shop worker", True),
            ("flask run", False),
            ("flask run --debug", True),
            ("waitress-serve shop.web:app", False),
            ("python -m http.server", False),
            ("python manage.py runserver", True),
            ("python manage.py runserver --noreload", False),
            ("uwsgi --http :80 -w shop.web", None),
            ("uwsgi --master --http :80 -w shop.web", False),
            ("uwsgi --http :80 --die-on-term", True),
            ("uwsgi --ini uwsgi.ini", None),
            ("mlflow server", None),
            ("python app.py", None),
        ],
    )
    def test_what_a_server_does_on_sigterm(self, line: str, sigterm: bool | None) -> None:
        assert only(command(line, **self.FILES)).entry.sigterm is sigterm

    @pytest.mark.parametrize(
        ("line", "finite"),
        [
            ("gunicorn shop.web:app", False),
            ("celery -A shop worker", False),
            ("celery -A shop inspect ping", True),
            ("python manage.py migrate", True),
            ("python manage.py runserver", False),
            ("python -m pytest", True),
            ("sleep 10", True),
            ("sleep infinity", False),
            ("python app.py", None),
        ],
    )
    def test_whether_a_program_ends_by_itself(self, line: str, finite: bool | None) -> None:
        assert only(command(line, **self.FILES)).entry.finite is finite

    def test_options_are_found_in_every_spelling(self) -> None:
        for spelling in ("-w 4", "--workers 4", "--workers=4", "-w4"):
            option = only(command(f"gunicorn {spelling} shop.web:app")).entry.option("-w", "--workers")
            assert option is not None
            assert option.text == "4"
        assert only(command("gunicorn shop.web:app")).entry.option("-w", "--workers") is None


class TestAModuleThatCopyRenames:
    DOCKERFILE = "FROM python:3.12-slim\nWORKDIR /app\nCOPY loader/main.py /app/src/main.py\n"

    @pytest.mark.parametrize("line", ["python -m src.main --all", "uvicorn src.main:app"])
    def test_it_is_found_where_the_image_has_it(self, line: str) -> None:
        dockerfile = f"{self.DOCKERFILE}CMD {json.dumps(line.split())}\n"
        one = image(dockerfile, {"loader/main.py": "app = None\n", "main.py": ""})
        assert only(one).entry.module.value == "loader/main.py"

    def test_another_module_is_not(self) -> None:
        dockerfile = f'{self.DOCKERFILE}CMD ["python", "-m", "src.other"]\n'
        assert only(image(dockerfile, {"loader/main.py": ""})).entry.module.is_unknown


def test_an_image_of_an_unknown_base_with_a_package_of_the_project_runs_python() -> None:
    base = "FROM registry.example.com/tools:1\nCOPY {} /usr/lib/{}\n"
    assert workload({"Dockerfile": base.format("shop", "shop"), "shop/__init__.py": "", "pod.yaml": pod("")}).ours.value
    other = workload({"Dockerfile": base.format("data", "data"), "data/a.csv": "", "pod.yaml": pod("")})
    assert not other.python.value
