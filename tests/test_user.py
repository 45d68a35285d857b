"""The user that a program runs as: manifest over image over base image."""

from __future__ import annotations

import pytest

from builders import image, pod, state, workload, workloads
from k8slint.workload.user import User
from k8slint.workload.workload import Workload
from k8slint_rules.security import effective_root

CMD = 'CMD ["python", "app.py"]\n'


def of_image(instructions: str = "", base: str = "python:3.12-slim") -> Workload:
    return image(f"FROM {base}\n{instructions}\n{CMD}")


def deployed(fields: str = "", spec: str = "", instructions: str = "") -> Workload:
    dockerfile = f"FROM python:3.12-slim\n{instructions}\n{CMD}"
    return workload({"Dockerfile": dockerfile, "pod.yaml": pod(fields, spec)})


def security(settings: str) -> str:
    return f"securityContext: {{{settings}}}\n"


class TestImage:
    @pytest.mark.parametrize(
        ("instructions", "user"),
        [
            ("", User("root", True)),
            ("USER app", User("app", False)),
            ("USER 10001:10001", User("10001", False)),
            ("USER 0", User("0", True)),
            ("USER root:staff", User("root", True)),
            ("USER app\nUSER root", User("root", True)),
            ("ARG ID=10001\nUSER $ID", User("10001", False)),
        ],
    )
    def test_the_last_user_of_the_stage(self, instructions: str, user: User) -> None:
        assert of_image(instructions).user.value == user

    def test_an_argument_without_a_default_is_unknown(self) -> None:
        assert state(of_image("ARG ID\nUSER $ID").user) == "unknown"

    def test_a_user_goes_with_its_stage(self) -> None:
        base = "FROM python:3.12-slim AS base\nUSER app\n"
        assert image(f"{base}FROM base\n{CMD}").user.value == User("app", False)
        assert image(f"{base}FROM python:3.12-slim\nCOPY --from=base /app /app\n{CMD}").user.value == User("root", True)

    @pytest.mark.parametrize(
        ("base", "user"),
        [
            ("python:3.12-alpine", "root"),
            ("gcr.io/distroless/python3-debian12", "root"),
            ("gcr.io/distroless/python3-debian12:nonroot", "65532"),
            ("registry.access.redhat.com/ubi9/python-312", "1001"),
            ("apache/airflow:3.0.0", "50000"),
        ],
    )
    def test_without_one_it_is_that_of_the_base_image(self, base: str, user: str) -> None:
        assert of_image(base=base).user.value.name == user

    def test_of_an_unknown_base_image_it_is_unknown(self) -> None:
        assert state(of_image(base="registry.example.com/python:1").user) == "unknown"
        assert of_image("USER app", "registry.example.com/python:1").user.value == User("app", False)

    def test_the_base_image_may_be_one_of_the_repository(self) -> None:
        files = {
            "base/Dockerfile": "FROM python:3.12-slim\nUSER app\n",
            "api/Dockerfile": f"FROM example/base:1\n{CMD}",
        }
        (one, _) = workloads({**files, "pod.yaml": pod("image: example/api:1")})
        assert one.user.value == User("app", False)

    def test_the_place_is_the_user_instruction_or_from(self) -> None:
        assert [str(place.location) for place in of_image("USER root").user.places] == ["Dockerfile:2:1"]
        assert [str(place.location) for place in of_image().user.places] == ["Dockerfile:1:1"]


class TestRunAsUser:
    def test_the_manifest_is_over_the_image(self) -> None:
        assert deployed(security("runAsUser: 10001")).user.value == User("10001", False)
        assert deployed(security("runAsUser: 0"), instructions="USER app").user.value == User("0", True)

    def test_the_container_is_over_the_pod(self) -> None:
        assert deployed(spec=security("runAsUser: 10001")).user.value == User("10001", False)
        both = deployed(security("runAsUser: 0"), security("runAsUser: 10001"))
        assert both.user.value == User("0", True)
        assert [(str(place.location), place.note) for place in both.user.places] == [
            ("pod.yaml:8:34", "runAsUser of the container")
        ]

    def test_a_template_may_set_any_user(self) -> None:
        assert state(deployed(security("runAsUser: '{{ .Values.uid }}'")).user) == "unknown"


