"""How many database connections one process of a program may open, and how many its database takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from msgspec import Struct

from k8slint.fact import Fact, Place, known, unknown
from k8slint.location import Location
from k8slint.models.manifest import KubernetesObject
from k8slint.models.python import Call, Expr, PythonFile
from k8slint.models.yaml import YamlMapping, string_map, strings
from k8slint.regex import regex
from k8slint.workload.knowledge import worker_rows
from k8slint.workload.process import Process
from k8slint.workload.program import Program
from k8slint.workload.values import number, value
from k8slint.workload.workload import Workload

_SCHEME = regex(r"(postgres|mysql)[\w+]*:")
# A database of the pod's own, or a proxy beside the program.
_OWN_POD = regex(r"(?:@|//)(?:localhost|127\.|\[::1\]|/)")
_IMAGE = regex(r"(?:^|[/-])(postgres|mysql|mariadb|postgis|timescale)")
_SETTING = regex(r"max[_-]connections['\"]?\s*[=:]\s*['\"]?(\d+)")
_OPERATORS = ("postgresql", "Cluster", "PostgresCluster", "InnoDBCluster", "PerconaServerMySQL", "SGCluster")


class ConnectionPool(Struct, frozen=True):
    """A pool of at most ``most`` connections; ``sizes`` says how that comes about, ``kind`` is that of the database."""

    what: str
    most: int
    sizes: str
    kind: str
    location: Location


class DatabaseLimit(Struct, frozen=True):
    """The most connections of a database, ``is_default`` where no manifest says so."""

    name: str
    connections: int
    is_default: bool


@cache
def pool_calls() -> tuple[str, ...]:
    """The names of all calls that the model needs to see."""
    return tuple(worker_rows()["connection_pools"]["calls"])


def largest_pool(workload: Workload, process: Process, program: Program) -> Fact[ConnectionPool]:
    """The largest pool of a program to a known kind of database; unknown where something may stand in between."""
    table = worker_rows()["connection_pools"]
    pools = [
        pool
        for module, call in program.calls(*table["calls"])
        if program.reaches(module, call.scope)
        and (pool := _pool(workload, process, module, call, table["calls"][call.name])) is not None
    ]
    if not pools:
        return unknown("no pool is known")
    poolers = re.compile(table["poolers"])
    if any(poolers.search(module.source.text) for module in program.modules) or _has_pooler(workload):
        return unknown("a pooler may stand in front of the database")
    if workload.container is not None and any(
        poolers.search(f"{one.name} {one.value.or_else('')}") for one in workload.container.env
    ):
        return unknown("a pooler may stand in front of the database")
    return known(max(pools, key=lambda one: one.most))


def _pool(
    workload: Workload, process: Process, module: PythonFile, call: Call, row: dict[str, Any]
) -> ConnectionPool | None:
    chosen = call.keyword("poolclass")
    is_none = chosen is not None and str(chosen.value).rpartition(".")[2] in worker_rows()["connection_pools"]["none"]
    if is_none or any(call.keyword(name) is not None for name in ("**", "creator", "pool")):
        return None
    kind = row.get("kind") or _kind(workload, process, module, call)
    if kind is None:
        return None
    found: dict[str, int] = {}
    for name, default in row["sizes"].items():
        given = call.keyword(name) or call.keyword(row.get("follows", name))
        if given is None:
            found[name] = default
            continue
        size = number(module, given, call.scope, lambda variable: workload.environment.get(variable, process))
        if not size.is_known or size.value < 0:
            return None
        found[name] = size.value
    sizes = " + ".join(f"{name} {size}" for name, size in found.items())
    return ConnectionPool(row["what"], sum(found.values()), sizes, kind, call.location)


def _kind(workload: Workload, process: Process, module: PythonFile, call: Call) -> str | None:
    """Which database a URL names: the value in this container, else how the code begins it, else its default."""
    first = call.args[0] if call.args else call.keyword("url")
    if first is None:
        return None
    found = value(module, first, call.scope, lambda name: workload.environment.get(name, process))
    if found.is_known:
        scheme = _SCHEME.match(str(found.value))
        return scheme.group(1) if scheme is not None and not _OWN_POD.search(str(found.value)) else None
    kinds = {scheme.group(1) for one in _texts(module.resolve(first, call.scope)) if (scheme := _SCHEME.match(one))}
    return kinds.pop() if len(kinds) == 1 else None


def _texts(expression: Expr) -> Iterator[str]:
    return (one.value for one in expression.walk() if one.kind == "const" and isinstance(one.value, str))


def database_limit(workload: Workload, kind: str) -> Fact[DatabaseLimit]:
    """How many connections the database of the project takes; unknown where an operator or a setting decides it."""
    row = worker_rows()["connection_pools"]["limits"][kind]
    default = DatabaseLimit(row["name"], row["connections"], True)
    if workload.services is None:
        return known(default)
    beside, owner = workload.services.beside, workload.owner
    if beside.find(owner, _operated, True):
        return unknown("an operator sets the number of connections")
    numbers = [int(one) for found in beside.find(owner, _sets, True) for one in _SETTING.findall(_written(found))]
    places = tuple(Place(one.location, "sets max_connections") for one in beside.find(owner, _sets, True))
    if len(set(numbers)) > 1:
        return unknown("several numbers of connections are set", *places)
    return known(DatabaseLimit(row["name"], numbers[0], False), *places) if numbers else known(default)


def _has_pooler(workload: Workload) -> bool:
    services = workload.services
    return services is not None and bool(services.beside.find(workload.owner, _pools, True))


def _pools(one: KubernetesObject) -> Iterator[bool]:
    words = re.compile(worker_rows()["connection_pools"]["poolers"])
    images = [container.image.or_else("") for container in one.containers]
    if any(words.search(text) for text in (one.name or "", one.kind, *images)):
        yield True


def _operated(one: KubernetesObject) -> Iterator[bool]:
    if one.kind in _OPERATORS and not one.containers:
        yield True


def _sets(one: KubernetesObject) -> Iterator[bool]:
    is_database = any(_IMAGE.search(container.image.or_else("")) for container in one.containers)
    if (is_database or one.kind == "ConfigMap") and _SETTING.search(_written(one)):
        yield True


def _written(one: KubernetesObject) -> str:
    """The commands of an object's containers, or the texts of a ConfigMap."""
    if one.kind == "ConfigMap":
        data = one.root.get("data")
        return "\n".join(string_map(data).values()) if isinstance(data, YamlMapping) else ""
    words: list[str] = []
    for container in one.containers:
        for field in ("command", "args"):
            node = container.get(field)
            words.extend(strings(node) or () if node is not None else ())
    return " ".join(words)
