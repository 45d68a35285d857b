"""Kubernetes objects, pod templates, containers and quantities."""

from __future__ import annotations

from textwrap import dedent, indent
from typing import Any

import pytest

from k8slint.fact import Fact
from k8slint.location import Location, Notice, NoticeLevel
from k8slint.models.manifest import Container, KubernetesObject, objects
from k8slint.models.quantity import parse_quantity
from k8slint.models.source import Source
from k8slint.models.yaml import YamlMapping


def read(content: str, path: str = "k8s/web.yaml") -> tuple[KubernetesObject, ...]:
    found, notices = objects(Source(path, content))
    assert notices == ()
    return found


def container(fields: str) -> Container:
    """The container of a pod; its first field stands in line 6, column 5."""
    head = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: web\n"
    (pod,) = read(head + indent(dedent(fields), "    "))
    assert pod.pod is not None
    return pod.pod.containers[0]


def place(fact: Fact[Any]) -> Location:
    return fact.places[0].location


def state(fact: Fact[Any]) -> str:
    return fact.state.value


POD_SPEC = "{containers: [{name: web, image: app:1}]}"


class TestObjects:
    def test_name_kind_and_place(self) -> None:
        (one,) = read("""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels: {app: web}
  annotations:
    k8slint.dev/ignore: probes-missing
""")
        assert (one.api_version, one.group, one.kind) == ("apps/v1", "apps", "Deployment")
        assert (one.name, one.namespace, one.path) == ("web", "shop", "k8s/web.yaml")
        assert one.location == Location("k8s/web.yaml", 4, 9, 4, 12)
        assert one.labels == {"app": "web"}
        assert one.annotations == {"k8slint.dev/ignore": "probes-missing"}
        assert one.pod is None
        assert not one.templated

    def test_without_a_name_the_kind_is_the_place(self) -> None:
        (one,) = read("apiVersion: v1\nkind: Pod\nmetadata: {generateName: x-}\n")
        assert one.name is None
        assert str(one.location) == "k8s/web.yaml:2:7"

    @pytest.mark.parametrize(
        "content",
        [
            "kind: Deployment\n",
            "apiVersion: v2\nname: chart\n",
            "rules:\n- apiVersion: v1\n  kind: Pod\n",
            "text: |\n  apiVersion: v1\n  kind: Pod\n",
            "# apiVersion: v1\n# kind: Pod\na: 1\n",
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n",
            "apiVersion: skaffold/v4beta6\nkind: Config\n",
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.b}\n",
            "[apiVersion, kind]\n",
            "",
        ],
    )
    def test_what_is_no_object(self, content: str) -> None:
        assert read(content) == ()

    def test_lists_are_flattened(self) -> None:
        found = read("""\
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Service, metadata: {name: a}}
- apiVersion: v1
  kind: PodList
  items:
  - metadata: {name: b}
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: c}
""")
        assert [(one.kind, one.name) for one in found] == [("Service", "a"), ("Pod", "b"), ("Deployment", "c")]
        assert found[2].location.line == 11

    def test_json(self) -> None:
        (one,) = read('{\n  "kind": "Pod",\n  "apiVersion": "v1",\n  "metadata": {"name": "web"}\n}\n', "pod.json")
        assert str(one.location) == "pod.json:4:24"

    def test_a_broken_document_leaves_the_others_and_a_notice(self) -> None:
        content = "apiVersion: v1\nkind: Pod\n---\napiVersion: v1\nkind: Pod\nspec: a: b\n---\nnot: a: manifest\n"
        found, notices = objects(Source("a.yaml", content))
        assert len(found) == 1
        assert [(one.level, one.location.line) for one in notices] == [(NoticeLevel.ERROR, 6)]

    def test_a_template_with_statements_is_noted(self) -> None:
        content = "{{- if .Values.on }}\napiVersion: v1\nkind: Pod\n{{- end }}\n"
        expected = Notice(
            Location("a.yaml", 1, 1, 1, 21), "Helm template: not read without rendering", NoticeLevel.NOTE
        )
        assert objects(Source("a.yaml", content)) == ((), (expected,))

    def test_a_template_with_values_only_is_read(self) -> None:
        (one,) = read("apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}-web\n  namespace: shop\n")
        assert (one.name, one.namespace, one.templated) == (None, "shop", True)


