"""One container of a pod template, field by field, each as a fact."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.location import Location
from k8slint.models.container_env import EnvFrom, EnvVar, environment_sources, environment_variables
from k8slint.models.quantity import Quantity, parse_quantity
from k8slint.models.yaml import (
    Entry,
    Node,
    Scalar,
    YamlMapping,
    YamlSequence,
    as_int,
    has_expression,
    is_null,
    is_template,
    text,
)
from k8slint.regex import regex

# Behind these a program begins, or a text for a shell.
_BEFORE_PROGRAM = regex(r"--|-[a-z]*[cm]")
_ASSIGNED = regex(r"--[\w.-]+=[^{\s]*")
_BLANKS = regex(r"\}\}.*\s")


class Argument(Struct, frozen=True):
    """One element of ``command`` or ``args``; where it is not known, ``text`` is the template that makes it."""

    text: str
    location: Location
    is_known: bool = True


class Port(Struct, frozen=True):
    """A port that the container says it listens on."""

    number: int | None
    name: str | None
    location: Location


class Container(Struct, frozen=True):
    """A container of a pod template.

    ``role`` is "main", "init" or "sidecar" (an init container that restarts always). ``location`` is the place of its
    name, else of its first key. An absent fact is one that nobody can fill in later; a template makes it unknown.
    """

    name: str
    role: str
    node: YamlMapping
    location: Location
    image: Fact[str]
    command: Fact[tuple[Argument, ...]]
    args: Fact[tuple[Argument, ...]]
    env: tuple[EnvVar, ...]
    env_from: tuple[EnvFrom, ...]
    working_dir: Fact[str]
    ports: tuple[Port, ...]

    def get(self, *route: str | int) -> Node | None:
        """The node at the end of ``route``; see ``YamlMapping.get``."""
        return self.node.get(*route)

    def setting(self, key: str) -> Location | None:
        """Where a person would change a field: the field, or the default in a chart's values that gives or empties it.

        None where the field is not written.
        """
        entry = self.node.entry(key)
        if entry is None:
            return None
        is_elsewhere = entry.value.location.path != self.location.path
        return entry.value.location if is_elsewhere else entry.key.location

    def quantity(self, section: str, resource: str) -> Fact[Quantity]:
        """The "limits" or "requests" for "cpu", "memory" or another resource, in CPUs or bytes."""
        return read_quantity(self.get("resources", section, resource), f"{section}.{resource}", self.location)

    def probe(self, kind: str) -> Fact[YamlMapping]:
        """A probe by its field's name; absent where it is missing, null or ``{}``, which Kubernetes takes for none."""
        node = self.get(kind)
        if is_null(node) or (isinstance(node, YamlMapping) and not node.entries):
            return absent(Place(self.location, f"no {kind}"))
        place = Place(_location(node, self.location), kind)
        if not isinstance(node, YamlMapping):
            return unknown(f"{kind} is filled in later", place)
        return known(node, place)


def read_container(node: YamlMapping, is_init: bool) -> Container:
    """The container that ``node``, an item of ``containers`` or ``initContainers``, describes."""
    entry = node.entry("name")
    name = node.get("name")
    first = node.entries[0].key.location if node.entries else node.location
    role = "main"
    if is_init:
        role = "sidecar" if text(node.get("restartPolicy")) == "Always" else "init"
    return Container(
        name=text(name) or "",
        role=role,
        node=node,
        location=name_location(entry) if entry is not None and not is_null(name) and _holds(node, entry) else first,
        image=_string(node, "image"),
        command=_arguments(node, "command"),
        args=_arguments(node, "args"),
        env=tuple(environment_variables(node)),
        env_from=tuple(environment_sources(node)),
        working_dir=_string(node, "workingDir"),
        ports=tuple(_ports(node.get("ports"))),
    )


def name_location(entry: Entry) -> Location:
    """The place of a name; of one that another file gives, such as a chart's values, the place of its key."""
    here = entry.key.location
    return entry.value.location if entry.value.location.path == here.path else here


def _holds(node: YamlMapping, entry: Entry) -> bool:
    """Whether a name is written inside ``node``; an alias is not: its value stands where its anchor is.

    What a patch in another file writes is inside all the same.
    """
    place = name_location(entry)
    is_elsewhere = node.location.path != place.path
    within = is_elsewhere or node.location.line <= place.line <= node.location.end_line
    return isinstance(entry.value, Scalar) and within


def read_quantity(node: Node | None, where: str, fallback: Location) -> Fact[Quantity]:
    """The quantity at ``node``, called ``where``; absent for no node, with ``fallback`` as its place."""
    if is_null(node):
        return absent(Place(fallback, f"no {where}"))
    place = Place(_location(node, fallback), where)
    if not isinstance(node, Scalar):
        return unknown(f"{where} is not a quantity", place)
    if is_template(node.text):
        return unknown(f"{where} is filled in later", place)
    number = as_int(node)
    value = parse_quantity(node.text) if number is None else float(number)
    if value is None or value < 0:
        return unknown(f"{node.text} is not a quantity", place)
    return known(Quantity(value, node.text, node.location), place)


def _location(node: Node | None, otherwise: Location) -> Location:
    return otherwise if node is None else node.location


def _string(container: YamlMapping, key: str) -> Fact[str]:
    node = container.get(key)
    if is_null(node):
        return absent()
    place = Place(_location(node, container.location), key)
    if not isinstance(node, Scalar):
        return unknown(f"{key} is not a string", place)
    # An image without a repository is one that a chart's user must name.
    if is_template(node.text) or (key == "image" and node.text.startswith((":", "/", "@"))):
        return unknown(f"{key} is filled in later", place)
    return known(node.text, place) if node.text else absent(place)


def _arguments(container: YamlMapping, key: str) -> Fact[tuple[Argument, ...]]:
    node = container.get(key)
    if is_null(node):
        return absent()
    place = Place(_location(node, container.location), key)
    if not isinstance(node, YamlSequence):
        return unknown(f"{key} is not a list that can be read", place)
    found: list[Argument] = []
    for item in node.items:
        if not isinstance(item, Scalar):
            return unknown(f"{key} holds something that is not a string", place)
        is_known = not _is_filled_in(item)
        if not is_known and not _is_value(item.text, found[-1].text if found else ""):
            return unknown(f"{key} is filled in later", place)
        found.append(Argument(item.text, item.location, is_known))
    return known(tuple(found), place) if found else absent(place)


def _is_value(template: str, before: str) -> bool:
    """Whether a template can only make the value of an option: it stands behind one, or behind its equals sign."""
    if any(word in template for word in ("toYaml", "indent", "\n")) or _BLANKS.search(template):
        return False
    if _BEFORE_PROGRAM.fullmatch(before):
        return False
    written = template[: template.find("{{")] if "{{" in template else ""
    follows = before.startswith("-") and "=" not in before and not written.startswith("-")
    return (follows and not any(blank in written for blank in " \t")) or _ASSIGNED.fullmatch(written) is not None


def _is_filled_in(argument: Scalar) -> bool:
    """Whether an element is a template; a script's own ``$VAR`` and ``<`` do not make it one."""
    if has_expression(argument.text):
        return True
    is_script = any(blank in argument.text for blank in " \t\n")
    return not is_script and argument.text.startswith(("$", "<")) and is_template(argument.text)


def _ports(ports: Node | None) -> Iterator[Port]:
    for item in ports.items if isinstance(ports, YamlSequence) else ():
        if isinstance(item, YamlMapping):
            number = item.get("containerPort")
            yield Port(as_int(number), text(item.get("name")), _location(number, item.location))
