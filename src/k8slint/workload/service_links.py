"""The variables that Kubernetes sets for each Service, and what a program makes of them."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from k8slint.location import Location
from k8slint.models.manifest import KubernetesObject
from k8slint.models.python import Assignment, PythonFile
from k8slint.models.yaml import YamlMapping, YamlSequence, as_bool, as_int, text
from k8slint.regex import regex
from k8slint.workload.knowledge import listening_table
from k8slint.workload.process import Process
from k8slint.workload.program import Program
from k8slint.workload.workload import Workload

ENVIRONMENT_READS = (
    "os.environ",
    "os.getenv",
    "decouple.config",
    "environ.Env",
    "environs.Env",
    "pydantic_settings.BaseSettings",
    "pydantic.BaseSettings",
)
_SETTINGS = ("pydantic_settings.BaseSettings", "pydantic.BaseSettings", "pydantic.env_settings.BaseSettings")
_NUMBER = regex(r"(Optional\[)?(int|float|PositiveInt|NonNegativeInt|PositiveFloat)\]?( \| None)?")


class ServiceLink(Struct, frozen=True):
    """A variable with an address in it, such as ``REDIS_PORT=tcp://10.0.0.7:6379``, that a Service brings along."""

    variable: str
    service: str
    port: int | None
    location: Location


class NumberRead(Struct, frozen=True):
    """A place that makes a number of a variable; ``who`` does it, ``at_start`` as soon as it is started."""

    variable: str
    who: str
    location: Location
    at_start: bool


def has_service_links(workload: Workload) -> bool:
    """Whether Kubernetes sets variables for Services in the pod, as it does by default."""
    owner = workload.owner
    if owner is None or owner.pod is None or workload.container is None:
        return False
    wanted = owner.pod.spec.get("enableServiceLinks")
    return wanted is None or as_bool(wanted) is True


def service_link(workload: Workload, variable: str) -> ServiceLink | None:
    """The Service that is certain to set ``variable``, which ends in ``_PORT``, if it exists before the pod."""
    owner, services = workload.owner, workload.services
    if owner is None or services is None or not has_service_links(workload):
        return None
    for one in services.with_port_variable(variable):
        if _same_namespace(one, owner, services.any_namespace) and (link := _link(one, variable)) is not None:
            return link
    return None


def _same_namespace(service: KubernetesObject, owner: KubernetesObject, written: bool) -> bool:
    """Where no namespace is written anywhere, everything goes into one; else an unwritten one is not known."""
    if service.namespace is not None or owner.namespace is not None:
        return service.namespace == owner.namespace
    if service.variant is not None and service.variant == owner.variant:
        return not written
    return not written and _deployed_together(service.path, owner.path)


def _deployed_together(one: str, other: str) -> bool:
    """Whether two manifests stand in one folder, or one in a folder below the other's, or side by side in two."""
    first, second = (path.split("/")[:-1] for path in (one, other))
    shared = 0
    while shared < min(len(first), len(second)) and first[shared] == second[shared]:
        shared += 1
    return len(first) - shared <= 1 and len(second) - shared <= 1


def _link(service: KubernetesObject, variable: str) -> ServiceLink | None:
    spec = service.root.get("spec")
    if service.name is None or not isinstance(spec, YamlMapping) or spec.template() is not None:
        return None
    if text(spec.get("clusterIP")) == "None" or text(spec.get("type")) == "ExternalName":
        return None  # Nothing is set for headless Services and aliases.
    ports = spec.get("ports")
    first = ports.items[0] if isinstance(ports, YamlSequence) and ports.items else None
    if not isinstance(first, YamlMapping):
        return None
    return ServiceLink(variable, service.name, as_int(first.get("port")), service.location)


def is_overridden(workload: Workload, process: Process, variable: str) -> bool | None:
    """Whether the container sets a variable itself, which wins over the Service's; None where that is not known.

    A variable that only the image sets does not: what Kubernetes sets replaces it.
    """
    if any(name == variable for name, _ in process.entry.exports):
        return True
    container, environment = workload.container, workload.environment
    if container is None:
        return None
    if any(one.name == variable for one in container.env):
        return True
    if any(
        data.get(variable) is not None for data in (*environment.config_maps.values(), *environment.secrets.values())
    ):
        return True
    return None if environment.open_because else False


def number_reads(workload: Workload, process: Process) -> tuple[NumberRead, ...]:
    """Every variable that the server or the program's code makes a number of."""
    program = workload.program(process)
    own = tuple(_of_server(process))
    return (*own, *_of_program(program.value)) if program.is_known else own


def _of_server(process: Process) -> Iterator[NumberRead]:
    entry = process.entry
    row = listening_table()["servers"].get(entry.server, {})
    variable = row.get("port_env")
    if entry.server == "celery" and any(word.text == "flower" for word in entry.words):
        variable, row = "FLOWER_PORT", {"port": ["--port"]}
    if variable is not None and entry.option(*row.get("port", ())) is None:
        yield NumberRead(variable, f"{entry.server} reads its port from it", entry.location, True)


def _of_program(program: Program) -> Iterator[NumberRead]:
    for module in program.modules:
        for read in module.env_reads:
            if read.cast and program.reaches(module, read.scope):
                who = f"{module.path} makes a number of it"
                yield NumberRead(read.name, who, read.location, not read.scope)
        for one in module.classes:
            if any(base in _SETTINGS for base in one.bases) and program.uses(one.name.rsplit(".", 1)[-1]):
                yield from _of_settings(module, one.name)


def _of_settings(module: PythonFile, name: str) -> Iterator[NumberRead]:
    """The number fields of a pydantic settings class."""
    prefix = _prefix(module, name)
    for one in module.assignments:
        field = one.target.removeprefix(f"{name}.")
        if prefix is None or one.scope != name or one.annotation is None or not _NUMBER.fullmatch(one.annotation):
            continue
        variable = _field_variable(one, prefix + field)
        if variable is not None:
            yield NumberRead(variable.upper(), f"{name} in {module.path} makes a number of it", one.location, True)


def _field_variable(field: Assignment, otherwise: str) -> str | None:
    """The variable of a field: ``Field(alias=...)`` names another one."""
    for keyword, value in field.value.keywords if field.value.kind == "call" else ():
        if keyword in ("alias", "validation_alias", "env"):
            return str(value.value) if value.kind == "const" else None
    return otherwise


def _prefix(module: PythonFile, name: str) -> str | None:
    """``env_prefix`` of a settings class; None where it cannot be read."""
    for one in module.assignments:
        value = None
        if one.target == f"{name}.model_config":
            value = dict(one.value.keywords).get("env_prefix")
        elif one.target.startswith(f"{name}.") and one.target.endswith("Config.env_prefix"):
            value = one.value
        if value is not None:
            return str(value.value) if value.kind == "const" else None
    return ""
