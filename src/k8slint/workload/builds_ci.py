"""Builds that YAML files of CI systems and task runners describe: GitHub, GitLab, CircleCI, Cloud Build, Taskfile."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.yaml import Node, Scalar, YamlMapping, YamlSequence, load_documents, strings, text
from k8slint.regex import regex
from k8slint.rule import Confidence
from k8slint.workload.artifacts import Artifacts
from k8slint.workload.build_names import HOLE, expand, folder_of
from k8slint.workload.builds import Build, either, made
from k8slint.workload.builds_commands import BuildCommand, commands_of_text, mentions_build
from k8slint.workload.matrix import combinations

_ACTIONS = (b"build-push-action", b"buildah-build", b"Docker@2", b"cloud-builders/docker", b"name: docker")
_NOT_OURS = regex(rb"^(?:apiVersion|[\"']?swagger|openapi)\b", re.MULTILINE)
_VARIABLES = ("env", "variables", "vars", "environment", "substitutions")
_FOLDERS = ("working-directory", "working_directory", "workingDirectory", "dir")
_METADATA = "metadata-action"
_ASSIGNS = regex(r"^\s*(?:export\s+)?(\w+)=(.*)$")
_HANDS_ON = regex(
    r"(?:^|[\"'\s])(?:::set-output name=)?([\w-]+)(?:=|::)([^\n]*?)[\"']?\s*>>?\s*\"?\$\{?GITHUB_(OUTPUT|ENV)"
)
_MOST_NODES = 20_000


class _Scope(Struct, frozen=True):
    """What is known where a command stands: variables, the working directory, how deep."""

    values: Mapping[str, str]
    cwd: str

    def inside(self, node: YamlMapping) -> _Scope:
        values = dict(self.values)
        for name in _VARIABLES:
            given = node.get(name)
            if isinstance(given, YamlMapping):
                values.update({key: text(value) or "" for key, value in given.items() if isinstance(value, Scalar)})
        written = next((found for name in _FOLDERS if (found := text(node.get(name)))), None)
        default = text(node.get("defaults", "run", "working-directory"))
        folder = folder_of(self.cwd, expand(written or default or ".", values))
        return _Scope(values, self.cwd if folder is None else folder)


def builds_of_yaml(artifacts: Artifacts) -> Iterator[Build]:
    """The builds in every YAML file that is none of Kubernetes' and mentions a build."""
    for path in sorted(artifacts.files):
        if not path.endswith((".yml", ".yaml")):
            continue
        data = artifacts.files[path].data
        if not (any(name in data for name in _ACTIONS) or mentions_build(data)) or _NOT_OURS.search(data):
            continue
        documents, _ = load_documents(artifacts.source(path))
        for document in documents:
            yield from _Reader(artifacts, path).of(document.root)


