"""What kustomizations make of objects, and where each value of them says it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from builders import project
from k8slint import discover
from k8slint.models.manifest import KubernetesObject
from k8slint.models.yaml import Node, YamlMapping, YamlSequence, text
from k8slint.project import Project
from k8slint.workload.variants import variant_of

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: shop/web:1
          env:
            - {name: A, value: one}
            - {name: B, value: two}
          ports:
            - {containerPort: 80, name: http}
        - name: proxy
          image: proxy:1
"""
OTHERS = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 9}
"""
CONTAINER = ("spec", "template", "spec", "containers")


def built(kustomization: str, **files: str) -> Project:
    """A project of one kustomization; a file ``a_b`` is called ``a/b.yaml`` for ``a__b``, else ``a_b.yaml``."""
    named = {f"{name.replace('__', '/')}.yaml": content for name, content in files.items()}
    return project({"deployment.yaml": DEPLOYMENT, "kustomization.yaml": kustomization, **named})


def objects(of: Project, kind: str = "Deployment") -> list[KubernetesObject]:
    return [one for one in of.units(KubernetesObject) if one.kind == kind]


def web(kustomization: str, **files: str) -> YamlMapping:
    """The Deployment that a kustomization of ``deployment.yaml`` makes."""
    (one,) = objects(built(f"resources: [deployment.yaml]\n{kustomization}", **files))
    return one.root


def plain(node: Node | None) -> object:
    if isinstance(node, YamlMapping):
        return {key: plain(value) for key, value in node.items()}
    return [plain(item) for item in node.items] if isinstance(node, YamlSequence) else text(node)


def merge_patch(container: str) -> str:
    """A kustomization with an inline patch of the container ``web``."""
    return f"""\
patches:
- patch: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata: {{name: web}}
    spec: {{template: {{spec: {{containers: [{{name: web, {container}}}]}}}}}}
"""


class TestMergePatches:
    def test_lists_merge_by_their_key_and_what_is_new_comes_first(self) -> None:
        found = web(merge_patch("env: [{name: B, value: new}, {name: C, value: three}]"))
        assert plain(found.get(*CONTAINER, 0, "env")) == [
            {"name": "B", "value": "new"},
            {"name": "C", "value": "three"},
            {"name": "A", "value": "one"},
        ]
        assert plain(found.get(*CONTAINER, 1, "name")) == "proxy"

    def test_a_value_comes_from_where_it_is_written(self) -> None:
        found = web(merge_patch("image: shop/web:2"))
        image, name = found.get(*CONTAINER, 0, "image"), found.get(*CONTAINER, 0, "name")
        assert image is not None and str(image.location) == "kustomization.yaml:7:62"
        assert name is not None and str(name.location) == "deployment.yaml:11:17"

    @pytest.mark.parametrize(
        ("change", "env"),
        [
            ("env: null", None),
            ("env: [{name: A, $patch: delete}]", [{"name": "B", "value": "two"}]),
            ("env: [{$patch: replace}, {name: C, value: x}]", [{"name": "C", "value": "x"}]),
            ("$patch: replace, image: other", None),
        ],
    )
    def test_what_is_deleted_and_replaced(self, change: str, env: object) -> None:
        assert plain(web(merge_patch(change)).get(*CONTAINER, 0, "env")) == env

    def test_a_deleted_object_is_gone(self) -> None:
        patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n$patch: delete\n"
        assert not objects(built("resources: [deployment.yaml]\npatchesStrategicMerge: [p.yaml]\n", p=patch))

    def test_lists_of_a_kind_without_a_schema_are_replaced(self) -> None:
        rollout = DEPLOYMENT.replace("apps/v1", "argoproj.io/v1alpha1").replace("Deployment", "Rollout")
        patch = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec: {template: {spec: {containers: [{name: web, image: new}]}}}
"""
        one = built("resources: [rollout.yaml]\npatches: [{path: p.yaml}]\n", rollout=rollout, p=patch)
        (found,) = objects(one, "Rollout")
        assert plain(found.root.get(*CONTAINER)) == [{"name": "web", "image": "new"}]

    @pytest.mark.parametrize(
        ("target", "fits"),
        [
            ("{kind: Deployment}", True),
            ("{kind: Deploy}", False),
            ("{kind: Deploy.*, name: w.b}", True),
            ("{name: web|api}", True),
            ("{labelSelector: 'tier=front'}", True),
            ("{labelSelector: 'tier in (back, side)'}", False),
            ("{labelSelector: '!tier'}", False),
            ("{annotationSelector: 'a!=b'}", True),
        ],
    )
    def test_a_target_picks_objects(self, target: str, fits: bool) -> None:
        labelled = DEPLOYMENT.replace("metadata: {name: web}", "metadata: {name: web, labels: {tier: front}}")
        patch = f"resources: [deployment.yaml]\npatches:\n- target: {target}\n  patch: '{{spec: {{replicas: 7}}}}'\n"
        (one,) = objects(built(patch, deployment=labelled))
        assert plain(one.root.get("spec", "replicas")) == ("7" if fits else "1")


