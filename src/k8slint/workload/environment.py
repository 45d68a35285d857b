"""The environment variables of a container: the image's, then envFrom, then env, then what entry scripts export."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct, field

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.models.dockerfile import Stage
from k8slint.models.manifest import Container, EnvFrom, EnvVar, KubernetesObject
from k8slint.models.yaml import Node, Scalar, YamlMapping, is_null, is_template, text
from k8slint.regex import regex
from k8slint.workload.beside import Beside, by_kind_and_name
from k8slint.workload.process import CLEARED, Process
from k8slint.workload.shell_words import Variables

# Kubernetes fills in ``$(NAME)`` and turns ``$$`` into a dollar sign.
_REFERENCE = regex(r"(?<!\$)\$\([A-Za-z_][\w.-]*\)")
_KINDS = {"configMap": "ConfigMap", "secret": "Secret"}
_MAKE_SECRETS = ("ExternalSecret", "SealedSecret", "SecretProviderClass", "VaultStaticSecret", "BitwardenSecret")
_EXAMPLE = regex(r"example|sample|template|dist|dummy|placeholder")


class Environment(Struct, frozen=True):
    """What is known of a container's environment.

    ``references`` are the values that ``configMapKeyRef`` finds in the repository, by "name/key".
    ``open_because`` names what may set any variable and cannot be read; "" where nothing can. ``image_open`` says the
    same of the image. ``mentioned`` tells whether templates that were not rendered mention a variable: they may be the
    manifests of an image that has no container of its own.
    """

    container: Container | None
    stage: Stage | None
    config_maps: dict[str, YamlMapping]
    open_because: str
    image_open: str
    mentioned: Callable[[str], bool]
    references: Mapping[str, Node] = field(default_factory=dict)
    """The values in the repository that ``configMapKeyRef`` refers to, by "name/key"."""
    secrets: Mapping[str, YamlMapping] = field(default_factory=dict)
    """What the Secrets of the repository hold that ``envFrom`` names: which keys, not what they are set to."""

    def held_by(self, source: EnvFrom) -> YamlMapping | None:
        """The keys that a source of ``envFrom`` sets; None where that is not known."""
        return (self.secrets if source.kind == "secret" else self.config_maps).get(source.name or "")

    def get(self, name: str, process: Process | None = None) -> Fact[str]:
        """The value of a variable for the program that ``process`` starts."""
        for exported, value in reversed(process.entry.exports if process is not None else ()):
            if exported == CLEARED:
                return absent()
            if exported in (name, ""):
                if value is None:
                    return unknown(f"the entry script sets {name} to something that is not known")
                return known(value)
        if self.container is not None:
            for variable in reversed(self.container.env):
                if variable.name == name:
                    return _value(variable, self.references)
            for source in reversed(self.container.env_from):
                if not name.startswith(source.prefix):
                    continue
                data = self.held_by(source)
                if data is None:
                    return unknown(self.open_because)
                if (value_node := data.get(name.removeprefix(source.prefix))) is not None:
                    if source.kind == "secret":
                        return unknown(f"{name} comes from Secret {source.name}", Place(value_node.location, name))
                    return known(text(value_node) or "", Place(value_node.location, f"ConfigMap {source.name}"))
        if self.stage is not None and name in self.stage.env:
            found = self.stage.env[name]
            return (
                known(found.value.value, Place(found.location, f"ENV {name}")) if found.value.is_known else found.value
            )
        if self.image_open:
            return unknown(self.image_open)
        if self.container is None and self.mentioned(name):
            return unknown(f"a template that was not rendered mentions {name}")
        return absent()

    def variables(self) -> Variables:
        """All variables whose value is known, as a shell sees them."""
        values: dict[str, str | None] = {}
        if self.stage is not None:
            for name, found in self.stage.env.items():
                values[name] = found.value.value if found.value.is_known else None
        if self.container is not None:
            for source in self.container.env_from:
                data = self.held_by(source)
                if data is None:
                    values.update((name, None) for name in tuple(values) if name.startswith(source.prefix))
                    continue
                is_secret = source.kind == "secret"
                values.update((source.prefix + key, None if is_secret else text(node)) for key, node in data.items())
            for variable in self.container.env:
                written = _value(variable, self.references)
                values[variable.name] = written.value if written.is_known else None
        is_closed = self.container is not None and not self.open_because and not self.image_open
        return Variables(values, is_closed, ())

    def is_set(self, name: str, process: Process | None = None) -> bool | None:
        """Whether a variable is set at all, None where that is not known."""
        found = self.get(name, process)
        return True if found.is_known else (False if found.is_absent else None)

    def names(self, name: str, process: Process | None = None) -> bool:
        """Whether somebody sets a variable, be it to a value that only the cluster knows."""
        in_manifest = self.container is not None and any(one.name == name for one in self.container.env)
        in_image = self.stage is not None and name in self.stage.env
        return in_manifest or in_image or self.get(name, process).is_known


def environment(
    container: Container | None,
    owner: KubernetesObject | None,
    stage: Stage | None,
    image_open: str,
    beside: Beside,
    mentioned: Callable[[str], bool],
) -> Environment:
    """Put the environment of a container together from everything the repository says.

    ``image_open`` says why the image may hold further variables, "" where it holds no others.
    """
    maps: dict[str, YamlMapping] = {}
    secrets: dict[str, YamlMapping] = {}
    open_because = ""
    for source in container.env_from if container is not None else ():
        is_secret = source.kind == "secret"
        data = secret(source.name, owner, beside) if is_secret else None
        data = config_map(source.name, owner, beside) if source.kind == "configMap" else data
        if data is None and source.optional and beside.is_withheld(owner, _KINDS.get(source.kind, ""), source.name):
            data = YamlMapping((), source.location)
        if data is None:
            open_because = _why_open(source, owner, beside)
        else:
            (secrets if is_secret else maps)[source.name or ""] = data
    references = dict(_references(container, owner, beside))
    return Environment(container, stage, maps, open_because, image_open, mentioned, references, secrets)


def _why_open(source: EnvFrom, owner: KubernetesObject | None, beside: Beside) -> str:
    count = len(beside.find(owner, by_kind_and_name, (_KINDS.get(source.kind), source.name)))
    why = "is not in the repository"
    if count:
        why = "is one of several of that name" if count > 1 else "may hold more than can be read"
    return f"envFrom {source.kind} {source.name or ''} {why}".replace("  ", " ")


def _references(
    container: Container | None, owner: KubernetesObject | None, beside: Beside
) -> Iterator[tuple[str, Node]]:
    maps: dict[str, YamlMapping | None] = {}
    for variable in container.env if container is not None else ():
        if variable.source == "configMapKeyRef" and variable.ref is not None:
            name, _, key = variable.ref.partition("/")
            if name not in maps:
                maps[name] = config_map(name, owner, beside)
            data = maps[name]
            node = data.get(key) if data is not None else None
            if isinstance(node, Scalar) and not is_template(node.text):
                yield variable.ref, node


def _value(variable: EnvVar, references: Mapping[str, Node]) -> Fact[str]:
    place = Place(variable.location, f"env {variable.name}")
    if variable.source == "configMapKeyRef" and (node := references.get(variable.ref or "")) is not None:
        return known(text(node) or "", Place(node.location, f"ConfigMap {(variable.ref or '').partition('/')[0]}"))
    if not variable.value.is_known:
        return unknown(f"{variable.name} comes from {variable.source}", place)
    if _REFERENCE.search(variable.value.value):
        return unknown(f"{variable.name} is put together from other variables", place)
    return known(variable.value.value, place)


def config_map(name: str | None, owner: KubernetesObject | None, beside: Beside) -> YamlMapping | None:
    """``data`` of the one ConfigMap that an object can mean by a name; None where that is not known."""
    found = _only("ConfigMap", name, owner, beside)
    data = found.root.get("data") if found is not None else None
    return data if isinstance(data, YamlMapping) else None


def secret(name: str | None, owner: KubernetesObject | None, beside: Beside) -> YamlMapping | None:
    """``data`` and ``stringData`` of the one Secret that an object can mean by a name; None where that is not known.

    An example is not what is applied, and what a controller makes of a custom resource it may have made of more.
    """
    if any(beside.find(owner, by_kind_and_name, (kind, name)) for kind in _MAKE_SECRETS):
        return None
    found = _only("Secret", name, owner, beside)
    if found is None or _EXAMPLE.search(posixpath.basename(found.path)):
        return None
    parts = [node for key in ("data", "stringData") if (node := found.root.get(key)) is not None and not is_null(node)]
    held = tuple(entry for node in parts if isinstance(node, YamlMapping) for entry in node.entries)
    if not held or not all(isinstance(node, YamlMapping) and node.template() is None for node in parts):
        return None
    return YamlMapping(held, found.location)


def _only(kind: str, name: str | None, owner: KubernetesObject | None, beside: Beside) -> KubernetesObject | None:
    fits = list(beside.find(owner, by_kind_and_name, (kind, name))) if name is not None else []
    if owner is not None and len(fits) > 1:
        fits = [one for one in fits if one.namespace == owner.namespace] or fits
    return fits[0] if len(fits) == 1 else None
