"""Which Dockerfile builds which image, as the tools of a repository say it."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent, indent

import pytest

from builders import POD, project
from k8slint.workload.build_names import HOLE, expand, folder_of, image_name

PYTHON = 'FROM python:3.12-slim\nCMD ["python", "app.py"]\n'
TWO = {"one/Dockerfile": PYTHON, "two/Dockerfile": PYTHON}


def link(files: Mapping[str, str], image: str = "registry.example.com/team/api:1") -> str:
    """What the pod's image links to: Dockerfile, stage, context and confidence, or why it does not."""
    pod = POD + f"    image: {image}\n"
    found = project({**files, "k8s/pod.yaml": pod})
    (one,) = [reference for reference in found.image_references() if reference.path == "k8s/pod.yaml"]
    if not one.link.is_known:
        return one.link.state.value
    value = one.link.value
    stage = f" {value.stage.name}" if value.stage.name else ""
    return f"{value.dockerfile.path}{stage} in {value.context or '.'}, {value.confidence}"


def workflow(step: str, top: str = "", job: str = "") -> dict[str, str]:
    body = f"jobs:\n  build:\n    runs-on: ubuntu-latest\n{indent(dedent(job), '    ')}    steps:\n"
    lines = "".join(f"      {line}\n" for line in dedent(step).strip().split("\n"))
    return {".github/workflows/build.yml": dedent(top) + body + lines}


