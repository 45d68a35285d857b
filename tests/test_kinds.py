"""Kinds beyond the core: where their pods stand, what they are called, and what their controllers do to them."""

from __future__ import annotations

from textwrap import dedent

import pytest

from builders import project, workload, workloads
from k8slint.models.manifest import objects
from k8slint.models.source import Source

POD = "{containers: [{name: app, image: shop}]}"


def parts(content: str) -> list[tuple[str, list[str]]]:
    """The pods of the only object: the name of each with its containers."""
    (one,), notices = objects(Source("k8s.yaml", dedent(content)))
    assert notices == ()
    return [(pod.name, [f"{c.role} {c.name}" for c in (*pod.init_containers, *pod.containers)]) for pod in one.pods]


@pytest.mark.parametrize(
    ("version", "kind", "spec", "names"),
    [
        (
            "ray.io/v1",
            "RayCluster",
            "{headGroupSpec: {template: {spec: POD}}, workerGroupSpecs: [{groupName: gpu, template: {spec: POD}}]}",
            ["head", "worker group gpu"],
        ),
        (
            "ray.io/v1",
            "RayJob",
            "{rayClusterSpec: {headGroupSpec: {template: {spec: POD}}}, submitterPodTemplate: {spec: POD}}",
            ["head", "submitter"],
        ),
        ("ray.io/v1", "RayService", "{rayClusterConfig: {headGroupSpec: {template: {spec: POD}}}}", ["head"]),
        (
            "kubeflow.org/v1",
            "PyTorchJob",
            "{pytorchReplicaSpecs: {Master: {template: {spec: POD}}, Worker: {template: {spec: POD}}}}",
            ["Master", "Worker"],
        ),
        ("kubeflow.org/v1", "TFJob", "{tfReplicaSpecs: {Chief: {template: {spec: POD}}}}", ["Chief"]),
        ("kubeflow.org/v2beta1", "MPIJob", "{mpiReplicaSpecs: {Launcher: {template: {spec: POD}}}}", ["Launcher"]),
        ("kubeflow.org/v1", "XGBoostJob", "{xgbReplicaSpecs: {Master: {template: {spec: POD}}}}", ["Master"]),
        (
            "jobset.x-k8s.io/v1alpha2",
            "JobSet",
            "{replicatedJobs: [{name: train, template: {spec: {template: {spec: POD}}}}]}",
            ["job train"],
        ),
        (
            "leaderworkerset.x-k8s.io/v1",
            "LeaderWorkerSet",
            "{leaderWorkerTemplate: {leaderTemplate: {spec: POD}, workerTemplate: {spec: POD}}}",
            ["leader", "worker"],
        ),
        ("serving.kserve.io/v1beta1", "InferenceService", "{predictor: POD}", ["predictor"]),
        ("serving.kserve.io/v1beta1", "InferenceService", "{predictor: {sklearn: {storageUri: 's3://m'}}}", []),
        (
            "machinelearning.seldon.io/v1",
            "SeldonDeployment",
            "{predictors: [{name: main, componentSpecs: [{spec: POD}]}]}",
            ["predictor main"],
        ),
        (
            "sparkoperator.k8s.io/v1beta2",
            "SparkApplication",
            "{driver: {cores: 1, template: {spec: POD}}, executor: {cores: 1}}",
            ["driver"],
        ),
    ],
)
def test_where_each_kind_keeps_its_pods(version: str, kind: str, spec: str, names: list[str]) -> None:
    content = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: x}}\nspec: {spec.replace('POD', POD)}\n"
    assert [name for name, _ in parts(content)] == names


WORKFLOW = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: nightly}
spec:
  entrypoint: all
  volumes:
    - {name: data, emptyDir: {}}
  templates:
    - name: all
      steps: [[{name: one, template: load}]]
    - name: load
      initContainers:
        - {name: fetch, image: shop}
      container:
        image: shop
        command: [python, load.py]
      sidecars:
        - {name: db, image: "redis:7"}
    - name: report
      script:
        image: shop
        command: [python]
        source: print("done")
    - name: both
      containerSet:
        containers:
          - {name: a, image: shop}
          - {name: b, image: shop}
    - name: server
      daemon: true
      container: {image: shop}
