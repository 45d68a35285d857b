"""Joins manifests, images, processes and programs into workloads."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from k8slint.fact import Fact, known, unknown
from k8slint.location import Location, Notice, whole_file
from k8slint.models.dockerfile import Dockerfile, Stage
from k8slint.models.manifest import Container, KubernetesObject
from k8slint.workload.admission import may_set_resources, pod_security
from k8slint.workload.artifacts import Artifacts
from k8slint.workload.beside import Beside, by_openshift
from k8slint.workload.compose_services import (
    container_of,
    deployed_services,
    runs_image_as_it_is,
    services_by_stage,
    steps_before,
)
from k8slint.workload.development_paths import is_development
from k8slint.workload.dropped_entrypoint import through_entrypoint
from k8slint.workload.environment import environment
from k8slint.workload.failure import failure
from k8slint.workload.hidden_files import volume_keys
from k8slint.workload.image_files import Image
from k8slint.workload.images import can_switch_user, clones, shell_of, whole_image
from k8slint.workload.installs import Install, installs_of
from k8slint.workload.knowledge import BaseImage, base_image
from k8slint.workload.launch import launch
from k8slint.workload.limit_ranges import limit_defaults
from k8slint.workload.links import ImageLink, Links
from k8slint.workload.modules import modules_of
from k8slint.workload.own_python import is_ours, own_registries, runs_python
from k8slint.workload.process import Language, OnSigterm, Process, Step, StepKind
from k8slint.workload.process_code import ProcessCode
from k8slint.workload.program_alone import program_alone
from k8slint.workload.project_scripts import console_scripts
from k8slint.workload.references import service_link
from k8slint.workload.scaling import Scaling
from k8slint.workload.services import Services, ServicesBeside
from k8slint.workload.started_file import started_file
from k8slint.workload.surroundings import Surroundings, text_lines
from k8slint.workload.unrun_images import is_named_in_values, is_tool
from k8slint.workload.unwrap import processes
from k8slint.workload.user import NOBODY, effective_user, user_of_service
from k8slint.workload.workload import Role, Workload

if TYPE_CHECKING:
    from k8slint.models.compose import ComposeService

_CONFIGURATION = ("gunicorn.conf.py", "gunicorn_conf.py", "gunicorn_config.py", "gunicorn.config.py")


class Joiner:
    """Joins one project's artifacts. ``workloads`` gives them in the order of their files.

    ``notices`` name those that could not be joined for a mistake of k8slint's own.
    """

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts
        self.notices: list[Notice] = []
        self._links = self.links = Links(artifacts)
        self._modules = modules_of(artifacts)
        self._code = ProcessCode(artifacts, self._modules)
        self._scripts = console_scripts(artifacts)
        self._beside = Beside(artifacts.objects, artifacts.overlays.open_because, artifacts.charts.withheld)
        self._services = Services(self._beside)
        self._composed = services_by_stage(artifacts, self._links)
        self._run_as_they_are: set[str] = set()
        self._scaling = Scaling(self._beside)
        self._own_registries = own_registries(artifacts, self._links)
        self._installs: dict[tuple[str, int, str], tuple[Install, ...]] = {}
        self._disabled: dict[str, list[Workload]] | None = None

    def workloads(self) -> tuple[Workload, ...]:
        found = [*self._of_manifests(), *self._of_services()]
        linked = {one.link.value.dockerfile.path for one in found if one.link.is_known}
        found.extend(self._of_images(linked - self._run_as_they_are))
        if not found and not self._artifacts.dockerfiles and not self.notices:
            found.extend(self._of_programs())
        return tuple(found)

    def _of_manifests(self) -> Iterator[Workload]:
        for owner in self._artifacts.objects:
            if owner.is_fragment:
                continue
            for pod in owner.pods:
                one = owner.of_pod(pod)
                for container in (*pod.containers, *pod.init_containers):
                    if not container.image.is_absent:
                        what = f"container {container.name or '?'} of {owner.kind} {owner.name or '?'}"
                        yield from self._attempt(what, container.location, partial(self._of_container, one, container))

    def _attempt(self, what: str, place: Location, join: Callable[[], Workload]) -> list[Workload]:
        """What ``join`` makes; if it fails, a notice, and the other workloads are still judged."""
        try:
            return [join()]
        except Exception as error:  # noqa: BLE001  # a mistake of ours with one workload must not silence the others
            self.notices.append(failure(f"k8slint itself failed on {what}, which is not judged", place, error))
            return []

    def _of_container(self, owner: KubernetesObject, container: Container) -> Workload:
        link = self._links.link(container, owner)
        role = {"main": Role.MAIN, "init": Role.INIT, "sidecar": Role.SIDECAR}[container.role]
        wrapper = owner.pod.traits.wrapper if owner.pod is not None and role is not Role.INIT else ""
        step = Step(StepKind.WRAPPER, wrapper, container.location, False, OnSigterm.FORWARDS)
        before = (step,) if wrapper else ()
        if link.is_known:
            one = self._join(role, owner, container, link, before=before)
            return replace(one, compose=self._composed.get(link.value.stage.from_.location, ()))
        base = base_image(container.image.value) if container.image.is_known else BaseImage()
        return self._join(role, owner, container, link, base if base.listed else BaseImage(), before)

    def _of_services(self) -> Iterator[Workload]:
        for service in deployed_services(self._artifacts):
            link = service_link(service, self._artifacts, self.links, service.location.path)
            if not link.is_known:
                continue
            if runs_image_as_it_is(service):
                self._run_as_they_are.add(link.value.dockerfile.path)
                continue
            join = partial(self._of_service, service, link)
            for one in self._attempt(f"service {service.name}", service.location, join):
                if one.python.is_known and one.python.value:
                    yield one

    def _of_service(self, service: ComposeService, link: Fact[ImageLink]) -> Workload:
        one = self._join(Role.SERVICE, None, container_of(service), link, before=steps_before(service))
        user = user_of_service(service.settings.user, one.user)
        return replace(one, container=None, user=user, compose=(service,))

    def _of_images(self, linked: set[str]) -> Iterator[Workload]:
        bases = frozenset(self._bases())
        for dockerfile in self._artifacts.dockerfiles:
            if dockerfile.path in linked or is_development(dockerfile.path):
                continue
            is_base = dockerfile.path in bases
            if not is_base and is_tool(self._links.unlinked(dockerfile), self._links, self._artifacts.python_paths):
                continue
            join = partial(self._of_image, dockerfile, is_base)
            for workload in self._attempt(f"the image of {dockerfile.path}", whole_file(dockerfile.path), join):
                if workload.python.is_known and workload.python.value and not workload.base.serverless:
                    yield workload

    def _of_image(self, dockerfile: Dockerfile, is_base: bool) -> Workload:
        link = self._links.unlinked(dockerfile)
        is_base = is_base and link.stage.cmd is None and link.stage.entrypoint is None
        one = replace(self._join(Role.IMAGE, None, None, known(link)), is_base=is_base)
        # Nothing deploys it but what a value of a chart disables: whoever enables that gets its user and variables.
        # Rendering charts once more is dear: only an image that would be judged for its user is worth it.
        is_root_python = one.python.or_else(False) and one.user.is_known and one.user.value.is_root
        named = is_root_python and is_named_in_values(dockerfile.path, self._artifacts)
        disabled = self._disabled_containers().get(dockerfile.path, []) if named else []
        if not disabled or any(other.user != disabled[0].user for other in disabled):
            return one
        return replace(one, user=disabled[0].user, environment=disabled[0].environment)

    def _disabled_containers(self) -> dict[str, list[Workload]]:
        """By Dockerfile, the containers of objects that a value of a chart disables."""
        if self._disabled is None:
            self._disabled = {}
            for owner in (each.object for each in self._artifacts.disabled_in_charts()):
                for container in owner.containers:
                    link = self._links.link(container, owner)
                    if link.is_known:
                        one = self._of_container(owner, container)
                        self._disabled.setdefault(link.value.dockerfile.path, []).append(one)
        return self._disabled

    def _bases(self) -> Iterator[str]:
        """The Dockerfiles of the project whose images other Dockerfiles of it build upon."""
        for dockerfile in self._artifacts.dockerfiles:
            for stage in dockerfile.stages:
                if stage.image.is_known and not base_image(stage.image.value).listed:
                    built = self._links.reference(stage.image.value, dockerfile.path)
                    if built.is_known and built.value.dockerfile.path != dockerfile.path:
                        yield built.value.dockerfile.path

    def _of_programs(self) -> Iterator[Workload]:
        """Where there are neither images nor manifests, every script is a program of its own."""
        for path in sorted(self._artifacts.python_paths):
            data = self._artifacts.files[path].data
            is_script = b"__main__" in data or posixpath.basename(path) in _CONFIGURATION
            if not is_script and len(self._artifacts.python_paths) > 1:
                continue
            if not self._artifacts.interest.matches(data) and len(self._artifacts.python_paths) > 1:
                continue
            yield from self._attempt(f"the program {path}", whole_file(path), partial(self._of_program, path))

    def _of_program(self, path: str) -> Workload:
        program = self._code.program(path, (posixpath.dirname(path), ""), True)
        return program_alone(path, program, self._beside)

    def _join(
        self,
        role: Role,
        owner: KubernetesObject | None,
        container: Container | None,
        link: Fact[ImageLink],
        base: BaseImage | None = None,
        before: tuple[Step, ...] = (),
    ) -> Workload:
        """``before`` are steps that the platform starts in front of the command."""
        stage: Stage | None = None
        image: Image | None = None
        shell = base.shell if base is not None else None
        if link.is_known:
            found = link.value
            stage, base = whole_image(found.stage, self._links, found.dockerfile.path)
            image = Image(found.dockerfile, stage, found.context, self._artifacts.files)
            shell = shell_of(stage, base)
        base = base or BaseImage()
        env = environment(
            container,
            owner,
            stage,
            _image_open(stage, base),
            self._beside,
            self._artifacts.mentioned_in_templates,
        )
        started = launch(stage, base, container)
        if started.is_known and before:
            started = known(replace(started.value, before=(*before, *started.value.before)))
        surroundings = Surroundings(
            self._artifacts,
            self._modules,
            self._scripts,
            image,
            shell,
            stage is not None and image is not None and clones(stage, image, self._artifacts.files),
            text_lines(container),
        )
        chain: Fact[tuple[Process, ...]]
        if started.is_known:
            chain = processes(started.value, env.variables(), _cwd(container, stage), surroundings)
        else:
            chain = unknown(started.reason)
        python = runs_python(chain, image, base, link, container)
        mentions = self._artifacts.mentioned_in_templates("runAsUser", "runAsNonRoot") if container is None else False
        reason = "a template that was not rendered may set the user" if mentions else ""
        user = effective_user(container, owner, stage, base, reason)
        if user.is_known and user.value.refused and self._is_openshift(owner):
            user = unknown("OpenShift gives each pod a user of its own")
        if stage is not None and not _is_resolved(chain) and can_switch_user(stage) and user.or_else(NOBODY).is_root:
            user = unknown("what the container starts is not known, and the image can switch to another user")
        programs = tuple(self._code.programs_of(chain, image))
        return Workload(
            role,
            owner,
            container,
            link,
            base,
            shell,
            env,
            user,
            chain,
            started.value.places if started.is_known else (),
            programs,
            python,
            is_ours(python, link, container, self._artifacts, self._own_registries),
            self._services.of(owner, container),
            may_set_resources(owner, self._beside),
            stage,
            tuple(self._code.settings(chain, image)),
            services=ServicesBeside(self._beside, owner),
            replica_range=self._scaling.of(owner),
            celery_by_process=tuple(self._code.celery(chain, programs)),
            selected_by=self._services.all_of(owner, container),
            probe_commands=self._code.probes(container, env.variables(), _cwd(container, stage), surroundings),
            installs=self._installs_of(image) if python.or_else(False) else (),
            image=image,
            limit_defaults=limit_defaults(owner, self._beside),
            pod_security=pod_security(owner, self._beside),
            volume_keys=volume_keys(owner, self._beside),
            started_file=started_file(started, image, _cwd(container, stage), self._artifacts),
            through_entrypoint=through_entrypoint(
                stage,
                base,
                container,
                lambda one: processes(one, env.variables(), _cwd(container, stage), surroundings),
            ),
        )

    def _installs_of(self, image: Image | None) -> tuple[Install, ...]:
        if image is None:
            return ()
        key = (image.dockerfile.path, image.stage.index, image.context)
        if key not in self._installs:
            self._installs[key] = installs_of(image, self._artifacts)
        return self._installs[key]

    def _is_openshift(self, owner: KubernetesObject | None) -> bool:
        return bool(self._beside.find(owner, by_openshift, True))


def _is_resolved(chain: Fact[tuple[Process, ...]]) -> bool:
    """Whether every way the process may go ends in a program that is known."""
    return chain.is_known and all(one.entry.language is not Language.UNKNOWN for one in chain.value)


def _image_open(stage: Stage | None, base: BaseImage) -> str:
    if stage is None:
        return "" if base.listed and not base.opens_environment else "the image is not built in this repository"
    return "the base image's environment is not known" if base.opens_environment else ""


def _cwd(container: Container | None, stage: Stage | None) -> str:
    if container is not None and container.working_dir.is_known:
        return container.working_dir.value
    return stage.workdir.or_else("/") if stage is not None else "/"
