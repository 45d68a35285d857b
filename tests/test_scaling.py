"""How many pods the manifests ask for: the replicas, autoscalers that name the workload, and what a patch may set."""

from __future__ import annotations

import pytest

from builders import workloads
from k8slint.fact import Fact
from k8slint.workload.scaling import Replicas

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: web}]
"""
AUTOSCALER = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {kind: Deployment, name: web}
  maxReplicas: 9
"""
SCALED_OBJECT = """\
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: web}
spec:
  scaleTargetRef: {name: web}
"""


def replicas(**files: str) -> Fact[Replicas]:
    return workloads({f"k8s/{name}.yaml": text for name, text in files.items()})[0].replica_range


@pytest.mark.parametrize(
    ("scaler", "expected"),
    [
        ("", Replicas(2, 2, "replicas")),
        (AUTOSCALER, Replicas(1, 9, "HorizontalPodAutoscaler")),
        (SCALED_OBJECT, Replicas(0, 100, "ScaledObject")),
        (AUTOSCALER.replace("namespace: shop", "namespace: other"), Replicas(2, 2, "replicas")),
        (AUTOSCALER.replace("kind: Deployment", "kind: StatefulSet"), Replicas(2, 2, "replicas")),
    ],
)
def test_an_autoscaler_counts_where_it_names_the_workload(scaler: str, expected: Replicas) -> None:
    assert replicas(deployment=DEPLOYMENT, scaler=scaler).value == expected


@pytest.mark.parametrize("change", ["replicas: '2'", "replicas: {{ .Values.replicas }}"])
def test_a_number_that_is_filled_in_later_is_unknown(change: str) -> None:
    assert replicas(deployment=DEPLOYMENT.replace("replicas: 2", change)).is_unknown


def test_a_kustomization_sets_the_replicas() -> None:
    kustomization = "resources: [deployment.yaml]\nreplicas: [{name: web, count: 5}]\n"
    found = replicas(deployment=DEPLOYMENT, kustomization=kustomization)
    assert (found.value.most, str(found.places[0].location)) == (5, "k8s/kustomization.yaml:2:31")


def test_a_remote_base_may_bring_an_autoscaler() -> None:
    kustomization = "resources: [deployment.yaml, 'https://github.com/example/shop//base?ref=v1']\n"
    assert replicas(deployment=DEPLOYMENT, kustomization=kustomization).is_unknown


def test_the_place_is_the_number_to_edit() -> None:
    place = replicas(deployment=DEPLOYMENT, scaler=AUTOSCALER).places[0]
    assert (place.location.path, place.location.line) == ("k8s/scaler.yaml", 6)