class TestGitHub:
    def test_the_action_with_everything_literal(self) -> None:
        step = """
        - uses: docker/build-push-action@v6
          with:
            context: .
            file: one/Dockerfile
            tags: registry.example.com/team/api:latest
        """
        assert link({**TWO, **workflow(step)}) == "one/Dockerfile in ., high"

    def test_context_alone(self) -> None:
        step = """
        - uses: docker/build-push-action@v6
          with: {context: two, tags: "team/api,ghcr.io/team/api"}
        """
        assert link({**TWO, **workflow(step)}) == "two/Dockerfile in two, high"

    def test_a_registry_that_is_a_secret(self) -> None:
        step = """
        - uses: docker/build-push-action@v6
          with:
            context: two
            tags: ${{ secrets.REGISTRY }}/api:${{ github.sha }}
        """
        assert link({**TWO, **workflow(step)}) == "two/Dockerfile in two, medium"

    def test_names_from_the_metadata_action(self) -> None:
        step = """
        - id: meta
          uses: docker/metadata-action@v5
          with:
            images: |
              docker.io/team/api
              ghcr.io/team/api
        - uses: docker/build-push-action@v6
          with:
            context: two
            tags: ${{ steps.meta.outputs.tags }}
        """
        assert link({**TWO, **workflow(step)}) == "two/Dockerfile in two, medium"

    def test_a_name_that_a_step_hands_on(self) -> None:
        step = """
        - id: names
          run: |
            IMAGE="ghcr.io/team/api:${GITHUB_REF_NAME}"
            echo "image=$IMAGE" >> $GITHUB_OUTPUT
        - uses: docker/build-push-action@v6
          with: {context: two, tags: "${{ steps.names.outputs.image }}"}
        """
        assert link({**TWO, **workflow(step)}) == "two/Dockerfile in two, medium"

    def test_target(self) -> None:
        staged = "FROM python:3.12-slim AS runtime\nFROM runtime AS dev\n"
        step = """
        - uses: docker/build-push-action@v6
          with: {context: one, target: runtime, tags: team/api}
        """
        files = {"one/Dockerfile": staged, "two/Dockerfile": PYTHON, **workflow(step)}
        assert link(files) == "one/Dockerfile runtime in one, high"

    def test_each_combination_of_the_matrix(self) -> None:
        job = """\
        strategy:
          matrix:
            include:
            - {name: web, folder: one}
            - {name: api, folder: two}
        """
        step = """
        - uses: docker/build-push-action@v6
          with:
            context: ${{ matrix.folder }}
            tags: team/${{ matrix.name }}:1
        """
        files = {**TWO, **workflow(step, job=job)}
        assert link(files) == "two/Dockerfile in two, medium"
        assert link(files, "team/web") == "one/Dockerfile in one, medium"

    def test_commands_with_variables_and_a_working_directory(self) -> None:
        step = """
        - working-directory: two
          run: |
            docker build --pull -t "$REGISTRY/api:${{ github.sha }}" .
            docker push "$REGISTRY/api:${{ github.sha }}"
        """
        assert link({**TWO, **workflow(step, top="env: {REGISTRY: ghcr.io/team}\n")}) == "two/Dockerfile in two, medium"

    def test_a_context_that_is_not_known_links_nothing(self) -> None:
        step = """
        - uses: docker/build-push-action@v6
          with: {context: "${{ inputs.folder }}/x", tags: team/api}
        """
        assert link({**TWO, **workflow(step)}) == "unknown"

    def test_two_builds_that_disagree(self) -> None:
        step = """
        - run: docker build -t team/api one
        - run: docker build -t team/api two
        """
        assert link({**TWO, **workflow(step)}) == "unknown"


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        (
            "docker-bake.hcl",
            'variable "TAG" { default = "1" }\ntarget "base" {\n  context = "two"\n}\n'
            'target "api" {\n  inherits = ["base"]\n  tags = ["ghcr.io/team/api:${TAG}"]\n}\n',
            "two/Dockerfile in two, high",
        ),
        (
            "docker-bake.json",
            '{"target": {"api": {"context": ".", "dockerfile": "two/Dockerfile", "tags": ["team/api"]}}}',
            "two/Dockerfile in ., high",
        ),
        ("Tiltfile", "docker_build('team/api', '.', dockerfile='two/Dockerfile')\n", "two/Dockerfile in ., high"),
        ("Tiltfile", "docker_build('team/api', folder)\n", "unknown"),
        (
            ".gitlab-ci.yml",
            "build:\n  variables: {FOLDER: two}\n  script:\n"
            '    - cd $FOLDER\n    - docker build -t "$CI_REGISTRY/team/api:$CI_COMMIT_SHA" .\n',
            "two/Dockerfile in two, medium",
        ),
        (
            "cloudbuild.yaml",
            "steps:\n- name: gcr.io/cloud-builders/docker\n  args: [build, -t, 'gcr.io/$PROJECT_ID/api', two]\n",
            "two/Dockerfile in two, medium",
        ),
        (
            "cloudbuild.yaml",
            "steps:\n- name: gcr.io/kaniko-project/executor:latest\n"
            "  args: ['--destination=gcr.io/team/api', '--dockerfile=two/Dockerfile', '--context=dir://two']\n",
            "two/Dockerfile in two, high",
        ),
        (
            ".circleci/config.yml",
            "jobs:\n  build:\n    steps:\n    - run:\n        name: image\n"
            "        command: docker build -t team/api two\n",
            "two/Dockerfile in two, high",
        ),
        (
            "Taskfile.yml",
            "vars: {IMAGE: team/api}\ntasks:\n  image:\n    dir: two\n    cmds:\n    - docker build -t {{.IMAGE}} .\n",
            "two/Dockerfile in two, medium",
        ),
        (
            "Makefile",
            "REPO ?= ghcr.io/team\nIMAGE := $(REPO)/api\n\nimage:\n"
            "\t@docker build \\\n\t  --platform linux/amd64 -t $(IMAGE):$(shell git rev-parse HEAD) \\\n"
            "\t  -f two/Dockerfile .\n",
            "two/Dockerfile in ., medium",
        ),
        (
            "justfile",
            'image := "team/api"\n\nbuild:\n    docker build -t {{image}} two\n',
            "two/Dockerfile in two, medium",
        ),
        (
            "scripts/build.sh",
            '#!/bin/sh\ncd "$(dirname "$0")/../two"\nsudo docker buildx build --load -t team/api:${TAG:-latest} .\n',
            "two/Dockerfile in two, medium",
        ),
        ("scripts/build.sh", "docker build -t local two\ndocker tag local team/api\n", "two/Dockerfile in two, medium"),
        (
            "scripts/build.sh",
            "(cd one && ls)\npodman build -t team/api -f two/Dockerfile .\n",
            "two/Dockerfile in ., medium",
        ),
        ("scripts/build.sh", 'cd "$1"\ndocker build -t team/api .\n', "unknown"),
        ("scripts/build.sh", "docker build -t team/api - < two/Dockerfile\n", "unknown"),
        ("README.md", "Then\n\n```sh\n$ docker build -t team/api ./two\n```\n", "two/Dockerfile in two, low"),
        ("two/README.md", "Type `docker build -t api .` here.\n", "two/Dockerfile in two, low"),
        ("README.md", "We docker build -t team/api two of them.\n", "unknown"),
    ],
)
def test_other_tools(path: str, text: str, found: str) -> None:
    assert link({**TWO, path: text}) == found


