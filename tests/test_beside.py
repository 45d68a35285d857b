"""Repositories that keep a copy of their manifests for each way to install them."""

from __future__ import annotations

from builders import workloads
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