class TestRunAsNonRoot:
    def test_the_kubelet_refuses_to_start_a_root_image(self) -> None:
        one = deployed(security("runAsNonRoot: true"))
        assert one.user.value == User("root", True, refused=True)
        assert [str(place.location) for place in one.user.places] == ["pod.yaml:8:37", "Dockerfile:1:1"]

    def test_it_asks_nothing_of_an_image_with_a_user(self) -> None:
        assert deployed(security("runAsNonRoot: true"), instructions="USER 10001").user.value == User("10001", False)

    def test_the_container_is_over_the_pod(self) -> None:
        both = deployed(security("runAsNonRoot: false"), security("runAsNonRoot: true"))
        assert both.user.value == User("root", True)

    def test_a_template_may_refuse_it_or_not(self) -> None:
        assert state(deployed(security("runAsNonRoot: '{{ .Values.strict }}'")).user) == "unknown"


class TestSwitchingLater:
    """Root may be there only to start the program as somebody else."""

    @pytest.mark.parametrize(
        ("line", "drops_root"),
        [
            ('CMD ["gosu", "app", "python", "app.py"]', True),
            ('CMD ["su-exec", "10001:10001", "python", "app.py"]', True),
            ('CMD ["gosu", "root", "python", "app.py"]', False),
            ('CMD ["gosu", "0:0", "python", "app.py"]', False),
            ('CMD ["su", "app", "-c", "python app.py"]', True),
            ('CMD ["./run.sh"]', True),
            ('CMD ["python", "app.py"]', False),
        ],
    )
    def test_a_wrapper_on_the_way_is_seen(self, line: str, drops_root: bool) -> None:
        files = {"run.sh": "#!/bin/sh\nchown -R app /data\nexec gosu app python app.py\n"}
        one = image(f"FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\n{line}\n", files)
        (process,) = one.processes.value
        assert (one.user.value.is_root, process.drops_root) == (True, drops_root)

    def test_a_script_that_cannot_be_read_may_switch(self) -> None:
        install = "FROM python:3.12-slim\nRUN apt-get install -y gosu\n"
        assert state(image(f'{install}ENTRYPOINT ["/fetched.sh"]\n').user) == "unknown"


class TestWithoutAManifest:
    def test_a_template_that_cannot_be_read_may_set_the_user(self) -> None:
        files = {"Dockerfile": f"FROM python:3.12-slim\n{CMD}", "chart/Chart.yaml": "name: shop\n"}
        template = "{{{{ if }}}}\napiVersion: v1\nkind: Pod\nspec:\n  securityContext:\n    {}: 1\n"
        assert state(workload({**files, "chart/templates/pod.yaml": template.format("runAsUser")}).user) == "unknown"
        assert state(workload({**files, "chart/templates/pod.yaml": template.format("fsGroup")}).user) == "known"

    def test_an_image_that_is_built_elsewhere_is_unknown(self) -> None:
        assert state(workload({"pod.yaml": pod("image: example/shop:1")}).user) == "unknown"
        official = workload({"pod.yaml": pod("image: python:3.12\ncommand: [python, app.py]")})
        assert official.user.value == User("root", True)


def test_root_by_compose_is_not_laid_to_the_image() -> None:
    one = workload(
        {
            "Dockerfile": 'FROM python:3.12-slim\nCOPY app.py .\nUSER app\nCMD ["python", "app.py"]\n',
            "compose.yaml": "services:\n  web:\n    build: .\n    user: root\n",
            "app.py": "print(1)\n",
        }
    )
    (finding,) = effective_root.check(one)
    assert finding.message == "service web of compose.yaml runs as root: its user is root"
    assert finding.repair is None
    assert "USER" not in (finding.fix or "")
