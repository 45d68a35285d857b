"""A workload: one container as it will run, with everything the repository says about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct, field

from k8slint.fact import Fact, absent, unknown
from k8slint.location import Location
from k8slint.models.dockerfile import Stage
from k8slint.models.manifest import Container, KubernetesObject, Quantity
from k8slint.models.python import PythonFile
from k8slint.models.yaml import YamlMapping, as_bool, as_int, text
from k8slint.workload.celery_code import CeleryCode
from k8slint.workload.environment import Environment
from k8slint.workload.image_files import Image
from k8slint.workload.installs import Install
from k8slint.workload.knowledge import BaseImage
from k8slint.workload.limit_ranges import LimitDefaults
from k8slint.workload.links import ImageLink
from k8slint.workload.probe_commands import ProbeCommand
from k8slint.workload.process import Process
from k8slint.workload.program import Program
from k8slint.workload.scaling import Replicas, surges
from k8slint.workload.services import ServicesBeside
from k8slint.workload.started_file import StartedFile
from k8slint.workload.stop_settings import grace_seconds, stop_signal
from k8slint.workload.user import User

if TYPE_CHECKING:
    from k8slint.models.compose import ComposeService

_NO_LIMIT_RANGE = LimitDefaults()
_NO_POLICY: Fact[str] = unknown("there is no manifest")
_NO_MANIFEST: Fact[Replicas] = unknown("there is no manifest")


class Role(Enum):
    """What a container is in its pod.

    ``SERVICE`` is a Compose service, in a project that has no manifests. ``IMAGE`` has no manifest, ``PROGRAM`` neither
    manifest nor image. For rules a service is an image whose command, environment and user are better known.
    """

    MAIN = "main"
    INIT = "init"
    SIDECAR = "sidecar"
    SERVICE = "service"
    IMAGE = "image"
    PROGRAM = "program"


class Workload(Struct, frozen=True, eq=False):
    """One container of one pod template with its image, process and program; any part may be missing.

    ``ours`` tells whether this container runs Python that the project writes, or may for all that can be seen (then
    its places are empty). ``resources_set_elsewhere`` tells whether the cluster may fill in resources that the manifest
    leaves out. ``served_by`` is the Service that selects the pod, the first of ``services``.
    """

    role: Role
    owner: KubernetesObject | None
    container: Container | None
    link: Fact[ImageLink]
    base: BaseImage
    shell: str | None
    environment: Environment
    user: Fact[User]
    processes: Fact[tuple[Process, ...]]
    launch_places: tuple[tuple[Location, str], ...]
    programs_by_module: tuple[tuple[str, Fact[Program]], ...]
    python: Fact[bool]
    ours: Fact[bool]
    served_by: Fact[str]
    resources_set_elsewhere: bool
    stage: Stage | None = None
    settings_by_process: tuple[tuple[Process, PythonFile], ...] = ()
    is_base: bool = False
    """Whether the image starts nothing itself and is there for other images of the project to be built upon."""
    services: ServicesBeside | None = None
    """The Services that exist where the pod does."""
    selected_by: tuple[KubernetesObject, ...] = ()
    """The Services that send traffic to the container."""
    replica_range: Fact[Replicas] = _NO_MANIFEST
    celery_by_process: tuple[tuple[Process, CeleryCode], ...] = ()
    probe_commands: tuple[ProbeCommand, ...] = ()
    compose: tuple[ComposeService, ...] = ()
    """The Compose services with the same image; of a Compose service, that service alone."""
    installs: tuple[Install, ...] = ()
    image: Image | None = None
    limit_defaults: LimitDefaults = _NO_LIMIT_RANGE
    pod_security: Fact[str] = _NO_POLICY
    """The level of pod security that the namespace enforces."""
    started_file: StartedFile | None = None
    volume_keys: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The keys of the ConfigMaps that the pod has as volumes, by the volume's name, as far as they are known."""
    through_entrypoint: tuple[Process, ...] = ()
    """Where ``command`` replaces the image's ENTRYPOINT: the ways that the container would go if it were ``args``."""

    @property
    def label(self) -> str:
        """What to call the workload in a message: "Deployment web", "container api of Deployment web"."""
        if self.owner is not None and self.container is not None:
            part = self.owner.pod.name if self.owner.pod is not None else ""
            name = self.owner.name or self.owner.generated_name or "(without a name)"
            pod = f"{part and part + ' of '}{self.owner.kind} {name}"
            containers = self.owner.pod.containers if self.owner.pod is not None else ()
            if self.role is Role.INIT:
                return f"init container {self.container.name} of {pod}"
            return pod if len(containers) < 2 else f"container {self.container.name} of {pod}"
        if self.role is Role.SERVICE:
            return f"service {self.compose[0].name} of {self.compose[0].location.path}"
        if self.link.is_known:
            return f"the image of {self.link.value.dockerfile.path}"
        return next((path for path, _ in self.programs_by_module), "the program")

    @property
    def location(self) -> Location | None:
        """The place to name for a setting that the manifest does not have: the container's name."""
        return self.container.location if self.container is not None else None

    @property
    def from_location(self) -> Location | None:
        """The place to name for a setting that the image does not have: FROM of its last stage."""
        return self.stage.from_.location if self.stage is not None else None

    @property
    def runs_to_completion(self) -> bool:
        """Whether the container is meant to end: a Job's, an init container, a service that others wait for."""
        if self.role is Role.INIT:
            return True
        if self.role is Role.SERVICE:
            return self.compose[0].is_awaited
        if self.owner is None or self.role is Role.SIDECAR:
            return False
        if self.owner.pod is not None and self.owner.pod.traits.finite:
            return True
        policy = self._pod_setting("restartPolicy")
        return self.owner.kind == "Pod" and policy in ("Never", "OnFailure")

    @property
    def python_processes(self) -> tuple[Process, ...]:
        """The processes whose program is Python; none where the process is not known."""
        if not self.processes.is_known:
            return ()
        return tuple(process for process in self.processes.value if process.entry.is_python)

    def program(self, process: Process) -> Fact[Program]:
        """The Python program that a process starts."""
        if process.entry.module.is_unknown:
            return unknown(process.entry.module.reason)
        if process.entry.module.is_absent:
            return absent()
        return dict(self.programs_by_module).get(process.entry.module.value, unknown("the program was not read"))

    def settings(self, process: Process) -> PythonFile | None:
        """The configuration file that the server of a process reads, such as ``gunicorn.conf.py``."""
        return next((file for one, file in self.settings_by_process if one is process), None)

    def programs(self) -> Iterator[tuple[Process | None, Program]]:
        """Every program of the workload that was read, with the process that starts it."""
        if self.role is Role.PROGRAM:
            for _, program in self.programs_by_module:
                if program.is_known:
                    yield None, program.value
            return
        seen = set()
        for process in self.python_processes:
            program = self.program(process)
            if program.is_known and id(program.value) not in seen:
                seen.add(id(program.value))
                yield process, program.value

    @property
    def grace_seconds(self) -> Fact[int]:
        """Seconds between SIGTERM and SIGKILL; Kubernetes' default is 30, controllers of other kinds have their own."""
        return grace_seconds(self.owner, self._service)

    @property
    def replicas(self) -> int | None:
        """The replicas that the manifest writes, 1 where it writes none, None where they are not known.

        Of an object with several kinds of pods they are not known.
        """
        if self.owner is None or (self.owner.pod is not None and self.owner.pod.name):
            return None
        node = self.owner.root.get("spec", "replicas")
        return 1 if node is None else as_int(node)

    @property
    def surges(self) -> Fact[bool]:
        """Known where a rollout of a Deployment starts new pods before it stops the old ones, as it does by default."""
        if self.owner is None or (self.owner.kind, self.owner.group) != ("Deployment", "apps"):
            return absent()
        if self.location is None:
            return unknown("the container has no place")
        return surges(self.owner.root, self.location)

    @property
    def shares_process_namespace(self) -> bool:
        """Whether the pod's containers share, or may share, one PID namespace: then none of their programs is PID 1."""
        if self.owner is None or self.owner.pod is None:
            return self.environment.mentioned("shareProcessNamespace: true")
        spec = self.owner.pod.spec
        return any(
            as_bool(spec.get(name)) is not False for name in ("shareProcessNamespace", "hostPID") if spec.get(name)
        )

    @property
    def stop_signal(self) -> Fact[str]:
        """The signal that stops the container: ``lifecycle.stopSignal``, else the image's STOPSIGNAL, else SIGTERM."""
        return stop_signal(self.container, self._service, self.stage)

    @property
    def pre_stop(self) -> bool | None:
        """Whether something runs before the stop signal; None where a template that was not rendered may say so."""
        if self.container is None:
            return None if self.environment.mentioned("preStop") else False
        return self.container.get("lifecycle", "preStop") is not None

    def quantity(self, section: str, resource: str) -> Fact[Quantity]:
        """``limits`` or ``requests`` of ``cpu`` or ``memory``, those of a LimitRange included."""
        if self.container is None:
            return unknown("there is no manifest")
        found = self.container.quantity(section, resource)
        if found.is_absent and self.resources_set_elsewhere:
            return unknown("a VerticalPodAutoscaler may set it")
        if found.is_absent and self.owner is not None and self.owner.pod is not None:
            if self.owner.pod.traits.own_resources:
                return unknown(f"the controller of {self.owner.kind} sets it")
            pod_level = self.owner.pod.spec.get("resources", section, resource)
            if pod_level is not None:
                return unknown("it is set for the whole pod")
        if not found.is_absent or (section == "requests" and not self.container.quantity("limits", resource).is_absent):
            return found  # Kubernetes takes a request that is not written from the limit, before any LimitRange.
        given = self.limit_defaults.get(section, resource)
        return found if given.is_absent else given

    def probe(self, kind: str) -> Fact[YamlMapping]:
        """``livenessProbe``, ``readinessProbe`` or ``startupProbe``."""
        if self.container is None:
            return unknown("there is no manifest")
        return self.container.probe(kind)

    @property
    def brings_own_probes(self) -> bool:
        """Whether the controller of the kind adds probes itself, as Knative, KServe and KubeRay do."""
        return self.owner is not None and self.owner.pod is not None and self.owner.pod.traits.own_probes

    @property
    def _service(self) -> ComposeService | None:
        return self.compose[0] if self.role is Role.SERVICE else None

    def _pod_setting(self, name: str) -> str | None:
        if self.owner is None or self.owner.pod is None:
            return None
        node = self.owner.pod.spec.get(name)
        return text(node) if node is not None else None
