"""What is mounted at /dev/shm, and what of a program uses it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from msgspec import Struct

from k8slint.fact import Fact, Place, absent, known, unknown
from k8slint.location import Location
from k8slint.models.python import Call, PythonFile
from k8slint.models.quantity import parse_quantity
from k8slint.models.yaml import Scalar, YamlMapping, YamlSequence, as_bool, is_template, text
from k8slint.workload.process import Process
from k8slint.workload.program import Program
from k8slint.workload.values import Lookup, number
from k8slint.workload.workload import Workload

DEFAULT_SIZE = 64 * 1024 * 1024
"""What a container runtime mounts at /dev/shm where the pod mounts nothing."""

_BROWSERS = ("selenium.webdriver.Chrome", "selenium.webdriver.chrome.webdriver.WebDriver")
_TENSORS = (".share_memory_", "torch.multiprocessing.Queue", "torch.multiprocessing.spawn")
_BLOCKS = ("multiprocessing.shared_memory.SharedMemory", "multiprocessing.shared_memory.ShareableList")
_LOADERS = ("torch.utils.data.DataLoader", "torch.utils.data.dataloader.DataLoader")

_MOVED = {
    "torch": ("file_system", "set_sharing_strategy"),
    "selenium": ("disable-dev-shm-usage", "command_executor"),
    "ray": ("_plasma_directory", "RAY_ADDRESS"),
}
"""Words in the code that tell that the library keeps its data elsewhere."""


class SharedMemoryUse(Struct, frozen=True):
    """Something that needs room in /dev/shm: ``what`` it is, ``symptom`` what is seen where the room is too small.

    ``is_heavy`` tells that 64 MiB are known to be too little in practice.
    """

    what: str
    symptom: str
    is_heavy: bool
    location: Location


def shared_memory_calls() -> tuple[str, ...]:
    """The names of all calls that the model needs to see."""
    return (*_BROWSERS, *_TENSORS, *_BLOCKS, *_LOADERS, "ray.init")


def shared_memory_size(workload: Workload) -> Fact[float]:
    """Bytes of /dev/shm; absent where nothing is mounted there, infinite where the volume has no limit of its own."""
    if workload.container is None or workload.owner is None or workload.owner.pod is None:
        return unknown("there is no manifest")
    spec = workload.owner.pod.spec
    host = spec.get("hostIPC")
    if host is not None and as_bool(host) is not False:
        return unknown("it may be the node's")
    if workload.owner.group == "ray.io":
        return unknown("the operator mounts it")
    mounts = workload.container.get("volumeMounts")
    if isinstance(mounts, Scalar) and mounts.text:
        return unknown("the mounts are filled in later")
    for mount in mounts.items if isinstance(mounts, YamlSequence) else ():
        path = text(mount.get("mountPath")) if isinstance(mount, YamlMapping) else None
        if path is None or is_template(path):
            return unknown("a mount is filled in later")
        if isinstance(mount, YamlMapping) and path.rstrip("/") in ("/dev/shm", "/dev", ""):
            return _volume_size(spec.get("volumes"), text(mount.get("name")), Place(mount.location, "mounts /dev/shm"))
    return absent()


def _volume_size(volumes: object, name: str | None, place: Place) -> Fact[float]:
    for volume in volumes.items if isinstance(volumes, YamlSequence) else ():
        if isinstance(volume, YamlMapping) and text(volume.get("name")) == name:
            limit = volume.get("emptyDir", "sizeLimit")
            if limit is None:
                return known(math.inf, place)
            size = parse_quantity(text(limit) or "")
            return (
                known(size, Place(limit.location, "sizeLimit")) if size is not None else unknown("a template sets it")
            )
    return unknown("the volume is not in the manifest")


def shared_memory_uses(
    workload: Workload, process: Process | None, program: Program | None
) -> Iterator[SharedMemoryUse]:
    """What the program keeps in /dev/shm; nothing that the code may have moved elsewhere."""
    yield from _of_command(workload, process)
    if program is None:
        return

    def variable(name: str) -> Fact[str]:
        return workload.environment.get(name, process)

    for module, call in program.calls(*shared_memory_calls()):
        found = _use(module, call, variable)
        owner = "torch" if call.name.endswith(_TENSORS) else call.name.partition(".")[0]
        if found is not None and not _mentions(program, *_MOVED.get(owner, ())):
            yield found


def _mentions(program: Program, *words: str) -> bool:
    return any(program.may_mention(word) or any(word in one.source.text for one in program.modules) for word in words)


def _use(module: PythonFile, call: Call, variable: Lookup) -> SharedMemoryUse | None:
    if call.name in _LOADERS:
        given = call.keyword("num_workers")
        workers = number(module, given, call.scope, variable) if given is not None else unknown("it is the default")
        if not workers.is_known or workers.value < 1:
            return None
        what = f"DataLoader hands batches over from {workers.value} worker{'s' if workers.value > 1 else ''}"
        return SharedMemoryUse(what, "Bus error, insufficient shared memory (shm)", True, call.location)
    if call.name in _BROWSERS:
        return SharedMemoryUse("Chrome keeps its pages", "tabs that crash", True, call.location)
    if call.name == "ray.init":
        if call.args or any(name in ("address", "**") for name, _ in call.keywords):
            return None
        return SharedMemoryUse("Ray keeps its objects", "an object store on the disk, slower", False, call.location)
    if call.name in _BLOCKS:
        return _block(module, call, variable)
    return SharedMemoryUse("torch shares tensors", "Bus error, insufficient shared memory (shm)", True, call.location)


def _block(module: PythonFile, call: Call, variable: Lookup) -> SharedMemoryUse | None:
    """A block that is created and whose size is not known to fit."""
    symptom = "Bus error on the first write behind the end"
    if call.name.endswith("ShareableList"):
        return None  # A list of a few numbers, as a rule; its size is not written.
    create = call.keyword("create") or (call.args[1] if len(call.args) > 1 else None)
    size = call.keyword("size") or (call.args[2] if len(call.args) > 2 else None)
    if create is None or size is None or module.resolve(create, call.scope).value is not True:
        return None
    count = number(module, size, call.scope, variable)
    if not count.is_known or count.value <= DEFAULT_SIZE:
        return None
    mib = count.value / (1024 * 1024)
    return SharedMemoryUse(f"SharedMemory creates a block of {mib:.0f} MiB", symptom, True, call.location)


def _of_command(workload: Workload, process: Process | None) -> Iterator[SharedMemoryUse]:
    """vLLM over several GPUs: its processes exchange tensors through /dev/shm."""
    if process is None or workload.quantity("limits", "nvidia.com/gpu").is_absent:
        return
    words = process.entry.words
    option = process.entry.option("--tensor-parallel-size", "-tp")
    is_vllm = any((word.text or "").rpartition("/")[2].startswith("vllm") for word in words[:1])
    if is_vllm and option is not None and (option.text or "").isdecimal() and int(option.text or "0") > 1:
        what = f"vLLM passes tensors between {option.text} GPUs"
        yield SharedMemoryUse(what, "NCCL errors or a start that fails", True, option.location)