class TestPodTemplates:
    @pytest.mark.parametrize(
        ("api_version", "kind", "rest"),
        [
            ("v1", "Pod", "spec: {0}"),
            ("v1", "PodTemplate", "template: {{spec: {0}}}"),
            ("v1", "ReplicationController", "spec: {{template: {{spec: {0}}}}}"),
            ("apps/v1", "Deployment", "spec: {{template: {{spec: {0}}}}}"),
            ("extensions/v1beta1", "Deployment", "spec: {{template: {{spec: {0}}}}}"),
            ("apps/v1", "StatefulSet", "spec: {{template: {{spec: {0}}}}}"),
            ("apps/v1", "DaemonSet", "spec: {{template: {{spec: {0}}}}}"),
            ("apps/v1", "ReplicaSet", "spec: {{template: {{spec: {0}}}}}"),
            ("batch/v1", "Job", "spec: {{template: {{spec: {0}}}}}"),
            ("batch/v1", "CronJob", "spec: {{jobTemplate: {{spec: {{template: {{spec: {0}}}}}}}}}"),
            ("argoproj.io/v1alpha1", "Rollout", "spec: {{template: {{spec: {0}}}}}"),
            ("serving.knative.dev/v1", "Service", "spec: {{template: {{spec: {0}}}}}"),
            ("keda.sh/v1alpha1", "ScaledJob", "spec: {{jobTargetRef: {{template: {{spec: {0}}}}}}}"),
            ("apps.openshift.io/v1", "DeploymentConfig", "spec: {{template: {{spec: {0}}}}}"),
        ],
    )
    def test_where_each_kind_keeps_it(self, api_version: str, kind: str, rest: str) -> None:
        (one,) = read(f"apiVersion: {api_version}\nkind: {kind}\n{rest.format(POD_SPEC)}\n")
        assert one.pod is not None
        assert [found.name for found in one.pod.containers] == ["web"]

    @pytest.mark.parametrize(
        ("api_version", "kind", "rest"),
        [
            ("v1", "Service", f"spec: {{template: {{spec: {POD_SPEC}}}}}"),
            ("example.com/v1", "Deployment", f"spec: {{template: {{spec: {POD_SPEC}}}}}"),
            ("argoproj.io/v1alpha1", "Rollout", "spec: {workloadRef: {name: web}}"),
            ("apps/v1", "Deployment", "spec: {{ toYaml .Values.spec }}"),
        ],
    )
    def test_none_where_there_is_none(self, api_version: str, kind: str, rest: str) -> None:
        (one,) = read(f"apiVersion: {api_version}\nkind: {kind}\n{rest}\n")
        assert one.pod is None

    def test_native_sidecars_run_beside_the_main_containers(self) -> None:
        (one,) = read("""\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    metadata:
      labels: {app: web}
      annotations: {note: x}
    spec:
      initContainers:
      - name: migrate
      - name: proxy
        restartPolicy: Always
      containers:
      - image: app:1
        name: web
""")
        assert one.pod is not None
        assert [(found.name, found.role) for found in one.pod.containers] == [("web", "main"), ("proxy", "sidecar")]
        assert [(found.name, found.role) for found in one.pod.init_containers] == [("migrate", "init")]
        assert str(one.pod.containers[0].location) == "k8s/web.yaml:16:15"
        assert one.pod.labels == {"app": "web"}
        assert one.pod.annotations == {"note": "x"}


