"""Wheels with CUDA libraries in images of which no container ever gets a GPU."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.requirements import Requirement
from k8slint.models.yaml import Node, Scalar, YamlSequence
from k8slint.regex import regex
from k8slint.workload.installs import Install
from k8slint.workload.knowledge import library_rows, normalise_image
from k8slint.workload.libraries import accelerator
from k8slint.workload.workload import Workload

_WORDS = regex(r"nvidia|cuda|rocm|gpu|accelerator|habana|neuron|tpu", re.IGNORECASE)
_INDEX_VARIABLES = (
    *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_INDEX"),
    *("UV_DEFAULT_INDEX", "UV_TORCH_BACKEND", "PIP_CONFIG_FILE"),
)


class CudaWheels(Struct, frozen=True):
    """A package that an image installs with CUDA libraries; ``gib`` is what they take, unpacked.

    ``users`` are the containers that run the image.
    """

    package: str
    what: str
    gib: int | None
    location: Location
    asked: Location
    users: tuple[Workload, ...]


def cuda_wheels(workloads: Iterable[Workload]) -> Iterator[CudaWheels]:
    """Those of all images whose containers the manifests describe, and none of which may get a GPU."""
    by_image: dict[tuple[str, int], list[Workload]] = defaultdict(list)
    for workload in workloads:
        if workload.link.is_known:
            link = workload.link.value
            by_image[link.dockerfile.path, link.stage.index].append(workload)
    for users in by_image.values():
        if all(_has_no_gpu(one) for one in users):
            yield from _of_image(tuple(users))


def _of_image(users: tuple[Workload, ...]) -> Iterator[CudaWheels]:
    image = users[0]
    base = image.stage.base_image.or_else("") if image.stage is not None else ""
    if not base or _WORDS.search(normalise_image(base)) or re.search(r"pytorch/|tensorflow/", base):
        return
    if image.environment.mentioned("nvidia.com/gpu") or any(_other_index(one) for one in image.installs):
        return
    rows = library_rows()["cuda_wheels"]
    for install in image.installs:
        asked = (*install.packages, *(one for file in install.files for one in file.packages))
        project = install.project.value.packages if install.project.is_known and (install.paths or not asked) else ()
        for one in (*asked, *project):
            row = rows.get(one.name)
            if row is not None and one.is_for_linux and _is_cuda(one, row.get("extra")):
                yield CudaWheels(one.written, row["what"], row.get("gib"), install.location, one.location, users)
                return


def _is_cuda(requirement: Requirement, extra: str | None) -> bool:
    """Whether the requirement means the wheel with CUDA: its version names no other build of it."""
    is_asked = extra is None or any(one.startswith(extra) for one in requirement.extras)
    return is_asked and "+" not in requirement.written and "@" not in requirement.written


def _other_index(install: Install) -> bool:
    """Whether packages may come from somewhere else than PyPI."""
    backend = install.has("--torch-backend") or any(not install.variable(name).is_absent for name in _INDEX_VARIABLES)
    pinned = install.project.is_known and install.project.value.names_indexes
    return bool(install.indexes) or backend or pinned or install.tool in ("poetry", "pipenv", "pdm")


def _has_no_gpu(workload: Workload) -> bool:
    """Whether nothing in the manifest asks for a GPU, nor may for all that is known."""
    container, owner = workload.container, workload.owner
    if container is None or owner is None or owner.pod is None:
        return False
    if accelerator(workload) or not workload.quantity("requests", "nvidia.com/gpu").is_absent:
        return False
    fields = ("nodeSelector", "tolerations", "affinity", "runtimeClassName", "resourceClaims")
    nodes = [node for name in fields if (node := owner.pod.spec.get(name)) is not None]
    resources = container.get("resources")
    return not any(_mentions(node) for node in (*nodes, *((resources,) if resources is not None else ())))


def _mentions(node: Node) -> bool:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Scalar):
            if _WORDS.search(one.text):
                return True
        elif isinstance(one, YamlSequence):
            waiting.extend(one.items)
        else:
            waiting.extend(part for entry in one.entries for part in (entry.key, entry.value))
    return False
