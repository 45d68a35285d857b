"""Which Dockerfile, and which stage of it, builds the image of a container."""

from __future__ import annotations

from textwrap import dedent

import pytest

from builders import pod, project, state, workloads
from k8slint.workload.workload import Workload

PYTHON = "FROM python:3.12-slim\n"
TWO = {"api/Dockerfile": PYTHON, "web/Dockerfile": PYTHON}
STAGES = {"Dockerfile": "FROM python:3.12-slim AS base\nFROM base AS worker\nFROM base AS builder\nFROM base AS web\n"}
SKAFFOLD = "apiVersion: skaffold/v4beta1\nkind: Config\nbuild:\n  artifacts:\n"


def deployed(image: str, files: dict[str, str], path: str = "pod.yaml") -> Workload:
    """The container with an image, in the repository ``shop``."""
    found = workloads({**files, path: pod(f"image: {image}")})
    (one,) = [each for each in found if each.container is not None]
    return one


def built_by(image: str, files: dict[str, str], path: str = "pod.yaml") -> str:
    """``Dockerfile`` or ``Dockerfile#stage``, else ``absent`` or ``unknown``."""
    link = deployed(image, files, path).link
    if not link.is_known:
        return state(link)
    stage = link.value.stage
    return link.value.dockerfile.path + ("" if stage is link.value.dockerfile.final else f"#{stage.name}")


class TestBuildFiles:
    def test_skaffold_names_image_and_folder(self) -> None:
        skaffold = SKAFFOLD + "  - image: registry.example.com/backend\n    context: api\n"
        files = {**TWO, "skaffold.yaml": skaffold}
        assert built_by("registry.example.com/backend:v1", files) == "api/Dockerfile"
        assert built_by("$REGISTRY/backend", files) == "api/Dockerfile"

    def test_skaffold_names_file_and_stage(self) -> None:
        skaffold = SKAFFOLD + "  - image: backend\n    docker: {dockerfile: Dockerfile, target: worker}\n"
        assert built_by("backend", {**STAGES, "skaffold.yaml": skaffold}) == "Dockerfile#worker"

    @pytest.mark.parametrize(
        "service",
        [
            "a: {image: 'example/backend:dev', build: ./api}",
            "a: {image: '${REGISTRY}/backend:${TAG}', build: {context: api}}",
            "backend: {build: {context: ., dockerfile: api/Dockerfile}}",
        ],
    )
    def test_compose_names_image_and_build(self, service: str) -> None:
        files = {**TWO, "compose.yaml": f"services:\n  {service}\n"}
        assert built_by("registry.example.com/example/backend:v1", files) == "api/Dockerfile"

    def test_what_a_tool_says_is_surer_than_a_name(self) -> None:
        files = {**TWO, "compose.yaml": "services:\n  a: {image: backend, build: api}\n"}
        by_tool, by_name = deployed("backend", files).link.value, deployed("web", files).link.value
        assert (str(by_tool.confidence), by_tool.reason) == ("high", "compose service a builds backend")
        assert (str(by_name.confidence), by_name.reason) == (
            "medium",
            "image web and web/Dockerfile have the same name",
        )
        assert deployed("backend", files).link.places[0].location.path == "compose.yaml"

    def test_a_tag_names_a_folder_that_the_tool_knows_nothing_of(self) -> None:
        files = {**TWO, "compose.yaml": "services:\n  shop: {build: web}\n"}
        assert built_by("registry.example.com/team/shop:api", files) == "api/Dockerfile"
        assert built_by("registry.example.com/team/shop:api-1.2", files) == "api/Dockerfile"
        assert built_by("registry.example.com/team/shop:latest", files) == "web/Dockerfile"
        both = {**files, "compose.yaml": "services:\n  shop: {build: web}\n  other: {build: api}\n"}
        assert built_by("registry.example.com/team/shop:api", both) == "web/Dockerfile"

    def test_the_tool_nearest_to_the_manifest_counts(self) -> None:
        files = {
            **TWO,
            "one/skaffold.yaml": SKAFFOLD + "  - {image: backend, context: ../api}\n",
            "two/skaffold.yaml": SKAFFOLD + "  - {image: backend, context: ../web}\n",
        }
        assert built_by("backend", files, "two/pod.yaml") == "web/Dockerfile"
        assert built_by("backend", files) == "unknown"

    def test_a_compose_file_for_development_gives_way(self) -> None:
        files = {
            **TWO,
            "compose.yaml": "services:\n  a: {image: backend, build: api}\n",
            "compose.dev.yaml": "services:\n  a: {image: backend, build: web}\n",
        }
        assert built_by("backend", files) == "api/Dockerfile"

    @pytest.mark.parametrize("target", ["development", "${STAGE:-development}"])
    def test_the_stage_for_development_is_not_what_a_manifest_runs(self, target: str) -> None:
        stages = "FROM python:3.12 AS base\nFROM base AS development\nFROM base AS production\n"
        compose = f'services:\n  shop: {{build: {{context: ., target: "{target}"}}}}\n'
        files = {"Dockerfile": stages, "compose.yaml": compose}
        assert built_by("shop", files) == "Dockerfile"
        assert built_by("shop", files, "k8s/dev/pod.yaml") == "Dockerfile#development"

    def test_a_kustomization_renames_images(self) -> None:
        rename = "images:\n- {name: app, newName: registry.example.com/api, newTag: v2}\n"
        assert built_by("app", {**TWO, "kustomization.yaml": rename}) == "api/Dockerfile"
        other = "images:\n- {name: app, newName: registry.example.com/web}\n"
        assert built_by("app", {**TWO, "a/kustomization.yaml": rename, "b/kustomization.yaml": other}) == "unknown"