class TestContainers:
    def test_a_nameless_container_is_where_its_first_key_is(self) -> None:
        (one,) = read("apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: app\n")
        assert one.pod is not None
        assert str(one.pod.containers[0].location) == "k8s/web.yaml:5:5"

    def test_image_and_working_directory(self) -> None:
        found = container("image: registry/app:1\nworkingDir: /app\n")
        assert found.image.value == "registry/app:1"
        assert place(found.image) == Location("k8s/web.yaml", 7, 12, 7, 26)
        assert found.working_dir.value == "/app"
        assert state(container("").image) == "absent"

    @pytest.mark.parametrize(
        "image", ["{{ .Values.image }}", '"{{ x }}:1"', "${REGISTRY}/app", "<registry>/app", "[a]"]
    )
    def test_an_image_that_is_filled_in_later(self, image: str) -> None:
        found = container(f"image: {image}\n")
        assert state(found.image) == "unknown"
        assert place(found.image).line == 7

    def test_command_and_arguments(self) -> None:
        found = container("""\
            command: ["python", "-u"]
            args:
            - -c
            - |
              echo $HOME < x
            """)
        assert [one.text for one in found.command.value] == ["python", "-u"]
        assert str(found.command.value[1].location) == "k8s/web.yaml:7:25"
        assert [str(one.location) for one in found.args.value] == ["k8s/web.yaml:9:7", "k8s/web.yaml:10:7"]

    @pytest.mark.parametrize(
        ("field", "expected"),
        [
            ("command: []", "absent"),
            ("command:", "absent"),
            ("image: a", "absent"),
            ("command: python app.py", "unknown"),
            ("command: {{ .Values.command }}", "unknown"),
            ('command: [python, "{{ x }}"]', "unknown"),
            ('command: [web, --port, "{{ x }}"]', "known"),
            ('command: [web, "--port={{ x }}"]', "known"),
            ('command: [web, --port, "80", "{{ x }}"]', "unknown"),
            ('command: [web, "--port={{ x }} --debug={{ y }}"]', "unknown"),
            ('command: [python, -m, "{{ x }}"]', "unknown"),
            ('command: [sh, -ec, "{{ x }}"]', "unknown"),
            ('command: [tini, --, "{{ x }}"]', "unknown"),
            ('command: [web, --more, "{{ toYaml .Values.more }}"]', "unknown"),
            ("command: [python, $FLAGS]", "unknown"),
            ("command: [python, {a: b}]", "unknown"),
            ("{{ key }}: [python]", "unknown"),
            ("command: [web, --port, $PORT]", "known"),
            ("command: [python, $(FLAGS)]", "known"),
            ("command: [sh, -c, 'exec python $FLAGS']", "known"),
        ],
    )
    def test_states_of_a_command(self, field: str, expected: str) -> None:
        assert state(container(field + "\n").command) == expected

    def test_environment(self) -> None:
        found = container("""\
            env:
            - name: WORKERS
              value: "4"
            - {name: EMPTY}
            - name: LATER
              value: ${LATER}
            - name: PASSWORD
              valueFrom: {secretKeyRef: {name: db, key: password}}
            - name: MODE
              valueFrom: {configMapKeyRef: {name: web, key: mode}}
            - name: IP
              valueFrom: {fieldRef: {fieldPath: status.podIP}}
            - name: CPU
              valueFrom: {resourceFieldRef: {resource: limits.cpu}}
            """)
        assert [(one.name, one.source, one.ref, one.value.or_else("?")) for one in found.env] == [
            ("WORKERS", "value", None, "4"),
            ("EMPTY", "value", None, ""),
            ("LATER", "value", None, "?"),
            ("PASSWORD", "secretKeyRef", "db/password", "?"),
            ("MODE", "configMapKeyRef", "web/mode", "?"),
            ("IP", "fieldRef", "status.podIP", "?"),
            ("CPU", "resourceFieldRef", "limits.cpu", "?"),
        ]
        assert str(found.env[0].location) == "k8s/web.yaml:8:13"
        assert str(place(found.env[0].value)) == "k8s/web.yaml:9:14"
        assert found.env_from == ()

    def test_environment_from_elsewhere(self) -> None:
        found = container("""\
            envFrom:
            - configMapRef: {name: web}
            - prefix: DB_
              secretRef: {name: db, optional: true}
            - configMapRef: {name: "{{ x }}"}
            """)
        assert [(one.kind, one.name, one.optional, one.prefix) for one in found.env_from] == [
            ("configMap", "web", False, ""),
            ("secret", "db", True, "DB_"),
            ("configMap", None, False, ""),
        ]

    @pytest.mark.parametrize(
        "field", ["env: {{ toYaml .Values.env }}", "env:\n- {{ x }}", 'env: [{name: "{{ x }}"}]', "{{ x }}: 1"]
    )
    def test_a_template_may_bring_any_variable(self, field: str) -> None:
        found = container(field + "\n")
        assert found.env == ()
        assert {(one.kind, one.name) for one in found.env_from} == {("template", None)}

    def test_ports(self) -> None:
        found = container("ports:\n- {containerPort: 8080, name: http}\n- containerPort: {{ x }}\n")
        assert [(one.number, one.name) for one in found.ports] == [(8080, "http"), (None, None)]
        assert str(found.ports[0].location) == "k8s/web.yaml:8:23"

    @pytest.mark.parametrize(
        ("field", "expected"),
        [
            ("livenessProbe: {httpGet: {port: 80}}", "known"),
            ("livenessProbe: {}", "absent"),
            ("livenessProbe: null", "absent"),
            ("image: a", "absent"),
            ("livenessProbe: {{ toYaml .Values.probe }}", "unknown"),
            ("livenessProbe:\n  {{- toYaml .Values.probe | nindent 6 }}", "unknown"),
            ("{{ probe }}: {}", "unknown"),
        ],
    )
    def test_probes(self, field: str, expected: str) -> None:
        probe = container(field + "\n").probe("livenessProbe")
        assert state(probe) == expected
        assert not probe.is_known or isinstance(probe.value, YamlMapping)

    @pytest.mark.parametrize(
        ("field", "expected"),
        [
            ("resources: {limits: {cpu: 500m}}", "known"),
            ("image: a", "absent"),
            ("resources:", "absent"),
            ("resources: {}", "absent"),
            ("resources: {limits: {memory: 1Gi}}", "absent"),
            ("resources: {limits: {cpu: null}}", "absent"),
            ("resources: {{ toYaml .Values.resources }}", "unknown"),
            ("resources: {limits: {{ x }}}", "unknown"),
            ("resources:\n  limits:\n    {{ name }}: 1", "unknown"),
            ("resources: {limits: {cpu: $CPU}}", "unknown"),
            ("resources: {limits: {cpu: 500mi}}", "unknown"),
            ("resources: {limits: {cpu: -1}}", "unknown"),
            ("resources: {limits: {cpu: [1]}}", "unknown"),
        ],
    )
    def test_states_of_a_quantity(self, field: str, expected: str) -> None:
        assert state(container(field + "\n").quantity("limits", "cpu")) == expected

    def test_a_quantity_and_its_place(self) -> None:
        found = container("resources:\n  requests:\n    memory: '128Mi'\n").quantity("requests", "memory").value
        assert (found.value, found.text) == (128 * 1024**2, "128Mi")
        assert found.location == Location("k8s/web.yaml", 9, 17, 9, 24)

    def test_a_merged_mapping(self) -> None:
        (one,) = read("""\
apiVersion: v1
kind: Pod
x: &limits {cpu: 2, memory: 1Gi}
spec:
  containers:
  - name: web
    resources:
      limits:
        <<: *limits
        memory: 2Gi
""")
        assert one.pod is not None
        (found,) = one.pod.containers
        assert found.quantity("limits", "cpu").value.value == 2
        assert found.quantity("limits", "cpu").value.location.line == 3
        assert found.quantity("limits", "memory").value.value == 2 * 1024**3


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("100m", 0.1),
        ("0.5", 0.5),
        (".5", 0.5),
        ("1.", 1),
        ("2", 2),
        ("1k", 1000),
        ("1Ki", 1024),
        ("1.5Gi", 1.5 * 1024**3),
        ("512M", 512e6),
        ("2Ti", 2 * 1024**4),
        ("1e3", 1000),
        ("1E3", 1000),
        ("1E", 1e18),
        ("128974848000m", 128974848),
        ("1K", None),
        ("1 Gi", None),
        ("1GB", None),
        ("1gi", None),
        ("", None),
        ("m", None),
        ("1e999", None),
        ("9" * 5000, None),
    ],
)
def test_quantities(written: str, value: float | None) -> None:
    assert parse_quantity(written) == value
