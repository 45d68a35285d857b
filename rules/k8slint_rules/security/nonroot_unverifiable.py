"""runAsNonRoot is set, and the kubelet cannot see that the image's user is not root."""

from collections.abc import Iterator

from k8slint import (
    Finding,
    ImageUser,
    Needs,
    Place,
    Related,
    Repair,
    Rule,
    Safety,
    Severity,
    Words,
    Workload,
    user_number,
)

FIX = "end the image with a number (RUN useradd -u 10001 app, USER 10001), or set runAsUser beside runAsNonRoot"


def check(workload: Workload) -> Iterator[Finding]:
    user = workload.user
    if not workload.ours.or_else(False) or not user.is_known or not user.value.refused or not user.places:
        return
    if workload.owner is not None and workload.owner.group.endswith("openshift.io"):
        return  # OpenShift gives each pod a user of its own.
    name, place, stage = user.value.name, user.places[-1], workload.stage
    written = stage is not None and stage.user.is_known
    what = f"the image ends with USER {stage.user.value}" if stage is not None and written else place.note
    if user.value.is_root and (name == "0" or not written):
        why = "the kubelet refuses to start it as root"
    else:
        why = f"the kubelet cannot tell that {name!r} is not root, and refuses to start it"
    asked = f"runAsNonRoot is true for {workload.label} and no runAsUser is set"
    message = f"{asked}, but {what}: {why} (CreateContainerConfigError)"
    related = tuple(Related(one.location, one.note) for one in user.places[:-1] if one.location != place.location)
    yield Finding(RULE, place.location, message, FIX, related, repair=_repair(workload, name, place))


def _repair(workload: Workload, name: str, place: Place) -> Repair | None:
    number, stage = user_number(workload, name), workload.stage
    if stage is not None and stage.user.is_known and number is not None:
        return Repair("name the user by its number", Safety.SAFE, (Words(place.location, name, str(number)),))
    # useradd is Debian's; Alpine has another program for it.
    if stage is None or not stage.user.is_absent or workload.from_location is None or workload.shell != "dash":
        return None
    return Repair("run as a user of its own", Safety.UNSAFE, (ImageUser(workload.from_location, 10001),))


RULE = Rule(
    "nonroot-unverifiable",
    "The kubelet refuses an image whose user may be root",
    Severity.ERROR,
    Workload,
    check,
    fixable=Safety.SAFE,
    needs=(Needs.KUBERNETES,),
)