class TestNames:
    @pytest.mark.parametrize(
        "image",
        ["api", "api:1.2", "registry.example.com:5000/team/api:v1", "api@sha256:0123", "shop-api", "my-cool-api"],
    )
    def test_the_folder_of_the_dockerfile(self, image: str) -> None:
        assert built_by(image, TWO) == "api/Dockerfile"

    @pytest.mark.parametrize(
        "path",
        [
            "services/api/Dockerfile",
            "api/docker/Dockerfile",
            "Dockerfile.api",
            "Dockerfile-api",
            "docker/api.Dockerfile",
            "build/api.dockerfile",
            "Containerfile.api",
        ],
    )
    def test_other_places_that_name_the_program(self, path: str) -> None:
        assert built_by("example/api:1", {path: PYTHON, "web/Dockerfile": PYTHON}) == path

    def test_what_kind_of_program_it_is_says_nothing_of_another_project(self) -> None:
        files = {"samples/server/Dockerfile": PYTHON, "web/Dockerfile": PYTHON}
        assert built_by("ghcr.io/others/latency-predictor-server:1", files) == "unknown"
        assert built_by("ghcr.io/others/pathways/server:1", files) == "unknown"
        assert built_by("ray-model-server", files) == "unknown"
        assert built_by("server:1", files) == "samples/server/Dockerfile"
        assert built_by("ghcr.io/others/shop-server:1", files) == "samples/server/Dockerfile"

    def test_a_folder_for_a_language_does_not_build_the_official_image(self) -> None:
        files = {"samples/python/Dockerfile": PYTHON, "web/Dockerfile": PYTHON}
        assert built_by("python:3.12", files) == "unknown"
        assert built_by("registry.example.com/python:3.12", files) == "samples/python/Dockerfile"

    def test_the_name_of_a_stage(self) -> None:
        assert built_by("example/worker:1", STAGES) == "Dockerfile#worker"

    def test_a_stage_called_after_its_purpose_names_no_program(self) -> None:
        assert built_by("example/builder:1", STAGES) == "unknown"

    @pytest.mark.parametrize("tag", ["api", "api-1.2.3", "api-v2", "api-server"])
    def test_a_tag_that_names_the_component(self, tag: str) -> None:
        assert built_by(f"example/shop:{tag}", TWO) == "api/Dockerfile"

    @pytest.mark.parametrize("tag", ["1.0", "latest", "main", "5e3f1c2"])
    def test_the_name_of_the_repository(self, tag: str) -> None:
        assert built_by(f"example/shop:{tag}", {"Dockerfile": PYTHON, "tools/Dockerfile": PYTHON}) == "Dockerfile"

    def test_the_nearest_of_several_with_the_same_name(self) -> None:
        files = {"one/api/Dockerfile": PYTHON, "two/api/Dockerfile": PYTHON}
        assert built_by("api", files, "two/deploy/pod.yaml") == "two/api/Dockerfile"
        assert built_by("api", files) == "unknown"

    def test_the_end_of_a_name_does_not_fit_what_belongs_to_another_example(self) -> None:
        files = {"docs/vision/transformer/Dockerfile": PYTHON, "web/Dockerfile": PYTHON}
        assert built_by("image-transformer:1", files, "docs/text/pod.yaml") == "unknown"
        assert built_by("image-transformer:1", files, "docs/vision/pod.yaml") == "docs/vision/transformer/Dockerfile"
        assert built_by("vision-transformer:1", files, "docs/text/pod.yaml") == "docs/vision/transformer/Dockerfile"
        assert built_by("image-transformer:1", files, "k8s/pod.yaml") == "docs/vision/transformer/Dockerfile"

    def test_an_image_that_nothing_is_called_after(self) -> None:
        assert built_by("example/payments:1", TWO) == "unknown"


