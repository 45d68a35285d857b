"""The commands of an image's build that install Python packages, with the files that say which."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from msgspec import Struct

from k8slint.fact import Fact, absent, known, unknown
from k8slint.location import Location
from k8slint.models.requirements import Requirement, Requirements, parse_project, parse_requirements, read_requirement
from k8slint.regex import regex
from k8slint.workload.artifacts import Artifacts
from k8slint.workload.image_files import Image, in_repository
from k8slint.workload.stages import BuildCommand, build_commands, needed_stages

_INTERESTING = regex(r"\b(pip[\d.]*|uv|poetry|pipenv|pdm)\b")
_MOST_FILES = 30
# Options of pip and uv whose value is the next word.
_WITH_VALUE = frozenset(
    """
    -r --requirement --requirements -c --constraint --constraints --override -e --editable -i --index-url --index
    --default-index --extra-index-url -f --find-links --platform --python-version --implementation --abi -t --target
    --prefix --root --src --progress-bar --only-binary --no-binary --cache-dir --timeout --retries --trusted-host --cert
    --proxy --log -p --python --group --extra --only-group --no-group --package --project --directory --torch-backend
    --index-strategy --link-mode --config-settings --no-install-package --upgrade-package -P --no-extra --with --without
    --only --extras -E --upgrade-strategy --keyring-provider --exclude-newer --config-file --resolution --prerelease
    """.split()  # noqa: SIM905  # a list literal would take a line for each
)


class Install(Struct, frozen=True):
    """One such command. ``tool`` is "pip", "uv pip", "uv sync", "poetry", "pipenv" or "pdm".

    ``files`` are the requirements files that it names and that the repository has, with those that they include.
    ``packages`` are named on the command line, ``paths`` are folders of the image whose project it installs.
    ``project`` is the pyproject.toml in the folder, or of the first path. ``lock`` is the tool's lock file beside it:
    known where the image has it, absent where only the repository has.
    """

    tool: str
    command: BuildCommand
    options: tuple[tuple[str, str], ...]
    files: tuple[Requirements, ...]
    packages: tuple[Requirement, ...]
    paths: tuple[str, ...]
    project: Fact[Requirements]
    lock: Fact[str]
    settings: tuple[tuple[str, Fact[str]], ...]
    """The variables that ENV sets, and those before the command."""

    @property
    def location(self) -> Location:
        return self.command.location

    def has(self, *names: str) -> bool:
        """Whether the command has one of these options."""
        return any(name in names for name, _ in self.options)

    def variable(self, *names: str) -> Fact[str]:
        """The first of these variables that the build sets."""
        return next((value for name, value in reversed(self.settings) if name in names), absent())

    @property
    def indexes(self) -> tuple[str, ...]:
        """The package indexes that the command or its files name."""
        names = ("-i", "--index-url", "--extra-index-url", "--index", "--default-index", "-f", "--find-links")
        own = tuple(value for name, value in self.options if name in names)
        return (*own, *(value for file in self.files for value in file.values(*names)))


def installs_of(image: Image, artifacts: Artifacts) -> tuple[Install, ...]:
    """The installs of all stages that the image needs, in the order of the Dockerfile."""
    target = image.dockerfile.stage(str(image.stage.index)) or image.stage
    found = []
    for stage in needed_stages(image.dockerfile, (target,)):
        where = Image(image.dockerfile, stage, image.context, image.files)
        for command in build_commands(stage, _INTERESTING):
            one = _install(command, where, artifacts)
            if one is not None:
                found.append(one)
    return tuple(found)


def _install(command: BuildCommand, image: Image, artifacts: Artifacts) -> Install | None:
    tool, rest = _tool(command.words)
    if not tool:
        return None
    options, operands = _split(rest)
    files: dict[str, Requirements] = {}
    for name, value in options:
        if name in ("-r", "--requirement", "--requirements"):
            _read(_file(command, value, image), artifacts, files)
    named = (read_requirement(word, command.location) for word in operands if not _is_path(word))
    project = _file(command, posixpath.join(next(filter(_is_path, operands), "."), "pyproject.toml"), image)
    return Install(
        tool,
        command,
        options,
        tuple(files.values()),
        tuple(one for one in named if one is not None),
        tuple(word for word in operands if _is_path(word)),
        _project(project, artifacts),
        _lock(tool, command, project, image),
        tuple(_settings(command)),
    )


def _tool(words: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The tool that a command installs with, and the words behind its verb; "" for any other command."""
    name = posixpath.basename(words[0])
    if re.fullmatch(r"(python|pypy)[\d.]*", name) and "-m" in words[:4]:
        words = words[words.index("-m") + 1 :]
        name = words[0] if words else ""
    verbs = [(at, word) for at, word in enumerate(words[1:], 1) if not word.startswith("-")][:2]
    first, second = ([word for _, word in verbs] + ["", ""])[:2]
    if re.fullmatch(r"pip[\d.]*", name) and first == "install":
        return "pip", words[verbs[0][0] + 1 :]
    if name == "uv" and first == "pip" and second == "install":
        return "uv pip", words[verbs[1][0] + 1 :]
    if name == "uv" and first == "sync":
        return "uv sync", words[1 : verbs[0][0]] + words[verbs[0][0] + 1 :]
    if name in ("poetry", "pipenv", "pdm") and first in ("install", "sync"):
        return name, words[verbs[0][0] :]
    return "", ()


