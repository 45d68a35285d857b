"""Amounts of resources that cannot be what their author meant: half a byte, 500 CPUs, a request above its limit."""

from __future__ import annotations

import math
from collections.abc import Iterator
from enum import Enum

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.container import read_quantity
from k8slint.models.quantity import Quantity, parse_quantity
from k8slint.models.yaml import Node, Scalar, YamlMapping, as_int, is_template, mappings, text
from k8slint.regex import regex
from k8slint.workload.workload import Workload

_SECTIONS = ("requests", "limits")
_OF_BYTES = ("memory", "ephemeral-storage")
_LEAST_BYTES = 1024**2
_MOST_CPUS = 256
_WRITTEN = regex(r"(?P<number>\d+(?:\.\d+)?) *(?P<unit>[A-Za-z]+)")
_THOUSANDTH = "m"
# What these are read by takes a whole number of processes or threads:
# https://docs.gunicorn.org/en/stable/settings.html#workers https://uvicorn.dev/settings/
# https://numpy.org/doc/stable/reference/global_state.html https://docs.python.org/3/using/cmdline.html
_COUNTS = frozenset(
    (
        "WEB_CONCURRENCY",
        "UVICORN_WORKERS",
        "GRANIAN_WORKERS",
        "PYTHON_CPU_COUNT",
        "LOKY_MAX_CPU_COUNT",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "POLARS_MAX_THREADS",
    )
)


class Doubt(Enum):
    """What is wrong with an amount."""

    UNREADABLE = "Kubernetes cannot read it"
    FEW_BYTES = "less than a mebibyte"
    MANY_CPUS = "more CPUs than a node has"
    ABOVE_LIMIT = "a request above its limit"
    THOUSANDTHS = "a count in thousandths"
    NODE_COUNT = "a count that follows the node"


class DoubtfulQuantity(Struct, frozen=True):
    """One such amount.

    ``name`` is what it is the amount of ("limits.memory"), ``written`` as it stands there, ``meant`` what was probably
    meant, or "". ``amount`` is in CPUs or bytes, for counts the number that the variable gets; NaN where nobody knows.
    """

    doubt: Doubt
    name: str
    written: str
    meant: str
    amount: float
    location: Location
    other: Quantity | None = None
    """For a request above its limit: the limit."""


def doubtful_quantities(workload: Workload) -> Iterator[DoubtfulQuantity]:
    """Those of a container's resources, of the volumes in memory or on disk that it mounts, and of its variables."""
    container = workload.container
    if container is None:
        return
    for section in _SECTIONS:
        resources = container.get("resources", section)
        for resource, node in resources.items() if isinstance(resources, YamlMapping) else ():
            if resource == "cpu" or resource in _OF_BYTES:
                yield from _of_node(f"{section}.{resource}", node, workload.location or node.location)
    for resource in ("cpu", *_OF_BYTES):
        request, limit = (container.quantity(section, resource) for section in _SECTIONS)
        if request.is_known and limit.is_known and request.value.value > limit.value.value:
            name, here = f"requests.{resource}", request.value
            yield DoubtfulQuantity(Doubt.ABOVE_LIMIT, name, here.text, "", here.value, here.location, limit.value)
    yield from _of_volumes(workload)
    yield from _of_variables(workload)


def _of_node(name: str, node: Node, fallback: Location) -> Iterator[DoubtfulQuantity]:
    if not isinstance(node, Scalar) or is_template(node.text):
        return
    found = read_quantity(node, name, fallback)
    written = _WRITTEN.fullmatch(node.text.strip())
    is_cpu = name.endswith(".cpu")
    if found.is_known:
        amount = found.value.value
        if is_cpu and amount >= _MOST_CPUS:
            meant = f"{(written['number'] if written else node.text)}m"
            yield DoubtfulQuantity(Doubt.MANY_CPUS, name, node.text, meant, amount, node.location)
        elif not is_cpu and 0 < amount < _LEAST_BYTES:
            yield DoubtfulQuantity(Doubt.FEW_BYTES, name, node.text, _in_mebibytes(node), amount, node.location)
    elif written is not None and as_int(node) is None and parse_quantity(node.text) is None:
        meant = f"{written['number']}m" if is_cpu else _with_unit(written["number"], written["unit"])
        yield DoubtfulQuantity(Doubt.UNREADABLE, name, node.text, meant, math.nan, node.location)


def _in_mebibytes(node: Scalar) -> str:
    """``512m`` and ``512`` mean 512 mebibytes; of other spellings nobody knows."""
    number = node.text.removesuffix(_THOUSANDTH)
    return f"{number}Mi" if number.isdecimal() and 16 <= int(number) <= 65536 else ""


def _with_unit(number: str, unit: str) -> str:
    letter = unit[0].upper()
    return f"{number}{letter}i" if letter in "KMGT" else ""


def _of_volumes(workload: Workload) -> Iterator[DoubtfulQuantity]:
    pod = workload.owner.pod if workload.owner is not None else None
    if pod is None or workload.container is None:
        return
    mounted = {text(mount.get("name")) for mount in mappings(workload.container.get("volumeMounts"))}
    for volume in mappings(pod.spec.get("volumes")):
        size = volume.get("emptyDir", "sizeLimit")
        if size is not None and text(volume.get("name")) in mounted:
            yield from _of_node(f"sizeLimit of the volume {text(volume.get('name'))}", size, size.location)


def _of_variables(workload: Workload) -> Iterator[DoubtfulQuantity]:
    """Variables that are given an amount of CPU where a number of processes or threads is meant."""
    for variable in mappings(workload.container.get("env") if workload.container is not None else None):
        name, reference = text(variable.get("name")) or "", variable.get("valueFrom", "resourceFieldRef")
        if name not in _COUNTS or not isinstance(reference, YamlMapping):
            continue
        written = reference.get("resource")
        section, _, resource = (text(written) or "").partition(".")
        if written is None or resource != "cpu" or section not in _SECTIONS or reference.get("containerName"):
            continue
        cpus = workload.quantity(section, "cpu")
        divisor = text(reference.get("divisor"))
        if divisor == "1m" and not cpus.is_unknown:
            count = math.ceil(cpus.value.value * 1000) if cpus.is_known else math.nan
            yield DoubtfulQuantity(Doubt.THOUSANDTHS, name, "1m", "1", count, written.location)
        elif divisor in (None, "0", "1") and cpus.is_absent and section == "limits":
            yield DoubtfulQuantity(Doubt.NODE_COUNT, name, "limits.cpu", "", math.nan, written.location)