class TestTheOnlyDockerfile:
    @pytest.mark.parametrize("image", ["example/shop-main:1", '"$IMAGE"', '"{{ .Values.image }}"'])
    def test_it_builds_the_only_image(self, image: str) -> None:
        assert built_by(image, {"Dockerfile": PYTHON}) == "Dockerfile"
        assert (
            built_by(image, {"Dockerfile": PYTHON, "Dockerfile.dev": PYTHON, "tests/Dockerfile": PYTHON})
            == "Dockerfile"
        )

    def test_it_does_not_build_an_image_that_has_no_word_in_common_with_the_project(self) -> None:
        assert built_by("example/payments:1", {"Dockerfile": PYTHON}) == "unknown"


class TestPlaceholders:
    @pytest.mark.parametrize(
        "image",
        [
            '"$REGISTRY/api:$TAG"',
            '"${REGISTRY}/team/api"',
            '"{{ .Values.registry }}/api:{{ .Values.tag }}"',
            '"<registry>/api:latest"',
        ],
    )
    def test_registry_and_tag_are_not_needed(self, image: str) -> None:
        assert built_by(image, TWO) == "api/Dockerfile"

    @pytest.mark.parametrize("image", ['"registry/$NAME:1"', '"$IMAGE"', "IMAGE_URL"])
    def test_without_a_name_there_is_no_link(self, image: str) -> None:
        assert built_by(image, TWO) == "unknown"


class TestThirdParty:
    @pytest.mark.parametrize(
        "image", ["redis:7", "docker.io/library/postgres", "registry.example.com/postgres:16", "bitnami/kafka:3"]
    )
    def test_they_are_built_elsewhere(self, image: str) -> None:
        assert built_by(image, TWO) == "absent"
        assert built_by(image, {"Dockerfile": PYTHON}) == "absent"

    def test_a_folder_of_the_same_name_may_build_it_or_not(self) -> None:
        files = {"redis/Dockerfile": PYTHON, "api/Dockerfile": PYTHON}
        assert built_by("redis:7", files) == "unknown"
        assert built_by("example/redis:7", files) == "redis/Dockerfile"
        compose = {"compose.yaml": "services:\n  cache: {image: 'redis:7', build: redis}\n"}
        assert built_by("redis:7", {**files, **compose}) == "redis/Dockerfile"


class TestContext:
    """The folder that is sent to the build, which the sources of COPY are looked for in."""

    @pytest.mark.parametrize(
        ("dockerfile", "source", "context"),
        [
            ("api/Dockerfile", "api/app.py", "api"),
            ("docker/api/Dockerfile", "app.py", ""),
            ("services/api/Dockerfile", "services/app.py", "services"),
        ],
    )
    def test_it_is_the_folder_in_which_the_sources_exist(self, dockerfile: str, source: str, context: str) -> None:
        copy = f'{PYTHON}COPY app.py /app.py\nCMD ["python", "/app.py"]\n'
        one = deployed("api", {dockerfile: copy, source: ""})
        assert one.link.value.context == context
        assert one.processes.value[0].entry.module.value == source


