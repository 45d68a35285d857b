"""Builds that shell commands describe: docker, podman, buildah, nerdctl, kaniko and what their images are tagged as."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from k8slint.location import Location
from k8slint.models.shell import ShellScript, SimpleCommand, Statement, Subshell, Word, parse_shell_text, walk
from k8slint.regex import regex
from k8slint.workload.build_names import HOLE, expand, folder_of, place_folders

_MENTIONS = regex(
    rb"\b(?:docker|podman|nerdctl|buildah|buildx|finch)\b[^\n]{0,200}?\b(?:build|bud)\b|kaniko|\baz acr build\b"
    rb"|\bgcloud\b[^\n]{0,40}\bbuilds submit\b"
)
_WORDS = (b"build ", b"build\\", b"bud ", b"kaniko", b"builds submit", b'build"', b"build'", b"build\n")

_TOOLS = ("docker", "podman", "nerdctl", "buildah", "finch", "docker-buildx")
_WITH_VALUE = frozenset(
    """
    -t --tag -f --file --target --build-arg --platform --cache-from --cache-to --label --network --output -o --progress
    --secret --ssh --builder --iidfile --metadata-file --add-host --memory -m --shm-size --ulimit --isolation
    --security-opt --attest --allow --annotation --build-context --cgroup-parent --no-cache-filter --format -v --volume
    --arch --os --jobs --cpu-shares --cpuset-cpus --cpu-quota --authfile --creds --from --env --variant --manifest
    -r --registry -g --resource-group --image --subscription --config --substitutions --timeout --project --machine-type
    -c --context --dockerfile -d --destination --log-level -H --host --gcs-log-dir --gcs-source-staging-dir --region
    """.split()  # noqa: SIM905  # a list literal would take a line for each
)
_PREFIXES = ("sudo", "time", "exec", "retry", "env", "command", "nohup")
_MOST_BUILDS = 500


class BuildCommand(Struct, frozen=True):
    """One build, paths from the project's top: ``cwd`` is where it runs, ``images`` are the names it gives."""

    images: tuple[str, ...]
    context: str
    dockerfile: str | None
    target: str | None
    location: Location
    literal: bool


class _State(Struct):
    cwd: str | None
    values: dict[str, str]
    set_twice: set[str] = field(default_factory=set)
    stack: list[str | None] = field(default_factory=list)


def mentions_build(data: bytes) -> bool:
    """Whether bytes may hold one of these commands; quick, since every file is asked."""
    return any(word in data for word in _WORDS) and _MENTIONS.search(data) is not None


def commands_of_text(
    text: str, at: Location, lines: tuple[Location, ...], folder: str, cwd: str, values: Mapping[str, str]
) -> list[BuildCommand]:
    """The builds in shell text of a file in ``folder`` that runs in ``cwd``."""
    if not mentions_build(text.encode("utf-8", "replace")):
        return []
    return commands_of_script(parse_shell_text(text, at, lines), folder, cwd, values)


def commands_of_script(script: ShellScript, folder: str, cwd: str, values: Mapping[str, str]) -> list[BuildCommand]:
    """The builds of a script, in order; a name that ``docker tag`` adds later is one of its build's ``images``."""
    state = _State(cwd, dict(values))
    found: list[BuildCommand] = []
    aliases: list[tuple[str, str]] = []
    for command in _in_order(script.body, state):
        if len(found) >= _MOST_BUILDS:
            break
        for name, word in command.assignments:
            value = place_folders(word.template, folder)
            if name in state.values and name not in values and state.values[name] != value:
                state.set_twice.add(name)
            state.values[name] = f"${{{HOLE}}}" if name in state.set_twice else value
        words = [place_folders(word.template, folder) for word in _without_prefix(command.words)]
        if not words:
            continue
        if words[0] in ("cd", "pushd") and len(words) > 1:
            state.stack.append(state.cwd)
            to = expand(words[1], state.values)
            state.cwd = (
                folder_of(state.cwd, to) if state.cwd is not None else (folder_of("", to) if to[:2] == "//" else None)
            )
        elif words[0] == "popd" or words[:2] == ["cd", "-"]:
            state.cwd = state.stack.pop() if state.stack else None
        elif words[:2] in (["docker", "tag"], ["podman", "tag"]) and len(words) == 4:
            aliases.append((expand(words[2], state.values), expand(words[3], state.values)))
        elif (build := _build(words, command.location, state)) is not None:
            found.append(build)
    return [_with_aliases(one, aliases) for one in found]


