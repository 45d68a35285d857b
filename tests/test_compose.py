"""Compose services: what they set, and which of them are judged as containers of their own."""

from __future__ import annotations

from textwrap import dedent

import pytest

from builders import chains, project, state, workload, workloads
from k8slint.models.compose import ComposeService, parse_compose
from k8slint.models.source import Source
from k8slint.workload.workload import Role

DOCKERFILE = 'FROM python:3.12-slim\nCOPY app.py .\nCMD ["python", "app.py"]\n'
CODE = {"Dockerfile": DOCKERFILE, "app.py": "import time\nwhile True:\n    time.sleep(1)\n"}


def service(fields: str) -> ComposeService:
    """The service ``web``; its first field stands in line 3, column 5."""
    text = "services:\n  web:\n" + "".join(f"    {line}\n" for line in dedent(fields).splitlines())
    file = parse_compose(Source("compose.yaml", text))
    assert file is not None
    return file.services[0]


class TestSettings:
    def test_all_of_them(self) -> None:
        found = service("""\
            build: .
            init: true
            stop_grace_period: 1m30s
            stop_signal: SIGINT
            user: "1000:1000"
            working_dir: /srv
            read_only: true
            tmpfs: /tmp
            shm_size: 2gb
            env_file: [.env, {path: more.env}]
            profiles: [debug]
            scale: 2
            volumes: [".:/srv", "data:/data", {type: bind, source: ./etc, target: /etc/app}]
            """).settings
        assert found.init.value is True
        assert found.stop_grace_seconds.value == 90
        assert found.stop_signal.value == "SIGINT"
        assert found.user.value == "1000:1000"
        assert found.working_dir.value == "/srv"
        assert found.read_only.value is True
        assert found.tmpfs.value == ("/tmp",)
        assert found.shm_size.value.value == 2 * 1024**3
        assert found.env_files == (".env", "more.env")
        assert found.profiles == ("debug",)
        assert found.replicas.value == 2
        assert found.bind_mounts == (".", "./etc")
        assert str(found.stop_grace_seconds.places[0].location) == "compose.yaml:5:24"

    def test_replicas_of_deploy(self) -> None:
        found = service("""\
            image: web
            deploy: {replicas: 3}
            """).settings
        assert found.replicas.value == 3

    def test_what_is_not_written_is_absent_and_what_compose_fills_in_is_not_known(self) -> None:
        found = service("image: web\nuser: ${UID:-1000}\n").settings
        assert (state(found.user), state(found.init)) == ("unknown", "absent")

    @pytest.mark.parametrize(
        ("written", "seconds"), [("2m", 120.0), ("1h", 3600.0), ("500ms", 0.5), ("0s", 0.0), ("10", None), ("", None)]
    )
    def test_durations(self, written: str, seconds: float | None) -> None:
        found = service(f"image: web\nstop_grace_period: {written}\n").settings.stop_grace_seconds
        assert (found.value if found.is_known else None) == seconds


class TestServicesAsContainers:
    def test_the_command_of_a_service_is_what_runs(self) -> None:
        compose = "services:\n  worker:\n    build: .\n    command: sh -c 'python app.py && echo done'\n"
        one = workload({**CODE, "docker-compose.yml": compose})
        assert (one.role, one.label) == (Role.SERVICE, "service worker of docker-compose.yml")
        assert chains(one) == ["sh:drops > app.py"]
        assert one.grace_seconds.value == 10

    def test_init_is_in_front_of_the_command(self) -> None:
        one = workload({**CODE, "docker-compose.yml": "services:\n  web:\n    build: .\n    init: true\n"})
        assert chains(one) == ["docker-init:forwards > app.py"]

    def test_environment_user_and_signal(self) -> None:
        compose = """\
            services:
              web:
                build: .
                user: "0"
                stop_signal: SIGINT
                stop_grace_period: 45s
                environment: {MODE: prod, TOKEN: "${TOKEN}", PASSED: }
            """
        one = workload({**CODE, "docker-compose.yml": compose})
        assert one.environment.get("MODE").value == "prod"
        assert state(one.environment.get("TOKEN")) == state(one.environment.get("PASSED")) == "unknown"
        assert state(one.environment.get("OTHER")) == "absent"
        assert one.user.value.is_root
        assert (one.stop_signal.value, one.grace_seconds.value) == ("SIGINT", 45)

    def test_env_files_may_set_anything(self) -> None:
        one = workload({**CODE, "docker-compose.yml": "services:\n  web: {build: ., env_file: .env}\n"})
        assert state(one.environment.get("PYTHONUNBUFFERED")) == "unknown"

    def test_what_only_kubernetes_has_is_not_known(self) -> None:
        one = workload({**CODE, "docker-compose.yml": "services:\n  web: {build: ., init: true}\n"})
        assert state(one.probe("readinessProbe")) == "unknown"
        assert state(one.quantity("limits", "memory")) == "unknown"
        assert state(one.served_by) == "unknown"

    @pytest.mark.parametrize(
        "command", ["python app.py ${MODE}", '"it is \'unclosed"', "[]", "[sh, -c, 'python app.py $MODE']"]
    )
    def test_a_command_that_cannot_be_read_leaves_the_process_unknown(self, command: str) -> None:
        files = {**CODE, "docker-compose.yml": f"services:\n  web:\n    build: .\n    command: {command}\n"}
        assert workload(files).processes.is_unknown

    def test_two_dollars_are_one_for_the_shell(self) -> None:
        compose = "services:\n  web:\n    build: .\n    command: [sh, -c, 'exec python app.py $$MODE']\n"
        assert workload({**CODE, "docker-compose.yml": compose}).processes.is_known


