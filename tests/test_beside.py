"""Repositories that keep a copy of their manifests for each way to install them."""

from __future__ import annotations

import pytest

from builders import workloads
from k8slint.models.manifest import objects
from k8slint.models.source import Source
from k8slint.workload.beside import Beside, by_kind
from k8slint.workload.workload import Workload

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: shop
        envFrom: [{configMapRef: {name: settings}}]
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""
SCALER = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {minReplicas: 5, maxReplicas: 50, scaleTargetRef: {kind: Deployment, name: web}}
"""
SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {MODE: %s}\n"


def copies() -> dict[str, Workload]:
    found = workloads(
        {
            "extras/load/k8s/web.yaml": DEPLOYMENT,
            "extras/load/k8s/config.yaml": SETTINGS % "load",
            "extras/load/hpa/web.yaml": SCALER,
            "extras/services.yaml": SERVICE,
            "k8s/web.yaml": f"{DEPLOYMENT}---\n{SERVICE}",
            "k8s/config.yaml": SETTINGS % "plain",
            "other/web.yaml": DEPLOYMENT,
        }
    )
    return {one.owner.path: one for one in found if one.owner is not None}


def test_an_autoscaler_scales_the_copy_that_it_lies_near_to() -> None:
    found = {path: one.replica_range.value.most for path, one in copies().items()}
    assert found == {"extras/load/k8s/web.yaml": 50, "k8s/web.yaml": 1, "other/web.yaml": 1}


def test_a_config_map_of_the_same_folder_is_meant() -> None:
    found = {path: one.environment.get("MODE") for path, one in copies().items()}
    assert found["extras/load/k8s/web.yaml"].value == "load"
    assert found["k8s/web.yaml"].value == "plain"
    assert found["other/web.yaml"].reason == "envFrom configMap settings is one of several of that name"


def test_the_service_beside_it_is_named() -> None:
    (place,) = copies()["k8s/web.yaml"].served_by.places
    assert place.location.path == "k8s/web.yaml"


_SERVICE = "apiVersion: v1\nkind: Service\nmetadata:\n  name: {}\n"


def _found(owner_path: str, *services: tuple[str, str]) -> list[str]:
    every = [one for path, name in services for one in objects(Source(path, _SERVICE.format(name)))[0]]
    (owner,) = objects(Source(owner_path, _SERVICE.format("owner")))[0]
    return [one.path for one in Beside(every, {}).find(owner, by_kind, "Service")]


@pytest.mark.parametrize(
    ("services", "expected"),
    [
        # Of two copies the one of the folder counts, and of three that of the file.
        ((("release/all.yaml", "api"), ("dev/services.yaml", "api")), ["dev/services.yaml"]),
        ((("dev/services.yaml", "api"), ("dev/api.yaml", "api"), ("release/all.yaml", "api")), ["dev/api.yaml"]),
        # Of two that are both elsewhere nobody knows which it is.
        ((("release/all.yaml", "api"), ("test/all.yaml", "api")), ["release/all.yaml", "test/all.yaml"]),
        # Another Service is no copy.
        ((("dev/api.yaml", "api"), ("public/api.yaml", "api-public")), ["dev/api.yaml", "public/api.yaml"]),
    ],
)
def test_the_nearest_copy_counts(services: tuple[tuple[str, str], ...], expected: list[str]) -> None:
    assert _found("dev/api.yaml", *services) == expected
