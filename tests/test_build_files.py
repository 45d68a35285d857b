"""Kustomizations, Compose files and skaffold files."""

from __future__ import annotations

import pytest

from k8slint.location import NoticeLevel
from k8slint.models.compose import ComposeService, parse_compose
from k8slint.models.kustomization import parse_kustomization
from k8slint.models.project_path import project_path
from k8slint.models.skaffold import parse_skaffold
from k8slint.models.source import Source


@pytest.mark.parametrize(
    ("folder", "written", "path"),
    [
        ("", ".", ""),
        ("", "./a", "a"),
        ("k8s/prod", "../base/web.yaml", "k8s/base/web.yaml"),
        ("k8s", "..", ""),
        ("k8s", "../..", None),
        ("", "a/../../b", None),
        ("k8s", "/etc/passwd", None),
        ("k8s", "~/a", None),
        ("k8s", "https://example.com/a.yaml", None),
        ("k8s", "github.com/a/b?ref=v1", None),
        ("k8s", "git@example.com:a/b", None),
        ("k8s", "${DIR}/a", None),
        ("k8s", "", None),
    ],
)
def test_paths_from_the_root(folder: str, written: str, path: str | None) -> None:
    assert project_path(folder, written) == path


class TestKustomization:
    def test_everything_it_names(self) -> None:
        found = parse_kustomization(
            Source(
                "k8s/prod/kustomization.yaml",
                """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- ../base
- https://example.com/crd.yaml
- ./service.yaml
bases: [../other]
components: [../components/tls]
patchesStrategicMerge:
- patches/memory.yaml
- |-
  apiVersion: apps/v1
  kind: Deployment
patchesJson6902:
- target: {kind: Deployment, name: web}
  path: patches/replicas.json
patches:
- path: ../common/cpu.yaml
- patch: |-
    - op: remove
      path: /spec
images:
- name: app
  newName: registry/app
  newTag: "1.2"
- name: db
  digest: sha256:00
""",
            )
        )
        assert found is not None
        resources = ["../base", "https://example.com/crd.yaml", "./service.yaml", "../other"]
        assert [one.text for one in found.resources] == resources
        assert [one.text for one in found.components] == ["../components/tls"]
        patches = (*found.merge_patches, *found.patches, *found.json_patches)
        paths = [one.path.text for one in patches if one.path is not None]
        assert paths == ["patches/memory.yaml", "../common/cpu.yaml", "patches/replicas.json"]
        assert [one.text.content_line for one in patches if one.text is not None] == [12, 20]
        target = found.json_patches[0].target
        assert target is not None and (target.kind, target.name) == ("Deployment", "web")
        app, db = found.images
        assert (app.name, app.new_name, app.new_tag, app.digest) == ("app", "registry/app", "1.2", None)
        assert (db.new_name, db.digest) == (None, "sha256:00")
        assert str(app.location) == "k8s/prod/kustomization.yaml:23:9"

    @pytest.mark.parametrize(
        ("path", "content", "is_one"),
        [
            ("kustomization.yml", "resources: [a.yaml]\n", True),
            ("tls.yaml", "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n", True),
            ("flux.yaml", "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n", False),
            ("kustomization.yaml", "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n", False),
            ("web.yaml", "resources: [a.yaml]\n", False),
            ("kustomization.yaml", "a: b: c\n", False),
            ("kustomization.yaml", "- a\n", False),
        ],
    )
    def test_what_is_one(self, path: str, content: str, is_one: bool) -> None:
        assert (parse_kustomization(Source(path, content)) is not None) is is_one

    def test_odd_values_are_left_out(self) -> None:
        content = "resources: a.yaml\npatches: [{}, [a], {path: null}]\nimages: [a, {newName: b}]\ncomponents:\n"
        found = parse_kustomization(Source("kustomization.yaml", content))
        assert found is not None
        assert (found.resources, found.patches, found.images, found.components) == ((), (), (), ())


def service(fields: str, path: str = "deploy/compose.yaml") -> ComposeService:
    found = parse_compose(Source(path, f"services:\n  web: {{{fields}}}\n"))
    assert found is not None
    return found.services[0]