def test_a_comment_in_the_manifest() -> None:
    files = {**TWO, "k8s/Dockerfile": PYTHON}
    pod = "# made by: docker build\n# docker build -t worker .\n" + POD + "    image: worker\n"
    found = project({**files, "k8s/pod.yaml": pod}).image_references()
    assert [one.link.value.dockerfile.path for one in found] == ["k8s/Dockerfile"]


def test_a_comment_in_a_dockerfile_names_its_own_image() -> None:
    files = {**TWO, "two/Dockerfile": f"# docker build -t team/api:v1 .\n{PYTHON}"}
    assert link(files) == "two/Dockerfile in two, low"


def test_a_tool_wins_over_a_name_and_a_readme_does_not() -> None:
    files = {"api/Dockerfile": PYTHON, "two/Dockerfile": PYTHON}
    command = "docker build -t api two\n"
    assert link({**files, "build.sh": command}) == "two/Dockerfile in two, medium"
    assert link({**files, "README.md": f"```\n{command}```\n"}) == "api/Dockerfile in api, medium"


def test_tags_tell_images_of_one_repository_apart() -> None:
    script = "docker build -t team/shop:web-1 one\ndocker build -t team/shop:api-1 two\n"
    assert link({**TWO, "build.sh": script}, "team/shop:api-2") == "two/Dockerfile in two, medium"
    assert link({**TWO, "build.sh": script}, "team/shop:cron-2") == "unknown"


def test_a_third_party_needs_its_whole_name() -> None:
    script = "docker build -t team/redis two\n"
    assert link({**TWO, "build.sh": script}, "redis:7") == "absent"


def test_a_folder_of_the_same_name_but_for_the_kind_of_program() -> None:
    assert (
        link({"api/Dockerfile": PYTHON, "web/Dockerfile": PYTHON}, "team/api-service:1")
        == "api/Dockerfile in api, medium"
    )


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("team/api:1", ("team/api", "1")),
        ("localhost:5000/api", ("localhost:5000/api", "")),
        ("${REGISTRY:-ghcr.io}/team/api:v$V", ("ghcr.io/team/api", "v")),
        ("$REGISTRY/team/api", ("team/api", "")),
        ("${{ env.REGISTRY }}/api:${{ github.sha }}", ("api", "")),
        ("$NAME", None),
        ("team/$NAME-api", None),
        ("", None),
    ],
)
def test_names_with_variables(written: str, name: tuple[str, str] | None) -> None:
    assert image_name(expand(written, {})) == name


def test_variables_that_hold_variables() -> None:
    assert expand("$A", {"A": "${B}/c", "B": "${B}"}) == f"{HOLE}/c"
    assert expand("${X:-${Y:-z}}", {}) == "z"


