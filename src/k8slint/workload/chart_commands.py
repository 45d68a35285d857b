"""The commands with which the project's scripts, Makefiles and CI install its Helm charts."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping

from k8slint.location import Location
from k8slint.models.helm_set import set_value, set_values
from k8slint.models.makefile import is_makefile, parse_makefile
from k8slint.models.shell import ShellScript, SimpleCommand, parse_shell, parse_shell_text, walk
from k8slint.models.source import Source
from k8slint.models.template_values import Value
from k8slint.models.yaml import Node, Scalar, YamlSequence, load_documents
from k8slint.regex import regex
from k8slint.workload.build_names import expand
from k8slint.workload.chart_installs import ChartInstall, Charts

_COMMAND = regex(rb"\bhelm[ \t][^\n#]*\b(?:upgrade|install|template)\b")
_PREFIXES = ("sudo", "exec", "time", "command")
_MOST_NODES = 20_000


def mentions_helm(data: bytes) -> bool:
    """Whether bytes may hold such a command."""
    return b"helm" in data and _COMMAND.search(data) is not None


def of_commands(path: str, source: Callable[[str], Source], charts: Charts) -> Iterator[ChartInstall]:
    """The installations that the commands in a file describe: a Makefile, a script, a YAML file of a CI system."""
    folders = tuple(dict.fromkeys((posixpath.dirname(path), "")))
    for script, values in _scripts(path, source):
        for words, place in _commands(script, values):
            found = of_command(words, place, folders, charts)
            if found is not None:
                yield found


def _scripts(path: str, source: Callable[[str], Source]) -> Iterator[tuple[ShellScript, Mapping[str, str]]]:
    if is_makefile(path):
        file = parse_makefile(source(path))
        for recipe in file.recipes:
            if "helm" in recipe.text:
                yield parse_shell_text(recipe.text, recipe.location), file.variables
    elif path.endswith((".yml", ".yaml")):
        for document in load_documents(source(path))[0]:
            for one in _texts(document.root):
                yield parse_shell_text(one.text, one.location, tuple(one.line_locations())), {}
    else:
        yield parse_shell(source(path)), {}


def _texts(root: Node) -> Iterator[Scalar]:
    waiting = [root]
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        node = waiting.pop()
        if isinstance(node, Scalar):
            if mentions_helm(node.text.encode("utf-8", "replace")):
                yield node
        elif isinstance(node, YamlSequence):
            waiting.extend(reversed(node.items))
        else:
            waiting.extend(entry.value for entry in reversed(node.entries))


def _commands(script: ShellScript, given: Mapping[str, str]) -> Iterator[tuple[list[str], Location]]:
    values = dict(given)
    for statement in walk(script.body):
        if not isinstance(statement, SimpleCommand):
            continue
        for name, word in statement.assignments:
            # What is set twice may be either.
            values[name] = "$" if values.get(name, word.template) != word.template else word.template
        words = [expand(word.template, values) for word in statement.words]
        while words and words[0] in _PREFIXES:
            words = words[1:]
        if words and words[0] == "helm":
            yield words, statement.location


def of_command(words: list[str], location: Location, folders: Iterable[str], charts: Charts) -> ChartInstall | None:
    """``helm upgrade NAME ./chart -f values/x.yaml --set a=b`` run in the first of ``folders`` that makes sense of it.

    What stands in for an unknown value in ``words`` is the sign for a variable.
    """
    options, plain = _arguments(words[1:])
    if plain[:1] not in (["upgrade"], ["install"], ["template"]) or len(plain) < 2:
        return None
    for folder in folders:
        chart = charts.chart(folder, plain[-1])
        paths = [charts.file(folder, name) for key, given in options if key == "-f" for name in given.split(",")]
        if not chart or not all(paths):
            continue
        layers: list[str | Value] = [*paths]
        for key, given in options:
            if key in ("--set", "--set-string", "--set-literal"):
                layers.append(set_values(given, location, as_text=key != "--set"))
            elif key in ("--set-file", "--set-json"):
                layers.append(set_value(given.partition("=")[0], "$", location))
        return ChartInstall(chart, tuple(layers), location)
    return None


_VALUES = {"--values": "-f"}
_ALONE = frozenset(
    """
    --install -i --wait --wait-for-jobs --atomic --debug --dry-run --create-namespace --force --reuse-values
    --reset-values --dependency-update --cleanup-on-fail --generate-name -g --devel --no-hooks --skip-crds
    --include-crds --skip-tests --validate --is-upgrade --verify --reset-then-reuse-values --replace
    --skip-schema-validation --render-subchart-notes --enable-dns --hide-notes --disable-openapi-validation
    --insecure-skip-tls-verify --plain-http --pass-credentials --rollback-on-failure --take-ownership
    """.split()  # noqa: SIM905  # a list literal would take a line for each
)


def _arguments(words: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """The options of a helm command with their values, and its other words."""
    options: list[tuple[str, str]] = []
    plain: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        name, equals, value = word.partition("=")
        if word.startswith("-") and name not in _ALONE:
            if not equals and not word.startswith("--") and len(word) > 2:
                name, value = word[:2], word[2:]
            elif not equals:
                at += 1
                value = words[at] if at < len(words) else ""
            options.append((_VALUES.get(name, name), value))
        elif not word.startswith("-"):
            plain.append(word)
        at += 1
    return options, plain
