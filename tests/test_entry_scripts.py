"""What entry scripts source, loop over and clear, and what a ConfigMap's key gives."""

from __future__ import annotations

import json
import shlex

import pytest

from builders import chains, image, pod, state, workload
from k8slint.workload.workload import Workload

PYTHON = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\n"


def scripted(script: str, **files: str) -> Workload:
    start = PYTHON + 'CMD ["bin/run.sh"]\n'
    return image(start, {"app.py": "", "bin/run.sh": f"#!/bin/sh\n{script}\n", **files})


class TestSourcedScripts:
    LIBRARY = "start() { exec python app.py; }\n"

    @pytest.mark.parametrize(
        "line",
        [
            '. "$(dirname "$0")/lib.sh"',
            ". $(dirname $0)/lib.sh",
            ". `dirname $0`/lib.sh",
            'source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"',
            'HERE="$(cd "$(dirname "$0")" && pwd)"\n. "$HERE/lib.sh"',
            'HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" >/dev/null 2>&1 && pwd)\n. $HERE/lib.sh',
            '. "${0%/*}/lib.sh"',
            "source ./bin/lib.sh",
            "cd bin\n. ./lib.sh\ncd ..",
        ],
    )
    def test_a_script_beside_it_is_followed(self, line: str) -> None:
        assert chains(scripted(f"{line}\nstart", **{"bin/lib.sh": self.LIBRARY})) == ["bin/run.sh:exec > app.py"]

    def test_another_command_is_not_the_folder(self) -> None:
        one = scripted('. "$(find / -name lib.sh)"\nstart', **{"bin/lib.sh": self.LIBRARY})
        assert chains(one) != ["bin/run.sh:exec > app.py"]


class TestLoops:
    @pytest.mark.parametrize(
        "script",
        [
            "while true; do python app.py; done",
            "while :; do\n  python app.py || echo failed\n  sleep 5\ndone",
            "until gunicorn app; do sleep 1; done",
        ],
    )
    def test_the_shell_stays_in_front_of_what_it_starts_again(self, script: str) -> None:
        (process,) = scripted(script).processes.value
        assert (process.entry.name in ("app.py", "gunicorn"), process.steps[0].how) == (True, "loop")
        assert process.arrives is False

    @pytest.mark.parametrize(
        "wait",
        [
            "until pg_isready; do sleep 1; done",
            "until python wait.py; do sleep 1; done",
            "while ! nc -z db 5432; do sleep 1; done",
            "while true; do nc -z db 5432 && break; sleep 1; done",
        ],
    )
    def test_a_loop_that_waits_comes_to_its_end(self, wait: str) -> None:
        assert chains(scripted(f"{wait}\nexec python app.py")) == ["bin/run.sh:exec > app.py"]

    def test_which_of_several_programs_is_meant_is_not_known(self) -> None:
        (process,) = scripted("while true; do python app.py; python other.py; done").processes.value
        assert process.entry.language.value == "unknown"


class TestClearedEnvironment:
    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ("env -i python app.py", "absent"),
            ("env -i MODE=own python app.py", "known"),
            ("env OTHER=1 python app.py", "known"),
        ],
    )
    def test_env_i_leaves_nothing_but_its_own(self, line: str, expected: str) -> None:
        one = image(PYTHON + f"ENV MODE=image\nCMD {json.dumps(shlex.split(line))}\n", {"app.py": ""})
        assert state(one.environment.get("MODE", one.processes.value[0])) == expected


class TestConfigMapKey:
    FIELDS = "env: [{name: MODE, valueFrom: {configMapKeyRef: {name: settings, key: mode}}}]"

    @pytest.mark.parametrize(
        ("data", "expected"),
        [("{mode: production}", "production"), ("{other: 1}", None), ("{mode: '{{ mode }}'}", None)],
    )
    def test_the_value_is_the_maps(self, data: str, expected: str | None) -> None:
        settings = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings}}\ndata: {data}\n"
        one = workload({"pod.yaml": pod(self.FIELDS), "map.yaml": settings})
        found = one.environment.get("MODE")
        assert (found.value if found.is_known else None) == expected

    def test_its_place_is_the_key_of_the_map(self) -> None:
        settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {mode: production}\n"
        (place,) = workload({"pod.yaml": pod(self.FIELDS), "map.yaml": settings}).environment.get("MODE").places
        assert (place.location.path, place.note) == ("map.yaml", "ConfigMap settings")

    @pytest.mark.parametrize(("folder", "expected"), [("one", "1"), ("two", "2"), ("three", None)])
    def test_of_several_copies_the_one_in_its_folder_counts(self, folder: str, expected: str | None) -> None:
        settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {mode: '%s'}\n"
        maps = {"one/map.yaml": settings % 1, "two/map.yaml": settings % 2}
        found = workload({f"{folder}/pod.yaml": pod(self.FIELDS), **maps}).environment.get("MODE")
        assert (found.value if found.is_known else None) == expected