@pytest.mark.parametrize(
    ("written", "path"),
    [(".", "a"), ("..", ""), ("../..", None), ("//b/c", "b/c"), ("/abs", None), ("https://x/y.git", None), ("-", None)],
)
def test_folders(written: str, path: str | None) -> None:
    assert folder_of("a", written) == path


def test_a_build_without_a_target_of_a_stage_named_like_the_image() -> None:
    staged = "FROM python:3.12-slim AS api\nFROM python:3.12-slim AS tests\n"
    files = {"two/Dockerfile": staged, "one/Dockerfile": PYTHON, "build.sh": "docker build -t team/api two\n"}
    assert link(files) == "two/Dockerfile api in two, medium"


def test_a_build_of_the_same_last_name_elsewhere_does_not_count() -> None:
    files = {
        "samples/x/Dockerfile": PYTHON,
        "k8s/other/Dockerfile": PYTHON,
        "build.sh": "docker build -t a/api samples/x\n",
    }
    assert link({**files, "k8s/Dockerfile": PYTHON}, "other.io/b/api") == "unknown"


def test_ci_is_near_nothing_and_the_dockerfile_decides() -> None:
    files = {"k8s/web/Dockerfile": PYTHON, "shop/web/Dockerfile": PYTHON}
    steps = "- run: docker build -t web k8s/web\n- run: docker build -t web shop/web\n"
    assert link({**files, **workflow(steps)}, "web:1") == "k8s/web/Dockerfile in k8s/web, high"


def test_a_hostile_tangle_of_variables_ends() -> None:
    values = {f"A{number}": f"$A{number + 1}" * 500 for number in range(20)}
    assert HOLE in expand("$A0", values)
    parents = ", ".join(f'"t{number}"' for number in range(20))
    deep = "".join(f'target "t{number}" {{\n  inherits = [{parents}]\n}}\n' for number in range(20))
    assert link({**TWO, "docker-bake.hcl": deep}) == "unknown"


def test_a_build_for_development_of_a_part_of_the_name_comes_after_the_names() -> None:
    files = {"api/Dockerfile": PYTHON, ".devcontainer/Dockerfile": PYTHON}
    compose = "services:\n  api: {build: {context: .}, image: api}\n"
    assert link({**files, ".devcontainer/compose.yaml": compose}) == "api/Dockerfile in api, medium"
    alone = {".devcontainer/Dockerfile": PYTHON, "two/Dockerfile": PYTHON, ".devcontainer/compose.yaml": compose}
    assert link(alone) == ".devcontainer/Dockerfile in .devcontainer, high"


@pytest.mark.parametrize(
    "makes",
    [
        "sed 's#%%TAG%%#3.12#' docker/Dockerfile.in > tmp\nsed -i 's/a/b/' tmp\nmv tmp Dockerfile",
        "cp docker/Dockerfile.in Dockerfile",
        "TAG=3.12 envsubst < docker/Dockerfile.in > Dockerfile",
        "cat docker/Dockerfile.in | sed -e s/a/b/ \\\n  > Dockerfile",
    ],
)
def test_a_dockerfile_that_a_script_makes_of_one_that_is_there(makes: str) -> None:
    files = {
        "docker/Dockerfile.in": PYTHON,
        "other/Dockerfile": PYTHON,
        "tools/prepare.sh": f"#!/bin/sh\n{makes}\n",
        "build.sh": "#!/bin/sh\ndocker build -t team/api:$VERSION .\n",
    }
    assert link(files) == "docker/Dockerfile.in in ., medium"


def test_a_dockerfile_that_is_made_of_either_of_two_is_not_known() -> None:
    script = "#!/bin/sh\nif [ $GPU ]; then cp one/Dockerfile Dockerfile; else cp two/Dockerfile Dockerfile; fi\n"
    assert link({**TWO, "build.sh": f"{script}docker build -t team/api .\n"}) == "unknown"
