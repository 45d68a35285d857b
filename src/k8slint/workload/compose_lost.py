"""Settings of a Compose service that the pod of the same program does not have."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TypeVar

from msgspec import Struct

from k8slint.fact import Fact
from k8slint.location import Location
from k8slint.models.compose import ComposeService
from k8slint.workload.missed_init import missed_init
from k8slint.workload.mounts import can_write, read_only_root
from k8slint.workload.shared_memory import shared_memory_size
from k8slint.workload.workload import Role, Workload

T = TypeVar("T")
_MIB = 1024 * 1024
# https://docs.docker.com/engine/containers/run/#runtime-constraints-on-resources: what a container gets by default
_DEFAULT_SHARED = 64 * _MIB


class LostSetting(Struct, frozen=True):
    """A setting as Compose has it, what the pod has or does instead, and what to write in the manifest."""

    setting: str
    instead: str
    fix: str
    location: Location


def lost_settings(workload: Workload) -> tuple[LostSetting, ...]:
    """Every setting that matters and is certainly not there; none where no service has the workload's name."""
    if workload.owner is None or workload.role not in (Role.MAIN, Role.SIDECAR):
        return ()
    services = [one for one in workload.compose if _is_same(one, workload) and not one.settings.extends]
    return tuple(_lost(services[0], workload)) if len(services) == 1 else ()


def _is_same(service: ComposeService, workload: Workload) -> bool:
    """Whether a service and a container go by one name; the image alone does not tell a worker from a server."""
    owner = workload.owner.name or "" if workload.owner is not None else ""
    container = workload.container.name if workload.container is not None else ""
    name = _plain(service.name)
    return any(_plain(one) == name or _plain(one).endswith(f"-{name}") for one in (owner, container))


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


def _lost(service: ComposeService, workload: Workload) -> Iterator[LostSetting]:
    settings = service.settings
    if settings.init.or_else(False) and workload.processes.is_known:
        missed = [missed_init(workload, one) for one in workload.processes.value]
        if missed and all(missed):
            effect = " and ".join(dict.fromkeys(text for one in missed for text in one.values()))
            fix = 'install tini and write ENTRYPOINT ["tini", "--"] in the Dockerfile'
            yield LostSetting("init: true", f"the pod has no init: {effect}", fix, _place(settings.init))
    grace, wanted = workload.grace_seconds, settings.stop_grace_seconds
    if grace.is_known and wanted.is_known and wanted.value > grace.value and not workload.runs_to_completion:
        setting = f"stop_grace_period {wanted.value:g} s"
        fix = f"terminationGracePeriodSeconds: {wanted.value:g}"
        yield LostSetting(setting, f"the pod is killed {grace.value} s after SIGTERM", fix, _place(wanted))
    signal, sent = settings.stop_signal, workload.stop_signal
    if signal.is_known and sent.is_known and _signal(signal.value) not in ("", sent.value):
        fix = f"STOPSIGNAL {_signal(signal.value)} in the Dockerfile"
        yield LostSetting(f"stop_signal {signal.value}", f"the pod gets {sent.value}", fix, _place(signal))
    shared, size = settings.shm_size, shared_memory_size(workload)
    given = _DEFAULT_SHARED if size.is_absent else size.or_else(math.inf)
    if shared.is_known and shared.value.value > given:
        fix = f"an emptyDir with medium: Memory and sizeLimit: {shared.value.value / _MIB:g}Mi at /dev/shm"
        instead = f"/dev/shm of the pod has {given / _MIB:g} MiB"
        yield LostSetting(f"shm_size {shared.value.text}", instead, fix, _place(shared))
    if not settings.bind_mounts and not settings.profiles:
        yield from _of_image(service, workload)


def _of_image(service: ComposeService, workload: Workload) -> Iterator[LostSetting]:
    """What says little of production where the service is there to develop with."""
    tmpfs, user = service.settings.tmpfs, service.settings.user
    if tmpfs.is_known and read_only_root(workload).or_else(False):
        paths = [one.partition(":")[0] for one in tmpfs.value]
        closed = [one for one in paths if can_write(workload, one) is False]
        if closed:
            fix = f"an emptyDir at {closed[0]}"
            yield LostSetting(f"tmpfs {' '.join(closed)}", "the pod cannot write there", fix, _place(tmpfs))
    number = user.value.partition(":")[0] if user.is_known else "0"
    if number.isdigit() and int(number) and workload.user.is_known and workload.user.value.is_root:
        yield LostSetting(f"user {user.value}", "the pod runs as root", f"runAsUser: {number}", _place(user))


def _signal(written: str) -> str:
    name = written.upper()
    return f"SIG{name}" if name.isalpha() and not name.startswith("SIG") else name if name.isalpha() else ""


def _place(fact: Fact[T]) -> Location:
    return fact.places[0].location