"""


def test_each_template_of_a_workflow_that_runs_containers_is_a_pod() -> None:
    assert parts(WORKFLOW) == [
        ("step load", ["init fetch", "main main", "main db"]),
        ("step report", ["main main"]),
        ("step both", ["main a", "main b"]),
    ]


def test_a_cron_workflow_holds_a_workflow() -> None:
    content = """\
        apiVersion: argoproj.io/v1alpha1
        kind: CronWorkflow
        metadata: {name: nightly}
        spec:
          schedule: "0 3 * * *"
          workflowSpec:
            templates:
              - {name: load, container: {image: shop}}
        """
    assert parts(content) == [("step load", ["main main"])]


def test_what_may_change_every_pod_of_a_workflow_leaves_none_of_them_known() -> None:
    assert parts(WORKFLOW.replace("  entrypoint: all", "  podSpecPatch: '{}'")) == []


def test_a_step_of_a_workflow_ends_by_itself_and_runs_behind_a_wrapper() -> None:
    files = {"wf.yaml": WORKFLOW, "Dockerfile": "FROM python:3.12-slim\nCOPY load.py .\n", "load.py": "print(1)\n"}
    found = {one.label: one for one in workloads(files)}
    load = found["container main of step load of Workflow nightly"]
    assert load.runs_to_completion
    (process,) = load.processes.value
    assert [step.name for step in process.steps] == ["argoexec"]
    assert process.arrives is True
    assert found["step report of Workflow nightly"].processes.is_unknown


def test_the_command_of_a_ray_container_is_written_by_its_operator() -> None:
    content = f"""\
        apiVersion: ray.io/v1
        kind: RayCluster
        metadata: {{name: ray}}
        spec:
          headGroupSpec:
            template:
              spec: {POD}
        """
    head = workload({"ray.yaml": content})
    assert head.label == "head of RayCluster ray"
    assert head.processes.is_unknown
    assert head.brings_own_probes
    assert head.replicas is None


@pytest.mark.parametrize(
    ("version", "kind", "spec", "seconds"),
    [
        ("serving.knative.dev/v1", "Service", "{template: {spec: POD}}", 300),
        ("serving.knative.dev/v1", "Service", "{template: {spec: {timeoutSeconds: 60, containers: [{image: a}]}}}", 60),
        ("apps/v1", "Deployment", "{selector: {}, template: {spec: POD}}", 30),
        ("serving.kserve.io/v1beta1", "InferenceService", "{predictor: POD}", None),
    ],
)
def test_the_grace_period_is_the_controllers(version: str, kind: str, spec: str, seconds: int | None) -> None:
    content = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: x}}\nspec: {spec.replace('POD', POD)}\n"
    grace = workload({"k8s.yaml": content}).grace_seconds
    assert (grace.value if grace.is_known else None) == seconds


def test_spark_sets_the_resources_of_its_pods_itself() -> None:
    content = f"""\
        apiVersion: sparkoperator.k8s.io/v1beta2
        kind: SparkApplication
        metadata: {{name: etl}}
        spec: {{driver: {{memory: 1g, template: {{spec: {POD}}}}}}}
        """
    assert workload({"k8s.yaml": content}).quantity("limits", "memory").is_unknown


def test_a_rollout_that_takes_its_pods_from_a_deployment_sets_their_number() -> None:
    rollout = """\
        apiVersion: argoproj.io/v1alpha1
        kind: Rollout
        metadata: {name: web}
        spec: {replicas: 5, workloadRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
        """
    deployment = f"""\
        apiVersion: apps/v1
        kind: Deployment
        metadata: {{name: web}}
        spec: {{replicas: 0, selector: {{}}, template: {{spec: {POD}}}}}
        """
    (one,) = workloads({"rollout.yaml": rollout, "web.yaml": deployment})
    assert one.label == "Deployment web"
    assert one.replica_range.is_unknown


def test_kinds_that_hold_containers_and_are_not_known_are_said_once() -> None:
    crawler = "apiVersion: example.com/v1\nkind: Crawler\nmetadata: {name: %s}\nspec: {container: {image: shop}}\n"
    found = project({"a.yaml": crawler % "one", "b.yaml": crawler % "two"})
    assert [f"{one.location}: {one.message}" for one in found.notices] == [
        "a.yaml:3:18: containers in objects of kinds that k8slint does not know are not judged: 2 Crawler"
    ]


def test_an_unknown_kind_without_containers_is_not_mentioned() -> None:
    assert project({"a.yaml": "apiVersion: example.com/v1\nkind: Topic\nmetadata: {name: x}\n"}).notices == ()