class TestWhichServicesCount:
    @pytest.mark.parametrize(
        "fields",
        [
            "volumes: ['.:/app']",
            "volumes: [{type: bind, source: ., target: /app}]",
            "profiles: [tools]",
            "command: uvicorn app:app --reload",
            "command: python manage.py runserver",
            "extends: {file: other.yml, service: web}",
        ],
    )
    def test_a_service_for_development_does_not(self, fields: str) -> None:
        compose = f"services:\n  web:\n    build: .\n    init: true\n    {fields}\n"
        assert workload({**CODE, "docker-compose.yml": compose}).role is Role.IMAGE

    @pytest.mark.parametrize(
        "path",
        ["docker-compose.override.yml", "docker-compose.dev.yml", ".devcontainer/compose.yml", "tests/compose.yml"],
    )
    def test_a_file_for_development_does_not(self, path: str) -> None:
        context = ".." if "/" in path else "."
        compose = f"services:\n  web:\n    build: {context}\n    init: true\n"
        assert workload({**CODE, path: compose}).role is Role.IMAGE

    def test_of_a_service_in_two_files_nobody_knows_which_counts(self) -> None:
        compose = "services:\n  web:\n    build: .\n    init: true\n"
        assert workload({**CODE, "docker-compose.yml": compose, "docker-compose.prod.yml": compose}).role is Role.IMAGE

    def test_a_service_that_adds_nothing_is_its_image(self) -> None:
        compose = "services:\n  web: {build: .}\n  worker: {build: ., command: python other.py}\n"
        found = workloads({**CODE, "docker-compose.yml": compose})
        assert [one.label for one in found] == ["service worker of docker-compose.yml", "the image of Dockerfile"]

    def test_a_service_that_others_wait_for_is_a_job(self) -> None:
        compose = """\
            services:
              init: {build: ., command: sh -c 'python app.py && true'}
              web:
                build: .
                command: python app.py --port 80
                depends_on: {init: {condition: service_completed_successfully}}
              worker: {build: ., command: python app.py --work, depends_on: {web: {condition: service_healthy}}}
            """
        found = workloads({**CODE, "docker-compose.yml": compose})
        assert [one.runs_to_completion for one in found] == [True, False, False]

    def test_a_service_that_only_names_an_image_is_pulled_where_others_are_built(self) -> None:
        named = "  sandbox: {image: ghcr.io/example/app-sandbox, init: true}\n"
        compose = f"services:\n  web: {{build: ., init: true}}\n{named}"
        found = workloads({**CODE, "docker-compose.yml": compose})
        assert [one.label for one in found] == ["service web of docker-compose.yml"]
        (alone,) = workloads({**CODE, "docker-compose.yml": f"services:\n{named}"})
        assert alone.label == "service sandbox of docker-compose.yml"

    def test_a_project_with_manifests_is_not_judged_by_its_compose_file(self) -> None:
        pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: shop}]}\n"
        compose = "services:\n  web:\n    image: shop\n    build: .\n    command: sh -c 'python app.py && true'\n"
        found = workloads({**CODE, "pod.yaml": pod, "docker-compose.yml": compose})
        assert [one.label for one in found] == ["Pod web"]

    def test_a_workload_knows_the_services_with_its_image(self) -> None:
        pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: shop}]}\n"
        compose = """\
            services:
              web: {image: shop, build: ., init: true, shm_size: 1gb}
              db: {image: "postgres:16"}
            """
        one = workload({**CODE, "pod.yaml": pod, "docker-compose.dev.yml": compose})
        assert [(found.name, found.settings.init.or_else(False)) for found in one.compose] == [("web", True)]
        assert str(one.compose[0].settings.shm_size.places[0].location) == "docker-compose.dev.yml:2:54"

    def test_services_are_counted_among_the_workloads(self) -> None:
        found = project({**CODE, "docker-compose.yml": "services:\n  web: {build: ., init: true}\n"})
        assert found.counts["workloads"] == found.counts["linked to an image"] == 1