def test_of_what_ci_builds_in_variants_the_one_that_compose_builds_counts() -> None:
    ci = (
        "jobs:\n  a:\n    strategy: {matrix: {os: [alpine, debian]}}\n    steps:\n"
        "    - uses: docker/build-push-action@v6\n"
        "      with: {file: 'Dockerfile.${{ matrix.os }}', context: ., tags: 'example/shop:${{ matrix.os }}'}\n"
    )
    two = {"Dockerfile.alpine": PYTHON, "Dockerfile.debian": PYTHON, ".github/workflows/a.yml": ci}
    compose = {
        "compose.yaml": "services:\n  web:\n    image: example/shop\n"
        "    build: {context: ., dockerfile: 'Dockerfile.${OS:-debian}'}\n"
    }
    assert built_by("example/shop:1.0", two) == "unknown"
    assert built_by("example/shop:1.0", {**two, **compose}) == "Dockerfile.debian"
    assert built_by("example/shop:alpine", {**two, **compose}) == "Dockerfile.alpine"


def test_a_parameter_of_an_openshift_template_has_the_value_that_the_template_gives_it() -> None:
    template = (
        "apiVersion: template.openshift.io/v1\nkind: Template\nmetadata: {name: shop}\nobjects:\n"
        "- apiVersion: example.com/v1\n  kind: App\n  spec: {podSpec: {image: '${IMAGE}:${TAG}'}}\n"
        "parameters:\n- {name: IMAGE, value: quay.io/example/web}\n- {name: TAG, value: latest}\n"
    )
    found = project({**TWO, "deploy/template.yaml": template}).image_references()
    (link,) = [one.link for one in found if one.path == "deploy/template.yaml"]
    assert link.is_known
    assert link.value.dockerfile.path == "web/Dockerfile"


class TestUnlinked:
    STAGES = "FROM python:3.12 AS deploy\nCMD python web.py\nFROM python:3.12 AS dev\nRUN pip install pytest\n"

    def test_an_image_for_development_that_starts_nothing_is_not_judged(self) -> None:
        assert not workloads({"Dockerfile": self.STAGES})

    def test_an_image_of_tools_holds_nothing_of_the_project_and_starts_nothing(self) -> None:
        tools = "FROM python:3.12-slim\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
        files = {"proto/Dockerfile": tools, "proto/requirements.txt": "grpcio-tools==1.0\n", "app/main.py": ""}
        assert not workloads(files)
        assert workloads({**files, "proto/generate.py": ""})
        assert workloads(
            {**files, "proto/Dockerfile": "FROM python:3.12-slim\nRUN pip install a\nCOPY app/main.py .\n"}
        )
        assert workloads({**files, "proto/Dockerfile": tools + 'CMD ["uvicorn", "app:app"]\n'})

    def test_what_starts_a_program_is(self) -> None:
        assert workloads({"Dockerfile": self.STAGES + 'CMD ["python", "web.py"]\n'})
        assert workloads({"Dockerfile": "FROM python:3.12 AS web\nCOPY . .\n", "web.py": ""})

    def test_what_a_chart_disables_says_how_the_image_runs(self) -> None:
        template = """\
            {{- if .Values.sync.enabled }}
            apiVersion: v1
            kind: Pod
            metadata: {name: sync}
            spec:
              containers:
                - name: sync
                  image: '{{ .Values.sync.image }}:1'
                  securityContext: {runAsUser: 65534}
            {{- end }}
            """
        files = {
            "images/sync/Dockerfile": PYTHON + 'COPY . .\nCMD ["python", "sync.py"]\n',
            "web/Dockerfile": PYTHON + "USER 1000\n",
            "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
            "chart/values.yaml": "sync: {enabled: false, image: example/sync}\n",
            "chart/templates/sync.yaml": dedent(template),
        }
        (one,) = [each for each in workloads(files) if each.label == "the image of images/sync/Dockerfile"]
        assert one.user.value.is_root is False