def _in_order(body: Statement, state: _State) -> Iterator[SimpleCommand]:
    """Every simple command; the working directory of a subshell ends with it."""
    inner: list[tuple[set[int], str | None]] = []
    for statement in walk(body):
        if isinstance(statement, Subshell):
            inner.append(({id(one) for one in walk(statement.body)}, state.cwd))
        while inner and not isinstance(statement, Subshell) and id(statement) not in inner[-1][0]:
            state.cwd = inner.pop()[1]
        if isinstance(statement, SimpleCommand):
            yield statement


def _without_prefix(words: tuple[Word, ...]) -> tuple[Word, ...]:
    at = 0
    while at < len(words) and (words[at].template in _PREFIXES or (at and "=" in words[at].template)):
        at += 1
    return words[at:]


def _build(words: list[str], location: Location, state: _State) -> BuildCommand | None:
    arguments = _arguments(words)
    if arguments is None or state.cwd is None:
        return None
    options: dict[str, list[str]] = {}
    plain: list[str] = []
    waiting = ""
    for word in arguments:
        if waiting:
            options.setdefault(waiting, []).append(word)
            waiting = ""
        elif word in _WITH_VALUE:
            waiting = word
        elif word.startswith("--") and "=" in word:
            name, _, value = word.partition("=")
            options.setdefault(name, []).append(value)
        elif re.match(r"-[tf][^-]", word):
            options.setdefault(word[:2], []).append(word[2:].removeprefix("="))
        elif not word.startswith("-"):
            plain.append(word)
    files = [*options.get("-f", ()), *options.get("--file", ()), *options.get("--dockerfile", ())]
    contexts = [expand(word, state.values) for word in plain]
    known = [word for word in contexts if HOLE not in word]
    if words[0].endswith("executor"):
        known = [expand(word, state.values) for word in (*options.get("--context", ()), *options.get("-c", ()))] or [
            "."
        ]
        known = [word.removeprefix("dir://") for word in known]
        files = [*options.get("--dockerfile", ()), *files[:0]]
    elif not contexts and words[0] in ("gcloud", "buildah"):
        known = ["."]
    if len(known) != 1:
        return None
    context = folder_of(state.cwd, known[0])
    if context is None:
        return None
    dockerfile = folder_of(state.cwd, expand(files[-1], state.values)) if files else None
    if files and dockerfile is None:
        return None
    targets = [expand(word, state.values) for word in options.get("--target", ())]
    if targets and HOLE in targets[-1]:
        return None
    names = [name for key in ("-t", "--tag", "--image", "--destination", "-d") for name in options.get(key, ())]
    outputs = [found[1] for one in options.get("--output", ()) if (found := re.search(r"\bname=([^,\"]+)", one))]
    images = tuple(expand(name, state.values) for name in (*names, *outputs))
    literal = not any("$" in word for word in (*names, *files, *plain))
    return BuildCommand(images, context, dockerfile, targets[-1] if targets else None, location, literal)


def _arguments(words: list[str]) -> list[str] | None:
    """The words after ``docker build`` and its like; None for any other command."""
    if words[0].endswith("kaniko/executor"):
        return words[1:]
    if words[:3] == ["gcloud", "builds", "submit"] or words[:3] == ["az", "acr", "build"]:
        return words[3:]
    if words[0].rsplit("/", 1)[-1] not in _TOOLS:
        return None
    rest = words[1:]
    while rest and rest[0].startswith("-"):
        rest = rest[2:] if rest[0] in _WITH_VALUE else rest[1:]
    if rest[:1] in (["buildx"], ["image"], ["builder"]):
        rest = rest[1:]
        while rest and rest[0].startswith("-"):
            rest = rest[2:] if rest[0] in _WITH_VALUE else rest[1:]
    return rest[1:] if rest[:1] in (["build"], ["bud"], ["b"]) else None


def _with_aliases(build: BuildCommand, aliases: list[tuple[str, str]]) -> BuildCommand:
    more = tuple(new for old, new in aliases if old in build.images and HOLE not in old)
    return replace(build, images=build.images + more) if more else build