class _Reader:
    def __init__(self, artifacts: Artifacts, path: str) -> None:
        self._artifacts = artifacts
        self._path = path
        self._folder = posixpath.dirname(path)
        self._name = posixpath.basename(path)
        project = artifacts.name.rpartition("+")[2].lower()
        top = path.startswith(".") or "/." in path
        self._starts = ("",) if top else tuple(dict.fromkeys((self._folder, "")))
        self._values = {
            "github.repository": f"{HOLE}/{project}",
            "github.event.repository.name": project,
            "GITHUB_REPOSITORY": f"{HOLE}/{project}",
            "CI_REGISTRY_IMAGE": f"{HOLE}/{project}",
            "CI_PROJECT_NAME": project,
            "CI_PROJECT_PATH": f"{HOLE}/{project}",
            "REPO_NAME": project,
        }
        self._seen = 0

    def of(self, root: Node) -> Iterator[Build]:
        yield from self._walk(root, _Scope(self._values, ""), "")

    def _walk(self, node: Node, scope: _Scope, key: str) -> Iterator[Build]:
        self._seen += 1
        if self._seen > _MOST_NODES:
            return
        if isinstance(node, Scalar):
            yield from self._shell(node.text, tuple(node.line_locations()), node.location, scope)
        elif isinstance(node, YamlSequence):
            if key in ("script", "before_script", "after_script", "commands", "cmds", "run") and strings(node):
                yield from self._lines(node, scope)
                return
            for item in node.items:
                yield from self._walk(item, scope, key)
        else:
            yield from self._mapping(node, scope)

    def _mapping(self, node: YamlMapping, scope: _Scope) -> Iterator[Build]:
        matrix = node.get("strategy", "matrix")
        inner = scope.inside(node)
        for values in combinations(matrix):
            here = _Scope({**inner.values, **values}, inner.cwd) if values else inner
            steps = node.get("steps")
            if isinstance(steps, YamlSequence):
                here = _Scope({**here.values, **_handed_on(steps, here)}, here.cwd)
            action = self._action(node, here)
            if action is not None:
                yield from made(self._artifacts, action, f"{self._name}")
            arguments = node.get("args")
            is_builder = isinstance(arguments, YamlSequence) and re.search(
                r"docker|kaniko|buildx|podman|buildah", f"{text(node.get('name'))} {text(node.get('image'))}"
            )
            if is_builder and text(node.get("entrypoint")) in (None, "docker", "buildctl"):
                yield from self._arguments(node, here)
            for entry in node.entries:
                if entry.key.text not in _VARIABLES and entry.key.text not in ("on", "with", "description", "name"):
                    yield from self._walk(entry.value, here, entry.key.text)

    def _lines(self, node: YamlSequence, scope: _Scope) -> Iterator[Build]:
        """Several items that one shell runs."""
        lines: list[str] = []
        places: list[Location] = []
        for item in node.items:
            if isinstance(item, Scalar):
                lines += item.text.split("\n")
                places += item.line_locations()
        yield from self._shell("\n".join(lines), tuple(places), node.location, scope)

    def _shell(self, script: str, lines: tuple[Location, ...], at: Location, scope: _Scope) -> Iterator[Build]:
        if not mentions_build(script.encode("utf-8", "replace")):
            return
        # The parser would take ${{ }} for a template of its own: names with dots are no shell variables.
        script, values = _as_shell(script, scope.values)
        # A path from the top of the project stays what it is; any other starts where the tool runs.
        ways = [
            commands_of_text(
                script, at, lines, self._folder, posixpath.normpath(posixpath.join(start, scope.cwd)), values
            )
            for start in self._starts
        ]
        yield from either(self._artifacts, ways, self._name, Confidence.HIGH)

    def _arguments(self, node: YamlMapping, scope: _Scope) -> Iterator[Build]:
        words = strings(node.get("args")) or ()
        tool = "/kaniko/executor" if "kaniko" in f"{text(node.get('name'))}{text(node.get('image'))}" else "docker"
        # Quotes would hide variables from the shell, which Cloud Build fills in everywhere.
        written = " ".join(shlex.quote(word) if "$" not in word else f'"{word}"' for word in words)
        yield from self._shell(f"{tool} {written}", (), node.location, scope)

    def _action(self, node: YamlMapping, scope: _Scope) -> BuildCommand | None:
        """docker/build-push-action and its like."""
        uses = text(node.get("uses")) or text(node.get("task")) or ""
        name = uses.split("@", 1)[0].rsplit("/", 1)[-1]
        given = node.get("with") or node.get("inputs")
        if name not in ("build-push-action", "buildah-build", "Docker"):
            return None
        options = {key.lower(): value for key, value in given.items()} if isinstance(given, YamlMapping) else {}

        def value(*keys: str) -> str | None:
            found = next((one for key in keys if (one := text(options.get(key)))), None)
            return None if found is None else expand(found, scope.values)

        written = value("context", "buildcontext") or "."
        context = folder_of("", re.sub(r"^\0?:", "", written).strip() or ".") if written != HOLE else ""
        named = value("file", "dockerfile", "containerfiles")
        dockerfile = folder_of("", named.strip()) if named else None
        target = value("target")
        if context is None or (named and dockerfile is None) or (target and HOLE in target):
            return None
        tags = re.split(r"[\n,]+", value("tags") or "")
        outputs = re.findall(r"\bname=([^,\"\n]+)", value("outputs") or "")
        image = value("image", "repository") or value("images")
        images = tuple(one.strip() for one in (*tags, *outputs, *([image] if image else [])) if one.strip())
        # A tag may vary; a name that does is less sure.
        given_words = (text(options.get(key)) or "" for key in ("file", "context", "tags", "image", "images"))
        literal = not any("$" in re.sub(r":\$\{\{[^{}]*\}\}", "", words) for words in given_words)
        return BuildCommand(images, context, dockerfile, target or None, node.location, literal)


def _handed_on(steps: YamlSequence, scope: _Scope) -> dict[str, str]:
    """What steps hand on to later ones: the images of metadata actions, and what a shell writes to GITHUB_OUTPUT."""
    found: dict[str, str] = {}
    for step in steps.items:
        if not isinstance(step, YamlMapping):
            continue
        name = text(step.get("id")) or ""
        values = {**scope.inside(step).values, **found}
        if _METADATA in (text(step.get("uses")) or ""):
            images = expand(text(step.get("with", "images")) or "", values)
            listed = [one.strip().removeprefix("name=") for one in re.split(r"[\n,]+", images) if one.strip()]
            found[f"steps.{name}.outputs.tags"] = "\n".join(f"{one}:{HOLE}" for one in listed if "=" not in one)
            continue
        local = dict(values)
        for line in (text(step.get("run")) or "").split("\n"):
            handed = _HANDS_ON.search(line)
            if handed is not None:
                value = expand(handed[2].strip("\"'"), local)
                found[f"steps.{name}.outputs.{handed[1]}" if handed[3] == "OUTPUT" else handed[1]] = value
            elif (assigned := _ASSIGNS.match(line)) is not None:
                value = expand(assigned[2].strip().strip("\"'"), {k: v for k, v in local.items() if k != assigned[1]})
                local[assigned[1]] = value if " " not in value else HOLE
    return found


def _as_shell(script: str, values: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """``script`` with ``${{ x.y }}`` and ``{{.X}}`` as shell variables, and the values under these names."""
    known = dict(values)

    def renamed(found: re.Match[str]) -> str:
        name = (found[1] or found[2]).strip().removeprefix("env.")
        plain = "_" + re.sub(r"\W", "_", name)
        known[plain] = values.get(name, HOLE)
        return f"${{{plain}}}"

    return re.sub(r"\$\{\{([^{}]*)\}\}|\{\{\s*\.?([^{}]*)\}\}", renamed, script), known