class TestCompose:
    def test_a_service(self) -> None:
        found = parse_compose(
            Source(
                "docker-compose.yml",
                """\
x-env: &env
  A: 1
services:
  web:
    image: registry/web:${TAG:-1}
    build:
      context: ./web
      dockerfile: ../docker/Dockerfile.web
      target: prod
    command: python -m web --title "two words"
    entrypoint: ["tini", "--"]
    init: true
    environment:
      <<: *env
      B: "x=y"
      C:
  db:
    image: postgres
    environment: [A=1, B, C=d=e]
""",
            )
        )
        assert found is not None
        assert found.path == "docker-compose.yml"
        web, db = found.services
        assert (web.name, web.image, web.init) == ("web", "registry/web:${TAG:-1}", True)
        assert (web.context, web.dockerfile, web.target) == ("web", "docker/Dockerfile.web", "prod")
        assert web.command == ("python", "-m", "web", "--title", "two words")
        assert web.entrypoint == ("tini", "--")
        assert web.environment == {"A": "1", "B": "x=y", "C": None}
        assert str(web.location) == "docker-compose.yml:4:3"
        assert (db.context, db.dockerfile, db.command, db.init) == (None, None, None, False)
        assert db.environment == {"A": "1", "B": None, "C": "d=e"}

    @pytest.mark.parametrize(
        ("build", "context", "dockerfile"),
        [
            (".", "deploy", "deploy/Dockerfile"),
            ("..", "", "Dockerfile"),
            ("{context: ..}", "", "Dockerfile"),
            ("{dockerfile: Dockerfile.dev}", "deploy", "deploy/Dockerfile.dev"),
            ("{context: .., dockerfile: ../Dockerfile}", "", None),
            ("{context: ../..}", None, None),
            ("https://example.com/a.git", None, None),
            ("'${CONTEXT}'", None, None),
            ("{dockerfile_inline: FROM a}", "deploy", None),
            ("[a]", None, None),
        ],
    )
    def test_builds(self, build: str, context: str | None, dockerfile: str | None) -> None:
        found = service(f"build: {build}")
        assert (found.context, found.dockerfile) == (context, dockerfile)

    @pytest.mark.parametrize(
        ("command", "words"),
        [
            ("[]", ()),
            ("''", ()),
            ("null", None),
            ("[a, [b]]", None),
            ("'a \"b'", None),
            ("'a b#c'", ("a", "b#c")),
            ("'echo $HOME && ls'", ("echo", "$HOME", "&&", "ls")),
        ],
    )
    def test_commands(self, command: str, words: tuple[str, ...] | None) -> None:
        assert service(f"command: {command}").command == words

    @pytest.mark.parametrize(
        ("path", "content", "is_one"),
        [
            ("stack.yaml", "services:\n  a: {image: b}\n", True),
            ("compose.prod.yml", "services: {}\n", True),
            ("Docker-Compose.YAML", "services:\n  a: {}\n", True),
            ("stack.yaml", "services:\n  a: {port: 1}\n", False),
            ("ci.yaml", "services: [docker]\n", False),
            ("ci.yaml", "jobs:\n  services:\n    a: {image: b}\n", False),
            ("compose.yaml", "apiVersion: v1\nkind: Pod\n", False),
            ("compose.yaml", "", False),
        ],
    )
    def test_what_is_one(self, path: str, content: str, is_one: bool) -> None:
        assert (parse_compose(Source(path, content)) is not None) is is_one

    def test_a_broken_one_says_so(self) -> None:
        found = parse_compose(Source("compose.yaml", "services:\n  a: b: c\n"))
        assert found is not None
        assert found.services == ()
        assert [(one.level, one.location.line) for one in found.notices] == [(NoticeLevel.NOTE, 2)]


def test_skaffold_artifacts() -> None:
    found = parse_skaffold(
        Source(
            "deploy/skaffold.yaml",
            """\
apiVersion: skaffold/v4beta6
kind: Config
build:
  artifacts:
  - image: web
    context: ../web
    docker:
      dockerfile: docker/Dockerfile
      target: prod
      buildArgs: {VERSION: "3"}
  - image: plain
  - image: cluster
    kaniko: {dockerfile: Dockerfile.kaniko}
  - image: packs
    buildpacks: {builder: some/builder}
  - image: outside
    context: ../../other
  - image: "{{ .IMAGE }}"
profiles:
- name: dev
  build:
    artifacts:
    - image: web
      context: ../web
      docker: {dockerfile: Dockerfile.dev}
---
apiVersion: v1
kind: Pod
build: {artifacts: [{image: no}]}
""",
        )
    )
    assert [(one.image, one.context, one.dockerfile) for one in found] == [
        ("web", "web", "web/docker/Dockerfile"),
        ("plain", "deploy", "deploy/Dockerfile"),
        ("cluster", "deploy", "deploy/Dockerfile.kaniko"),
        ("packs", "deploy", None),
        ("outside", "", None),
        ("web", "web", "web/Dockerfile.dev"),
    ]
    assert (found[0].target, found[0].build_args) == ("prod", {"VERSION": "3"})
    assert str(found[0].location) == "deploy/skaffold.yaml:5:12"
    assert parse_skaffold(Source("a.yaml", "build: {artifacts: [{image: web}]}\n")) == ()
