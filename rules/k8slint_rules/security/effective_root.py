"""The program runs as root."""

from collections.abc import Iterator

from k8slint import (
    ROOT_DROP_CALLS,
    Change,
    Field,
    Finding,
    ImageUser,
    Level,
    Related,
    Repair,
    Role,
    Rule,
    Safety,
    Severity,
    Workload,
    may_drop_root,
    node_hold,
)

FIX_IMAGE = "create a user and end the image with its number (RUN useradd -u 10001 app, USER 10001)"
FIX_SERVICE = "set user to a number that is not 0, or leave it out where the image has a user of its own"
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
    by_service = workload.role is Role.SERVICE and workload.compose[0].settings.user.is_known
    if location is None or may_drop_root(workload, by_manifest):
        return
    hold = node_hold(workload)
    message = f"{workload.label} runs as root: {_why(workload, by_manifest, by_service)}"
    related: tuple[Related, ...] = ()
    if hold is not None:
        message += f"; with {hold.note} a hole in the program can become one in the node"
        related = (Related(hold.location, hold.note),)
    if not by_manifest and workload.location is not None:
        related += (Related(workload.location, "runs here, and nothing sets another user"),)
        related += tuple(Related(one.location, one.note) for one in user.places[1:])
    elif by_manifest and workload.stage is not None:
        related += tuple(Related(one.location, "runAsUser overrides this") for one in workload.stage.user.places)
    severity = Severity.ERROR if hold is not None else Severity.WARNING
    fix = FIX_MANIFEST
    if by_service:
        fix = FIX_SERVICE
    elif workload.stage is not None and not by_manifest:
        fix = f"{FIX_IMAGE}, and set runAsNonRoot: true in the manifest"
    repair = None if by_manifest or by_service else _repair(workload)
    yield Finding(RULE, location, message, fix, related, severity, repair=repair)


def _repair(workload: Workload) -> Repair | None:
    # useradd is Debian's; Alpine has another program for it.
    if workload.from_location is None or workload.shell != "dash":
        return None
    changes: list[Change] = [ImageUser(workload.from_location, 10001)]
    if workload.location is not None:
        changes.append(Field(workload.location, Level.CONTAINER, ("securityContext", "runAsNonRoot"), "true"))
    return Repair("run as a user of its own", Safety.UNSAFE, tuple(changes))


def _why(workload: Workload, by_manifest: bool, by_service: bool) -> str:
    if by_service:
        return f"its user is {workload.user.value.name}"
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


RULE = Rule(
    "effective-root",
    "The program runs as root",
    Severity.ERROR,
    Workload,
    check,
    calls=ROOT_DROP_CALLS,
    fixable=Safety.UNSAFE,
)
