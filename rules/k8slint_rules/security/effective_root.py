"""The program runs as root."""

from collections.abc import Iterator

from k8slint import (
    Change,
    Field,
    Finding,
    ImageUser,
    Language,
    Level,
    Location,
    Process,
    Related,
    Repair,
    Rule,
    Safety,
    Severity,
    Workload,
)

DROPS = ("os.setuid", "os.setreuid", "os.setresuid", "os.seteuid")
SWITCHES = ("gosu", "su-exec", "su", "runuser", "setpriv")
# What Docker and containerd give every container: adding one of these adds nothing.
USUAL = (
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID "
    "SYS_CHROOT"
)
FIX_IMAGE = "create a user and end the image with its number (RUN useradd -u 10001 app, USER 10001)"
FIX_MANIFEST = "set runAsUser to a number that is not 0, and runAsNonRoot: true"


def check(workload: Workload) -> Iterator[Finding]:
    user = workload.user
    if (
        workload.is_base
        or not workload.ours.or_else(False)
        or not user.is_known
        or not user.value.is_root
        or user.value.refused
    ):
        return
    location = user.places[0].location if user.places else workload.from_location
    by_manifest = bool(user.places) and user.places[0].note.startswith("runAsUser")
    if location is None or _may_drop_root(workload, by_manifest):
        return
    danger = _danger(workload)
    message = f"{workload.label} runs as root: {_why(workload, by_manifest)}"
    related: tuple[Related, ...] = ()
    if danger is not None:
        message += f"; with {danger[1]} a hole in the program can become one in the node"
        related = (Related(danger[0], danger[1]),)
    if not by_manifest and workload.location is not None:
        related += (Related(workload.location, "runs here, and nothing sets another user"),)
        related += tuple(Related(one.location, one.note) for one in user.places[1:])
    elif by_manifest and workload.stage is not None:
        related += tuple(Related(one.location, "runAsUser overrides this") for one in workload.stage.user.places)
    severity = Severity.ERROR if danger is not None else Severity.WARNING
    fix = FIX_MANIFEST
    if workload.stage is not None and not by_manifest:
        fix = f"{FIX_IMAGE}, and set runAsNonRoot: true in the manifest"
    yield Finding(RULE, location, message, fix, related, severity, repair=None if by_manifest else _repair(workload))


def _repair(workload: Workload) -> Repair | None:
    # useradd is Debian's; Alpine has another program for it.
    if workload.from_location is None or workload.shell != "dash":
        return None
    changes: list[Change] = [ImageUser(workload.from_location, 10001)]
    if workload.location is not None:
        changes.append(Field(workload.location, Level.CONTAINER, ("securityContext", "runAsNonRoot"), "true"))
    return Repair("run as a user of its own", Safety.UNSAFE, tuple(changes))


def _may_drop_root(workload: Workload, by_manifest: bool) -> bool:
    """Whether root only starts the program; what cannot be read may do so, unless the manifest asks for root."""
    if workload.owner is not None and workload.owner.group.endswith("openshift.io"):
        return True  # OpenShift gives each pod a user of its own.
    if any(_switches(process, by_manifest) for process in workload.processes.or_else(())):
        return True
    return any(
        not program.runs_in_children_only(call.scope)
        for _, program in workload.programs()
        for _, call in program.calls(*DROPS)
    )


def _switches(process: Process, by_manifest: bool) -> bool:
    entry = process.entry
    if process.drops_root or any(step.name in SWITCHES and step.user is None for step in process.steps):
        return True
    if entry.language is Language.UNKNOWN:
        return not by_manifest
    if entry.server in ("supervisord", "uwsgi"):
        return True  # Their configuration may name a user.
    names = {"gunicorn": ("-u", "--user"), "celery": ("--uid",)}.get(entry.server, ())
    return entry.option(*names) is not None


def _why(workload: Workload, by_manifest: bool) -> str:
    place = workload.user.places[0] if workload.user.places else None
    if by_manifest and place is not None:
        return f"{place.note} is 0"
    stage, container = workload.stage, workload.container
    if stage is not None and stage.user.is_known:
        written = f"ends with USER {workload.user.value.name}"
        return f"it {written}" if container is None else f"the image {written}, and the manifest sets no other"
    base = stage.base_image if stage is not None else container.image if container is not None else None
    image = base.value.split("@", 1)[0] if base is not None and base.is_known else "its base"
    if container is None:
        return f"{image} does, and no USER follows"
    no_user = ", no USER" if stage is not None else ""
    return f"neither the image ({image}{no_user}) nor the manifest sets a user"


def _danger(workload: Workload) -> tuple[Location, str] | None:
    """What gives root in the container a hold on the node: privileged mode, a capability, a folder of the node."""
    privileged, capabilities = workload.is_privileged, workload.added_capabilities
    if privileged.is_known and privileged.value:
        return privileged.places[0].location, "privileged: true"
    for name in capabilities.value if capabilities.is_known else ():
        if name.upper().removeprefix("CAP_") not in USUAL.split():
            return capabilities.places[0].location, f"the capability {name}"
    return next(((place.location, place.note) for place in workload.host_paths), None)


RULE = Rule(
    "effective-root", "The program runs as root", Severity.ERROR, Workload, check, calls=DROPS, fixable=Safety.UNSAFE
)