class TestJsonPatches:
    def patch(self, *operations: str) -> str:
        lines = "".join(f"    - {one}\n" for one in operations)
        return f"patches:\n- target: {{kind: Deployment, name: web}}\n  patch: |-\n{lines}"

    def test_operations(self) -> None:
        base = "/spec/template/spec/containers/0"
        found = web(
            self.patch(
                "{op: test, path: /spec/replicas, value: 1}",
                "{op: replace, path: /spec/replicas, value: 4}",
                f"{{op: add, path: {base}/env/-, value: {{name: C, value: x}}}}",
                f"{{op: remove, path: {base}/env/0}}",
                f"{{op: move, from: {base}/image, path: {base}/was}}",
                "{op: copy, from: /metadata/name, path: /metadata/annotations/app.io~1name}",
            )
        )
        assert plain(found.get("spec", "replicas")) == "4"
        assert [one["name"] for one in plain(found.get(*CONTAINER, 0, "env"))] == ["B", "C"]  # type: ignore[attr-defined]
        assert plain(found.get(*CONTAINER, 0, "was")) == "shop/web:1"
        assert plain(found.get("metadata", "annotations")) == {"app.io/name": "web"}

    def test_the_place_is_the_line_of_the_value(self) -> None:
        found = web(self.patch("op: replace\n      path: /spec/replicas\n      value: 4"))
        node = found.get("spec", "replicas")
        assert node is not None and str(node.location) == "kustomization.yaml:7:14"

    def test_one_that_does_not_fit_makes_its_target_unknown_and_says_so(self) -> None:
        one = built(f"resources: [deployment.yaml]\n{self.patch('{op: remove, path: /spec/paused}')}")
        assert all(workload.quantity("limits", "cpu").is_unknown for workload in one.workloads)
        assert [str(notice.location) for notice in one.notices] == ["kustomization.yaml:5:26"]

    def test_copies_of_copies_are_bounded(self) -> None:
        doubling = [f"{{op: copy, from: /spec, path: /spec/a{number}}}" for number in range(40)]
        one = built(f"resources: [deployment.yaml]\n{self.patch(*doubling)}")
        assert "the object grows" in one.notices[0].message


class TestTransformers:
    @pytest.mark.parametrize(
        ("override", "image"),
        [
            ("newTag: '2'", "shop/web:2"),
            ("newName: r.io/web", "r.io/web:1"),
            ("newName: r.io/web, newTag: '3'", "r.io/web:3"),
            ("digest: sha256:00", "shop/web@sha256:00"),
        ],
    )
    def test_images(self, override: str, image: str) -> None:
        found = web(f"images: [{{name: shop/web, {override}}}, {{name: web, newTag: no}}]")
        assert plain(found.get(*CONTAINER, 0, "image")) == image

    def test_names_and_what_refers_to_them(self) -> None:
        one = built("resources: [deployment.yaml, o.yaml]\nnamePrefix: p-\nnameSuffix: -s\nnamespace: n\n", o=OTHERS)
        (scaler,) = objects(one, "HorizontalPodAutoscaler")
        assert plain(scaler.root.get("spec", "scaleTargetRef", "name")) == "p-web-s"
        assert one.workloads[0].replica_range.value.most == 9
        (owner,) = objects(one)
        assert (owner.name, owner.namespace, str(owner.location)) == ("p-web-s", "n", "deployment.yaml:3:18")

    def test_labels_and_annotations(self) -> None:
        found = web("commonLabels: {tier: front}\ncommonAnnotations: {team: shop}\nlabels: [{pairs: {x: y}}]")
        assert plain(found.get("spec", "selector", "matchLabels")) == {"app": "web", "tier": "front"}
        assert plain(found.get("spec", "template", "metadata", "labels")) == {"app": "web", "tier": "front"}
        assert plain(found.get("spec", "template", "metadata", "annotations")) == {"team": "shop"}
        assert plain(found.get("metadata", "labels")) == {"tier": "front", "x": "y"}

    def test_generated_config_maps(self) -> None:
        generator = """\
resources: [deployment.yaml]
configMapGenerator:
- name: settings
  literals: [A=1, "B='two'"]
  envs: [settings.env]
"""
        files = {"deployment.yaml": DEPLOYMENT, "kustomization.yaml": generator, "settings.env": "# note\nC=3\nD\n"}
        (found,) = objects(project(files), "ConfigMap")
        data = found.root.get("data")
        assert plain(data) == {"C": "3", "D": "{{ unknown }}", "A": "1", "B": "two"}
        value = found.root.get("data", "C")
        assert value is not None and str(value.location) == "settings.env:2:1"


BASE: Mapping[str, str] = {
    "base/deployment.yaml": DEPLOYMENT,
    "base/kustomization.yaml": "resources: [deployment.yaml]",
}