def _split(words: tuple[str, ...]) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Options with their values ("" for none), and the other words."""
    options: list[tuple[str, str]] = []
    operands: list[str] = []
    index = 0
    while index < len(words):
        word = words[index]
        index += 1
        if not word.startswith("-") or word == "-":
            operands.append(word)
        elif "=" in word and word.startswith("--"):
            name, _, value = word.partition("=")
            options.append((name, value))
        elif word in _WITH_VALUE:
            value = words[index] if index < len(words) else ""
            index += 1
            options.append((word, value))
            if word in ("-e", "--editable"):
                operands.append(value)
        elif word[:2] in ("-r", "-c") and len(word) > 2:
            options.append((word[:2], word[2:]))
        else:
            options.append((word, ""))
    return tuple(options), tuple(operands)


def _is_path(word: str) -> bool:
    return re.match(r"\.{0,2}/|\.\.?(?:\[|$)", word) is not None


def _file(command: BuildCommand, written: str, image: Image) -> str | None:
    """The repository's file that a path of the command means."""
    if "$" in written or "://" in written or (command.folder is None and not written.startswith("/")):
        return None
    path = posixpath.normpath(posixpath.join(command.folder or "/", written.split("[", 1)[0]))
    for target, source in command.binds.items():
        if path == target or path.startswith(target.rstrip("/") + "/"):
            inside = posixpath.join(image.context, source.lstrip("/"), path[len(target) :].lstrip("/"))
            normal = posixpath.normpath(inside)
            return normal if normal in image.files else None
    return in_repository(image, path)


def _read(path: str | None, artifacts: Artifacts, found: dict[str, Requirements]) -> None:
    waiting = [path]
    while waiting and len(found) < _MOST_FILES:
        current = waiting.pop()
        if current is None or current in found or current not in artifacts.files:
            continue
        source = artifacts.source(current)
        file = parse_project(source) if current.endswith(".toml") else parse_requirements(source)
        if file is None:
            continue
        found[current] = file
        folder = posixpath.dirname(current)
        waiting.extend(
            posixpath.normpath(posixpath.join(folder, value)) for value in file.values("-r", "--requirement")
        )


def _lock(tool: str, command: BuildCommand, project: str | None, image: Image) -> Fact[str]:
    name = {"uv sync": "uv.lock", "poetry": "poetry.lock", "pipenv": "Pipfile.lock", "pdm": "pdm.lock"}.get(tool)
    if name is None or project is None:
        return unknown("its project is not known")
    beside = posixpath.join(posixpath.dirname(project), name)
    copied = _file(command, name, image)
    if copied is not None:
        return known(copied)
    return absent() if beside in image.files else unknown("the repository has no lock file that was read")


def _project(path: str | None, artifacts: Artifacts) -> Fact[Requirements]:
    """What pyproject.toml asks for."""
    read = parse_project(artifacts.source(path)) if path is not None and path in artifacts.files else None
    return unknown("the project's pyproject.toml is not known") if read is None else known(read)


def _settings(command: BuildCommand) -> Iterator[tuple[str, Fact[str]]]:
    for name, value in command.stage.env.items():
        yield name, value.value
    for name, written in command.assignments:
        yield name, unknown("the shell puts it in") if "$" in written else known(written)
