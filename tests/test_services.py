"""Which container of a pod a Service sends its traffic to."""

from __future__ import annotations

import pytest

from builders import workloads

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
"""
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  containers:
  - {name: web, image: example/shop%s}
  - {name: proxy, image: example/proxy, ports: [{containerPort: 5432}]}
"""


@pytest.mark.parametrize(
    ("fields", "serves"),
    [
        ("", False),
        (", ports: [{containerPort: 8080}]", True),
        (", ports: [{containerPort: 9090}]", False),
        (", readinessProbe: {httpGet: {path: /, port: 8080}}", True),
        (", livenessProbe: {tcpSocket: {port: 8080}}", True),
        (", livenessProbe: {httpGet: {path: /, port: 9090}}", False),
    ],
)
def test_the_one_that_declares_its_port_or_is_probed_there(fields: str, serves: bool) -> None:
    web, proxy = workloads({"service.yaml": SERVICE, "pod.yaml": POD % fields})
    assert (web.served_by.is_known, proxy.served_by.is_known) == (serves, False)


def test_a_probe_may_ask_the_port_that_another_container_declares() -> None:
    pod = (POD % ", readinessProbe: {httpGet: {path: /, port: 8080}}").replace("5432", "8080")
    web, proxy = workloads({"service.yaml": SERVICE, "pod.yaml": pod})
    assert (web.served_by.is_known, proxy.served_by.is_known) == (False, True)
