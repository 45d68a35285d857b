"""Which files a container's user may not write."""

from __future__ import annotations

import pytest

from builders import pod, workload, workloads
from k8slint.workload.unwritable import unwritable_files

WRITES = 'open("state.json", "w")\n'


def refused(dockerfile: str, code: str = WRITES, fields: str = "", spec: str = "") -> list[str]:
    """The paths that are refused to the program ``app.py`` of an image on python:3.12-slim."""
    lines = f'FROM python:3.12-slim\n{dockerfile}\nCMD ["python", "app.py"]\n'
    one = workload({"Dockerfile": lines, "app.py": code, "pod.yaml": pod(fields, spec)})
    assert one.processes.is_known
    return [found.write.path for process in one.processes.value for found in unwritable_files(one, process)]


def test_a_folder_that_root_made_before_user() -> None:
    assert refused("WORKDIR /srv/app\nCOPY . .\nUSER 1000") == ["/srv/app/state.json"]


def test_copy_makes_folders_for_root_also_after_user() -> None:
    assert refused("USER 1000\nWORKDIR /srv\nCOPY . /srv/") == ["/srv/state.json"]


def test_the_user_of_the_manifest_counts() -> None:
    assert refused("WORKDIR /srv\nCOPY . .", fields="securityContext: {runAsUser: 1000}") == ["/srv/state.json"]


@pytest.mark.parametrize(
    "dockerfile",
    [
        "WORKDIR /srv\nCOPY . .",
        "WORKDIR /srv\nCOPY --chown=1000 . .\nUSER 1000",
        "WORKDIR /srv\nCOPY . .\nRUN chown -R 1000 /srv\nUSER 1000",
        "WORKDIR /srv\nCOPY . .\nRUN ./setup.sh\nUSER 1000",
        "WORKDIR /srv\nCOPY . .\nRUN chmod a+w .\nUSER 1000",
        "USER 1000\nWORKDIR /srv\nCOPY app.py app.py",
        "WORKDIR /tmp/app\nCOPY . .\nUSER 1000",
    ],
)
def test_folders_that_somebody_else_may_own(dockerfile: str) -> None:
    assert refused(dockerfile) == []


@pytest.mark.parametrize(
    "code",
    [
        'open("state.json")\n',
        'open("/tmp/state.json", "w")\n',
        f'import os\nos.chdir("/tmp")\n{WRITES}',
        f"try:\n    {WRITES}except OSError:\n    pass\n",
        f"import sys\nif len(sys.argv) > 1:\n    {WRITES}",
        'import sys\nopen(sys.argv[1], "w")\n',
    ],
)
def test_code_that_may_not_write_there(code: str) -> None:
    assert refused("WORKDIR /srv\nCOPY . .\nUSER 1000", code) == []


def test_a_volume_over_the_folder() -> None:
    mount = "volumeMounts: [{name: state, mountPath: /srv}]"
    assert refused("WORKDIR /srv\nCOPY . .\nUSER 1000", WRITES, mount, "volumes: [{name: state, emptyDir: {}}]") == []


def test_a_claim_without_a_group() -> None:
    mount = "volumeMounts: [{name: state, mountPath: /data}]"
    claim = "volumes: [{name: state, persistentVolumeClaim: {claimName: state}}]\n"
    code = 'open("/data/state.json", "w")\n'
    assert refused("WORKDIR /srv\nCOPY . .\nUSER 1000", code, mount, claim) == ["/data/state.json"]
    assert refused("WORKDIR /srv\nCOPY . .\nUSER 1000", code, mount, claim + "securityContext: {fsGroup: 1000}") == []
    prepared = claim + "initContainers: [{name: own, image: busybox, command: [chown, '1000', /data]}]"
    lines = 'FROM python:3.12-slim\nWORKDIR /srv\nCOPY . .\nUSER 1000\nCMD ["python", "app.py"]\n'
    found = workloads({"Dockerfile": lines, "app.py": code, "pod.yaml": pod(mount, prepared)})
    assert not [one for each in found for process in each.python_processes for one in unwritable_files(each, process)]


def test_a_claim_of_a_stateful_set() -> None:
    manifest = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: shop
          volumeMounts: [{name: state, mountPath: /data}]
  volumeClaimTemplates:
    - metadata: {name: state}
      spec: {accessModes: [ReadWriteOnce]}
"""
    lines = 'FROM python:3.12-slim\nCOPY app.py .\nUSER 1000\nCMD ["python", "app.py"]\n'
    one = workload({"Dockerfile": lines, "app.py": 'open("/data/state.json", "w")\n', "web.yaml": manifest})
    found = [refused for process in one.python_processes for refused in unwritable_files(one, process)]
    assert [(refused.write.path, refused.on_volume) for refused in found] == [("/data/state.json", True)]