class TestComposition:
    def test_a_base_is_what_its_overlays_make_of_it(self) -> None:
        overlays = {
            f"{name}/kustomization.yaml": f"resources: [../base]\nreplicas: [{{name: web, count: {count}}}]\n"
            for name, count in (("dev", 1), ("prod", 5))
        }
        found = objects(project({**BASE, **overlays}))
        assert {one.variant.note: plain(one.root.get("spec", "replicas")) for one in found if one.variant} == {
            "dev": "1",
            "prod": "5",
        }
        assert len({one.location for one in found}) == 1

    def test_a_component_changes_what_it_is_put_upon(self) -> None:
        files = {
            "prod/kustomization.yaml": "resources: [../base]\ncomponents: [../big]\n",
            "big/kustomization.yaml": "kind: Component\nreplicas: [{name: web, count: 8}]\n",
        }
        (one,) = (one for one in objects(project({**BASE, **files})))
        assert plain(one.root.get("spec", "replicas")) == "8"

    def test_objects_of_another_overlay_do_not_count(self) -> None:
        files = {
            "dev/kustomization.yaml": "resources: [../base]\n",
            "prod/kustomization.yaml": "resources: [../base, o.yaml]\n",
            "prod/o.yaml": OTHERS,
        }
        joined = project({**BASE, **files}).workloads
        found = {
            place.note: one for one in joined if (place := variant_of(one)) and one.label.startswith("container web")
        }
        assert found["prod"].served_by.is_known
        assert found["dev"].served_by.is_absent

    def test_what_a_remote_base_brings_is_not_known(self) -> None:
        files = {"prod/kustomization.yaml": "resources: [../base, 'github.com/example/shop//k8s?ref=v1']\n"}
        one = project({**BASE, **files})
        assert all(workload.served_by.is_unknown for workload in one.workloads)
        assert "not in the repository" in one.notices[0].message

    def test_a_remote_component_may_change_everything(self) -> None:
        files = {"prod/kustomization.yaml": "resources: [../base]\ncomponents: ['https://example.com/c']\n"}
        assert all(workload.probe("readinessProbe").is_unknown for workload in project({**BASE, **files}).workloads)

    def test_a_circle_is_followed_once(self) -> None:
        files = {
            "a/kustomization.yaml": "resources: [../b, ../base]\n",
            "b/kustomization.yaml": "resources: [../a]\n",
        }
        one = project({**BASE, **files})
        assert len(objects(one)) == 1
        assert ["builds on itself" in notice.message for notice in one.notices] == [True]

    def test_overlays_of_overlays_do_not_grow_without_bound(self) -> None:
        files = {"l0/kustomization.yaml": "resources: [d.yaml]\n", "l0/d.yaml": DEPLOYMENT}
        for level in range(1, 20):
            for side in ("a", "b"):
                files[f"l{level}{side}/kustomization.yaml"] = f"resources: [../l{level - 1}]\nnamePrefix: {side}-\n"
            files[f"l{level}/kustomization.yaml"] = f"resources: [../l{level}a, ../l{level}b]\n"
        one = project(files)
        assert any("too large to be put together" in notice.message for notice in one.notices)

    def test_values_that_replacements_write_are_not_known(self) -> None:
        found = web(
            "replacements:\n- source: {kind: Service, name: x, fieldPath: a}\n  targets:\n"
            "  - select: {kind: Deployment}\n    fieldPaths: ['spec.template.spec.containers.[name=web].image']\n"
        )
        assert plain(found.get(*CONTAINER, 0, "image")) == "{{ unknown }}"
        assert plain(found.get(*CONTAINER, 0, "name")) == "web"


def test_files_that_only_a_kustomization_names_are_read(tmp_path: Path) -> None:
    """Its patches in JSON and its files of settings; never what is ignored, or lies outside of the tree."""
    tree = tmp_path / "shop"
    (tree / "k8s").mkdir(parents=True)
    (tmp_path / "outside.env").write_text("A=1\n")
    (tree / ".gitignore").write_text("secret.env\n")
    names = "[a.env, conf=b.properties, secret.env, ../../outside.env, absent.env]"
    (tree / "k8s/kustomization.yaml").write_text(f"configMapGenerator: [{{name: c, files: {names}}}]\n")
    for name in ("a.env", "b.properties", "secret.env", "other.env"):
        (tree / "k8s" / name).write_text("A=1\n")
    read = discover.files([str(tree)], str(tree)).files
    assert sorted(read) == ["k8s/a.env", "k8s/b.properties", "k8s/kustomization.yaml"]


def test_fields_that_a_configuration_names_are_not_known() -> None:
    config = "images: [{path: spec/template/spec/containers/image, kind: Deployment}, {path: spec/none}]\n"
    found = web("configurations: [config.yaml]\n", config=config)
    assert plain(found.get(*CONTAINER, 0, "image")) == "{{ unknown }}"
    assert plain(found.get("spec", "replicas")) == "1"
