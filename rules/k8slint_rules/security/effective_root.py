"""The program runs as root."""

from collections.abc import Iterator

from k8slint import Finding, Location, Related, Rule, Severity, Workload

FIX = (
    "create a user in the image and end it with a numeric USER (RUN useradd -u 10001 app, USER 10001), and set "
    "runAsNonRoot: true in the manifest"
)


def check(workload: Workload) -> Iterator[Finding]:
    user = workload.user
    if not workload.ours.or_else(False) or not user.is_known or not user.value.is_root or user.value.refused:
        return
    if any(process.drops_root for process in workload.python_processes):
        return
    places = user.places
    location = places[0].location if places else workload.from_location
    if location is None:
        return
    danger = _danger(workload)
    message = f"{workload.label} runs as root: {places[0].note if places else 'nothing sets a user'}"
    if workload.container is not None and not places[0].note.startswith("runAsUser"):
        message += ", and the manifest sets no user either"
    if danger is not None:
        message += f"; with {danger[1]} a hole in the program is a hole in the node"
    related: tuple[Related, ...] = (Related(danger[0], danger[1]),) if danger is not None else ()
    if workload.location is not None and workload.location != location:
        related += (Related(workload.location, "runs here, without runAsUser or runAsNonRoot"),)
    yield Finding(RULE, location, message, FIX, related, Severity.ERROR if danger is not None else Severity.WARNING)


def _danger(workload: Workload) -> tuple[Location, str] | None:
    """What makes root in the container root on the node: a host path, privileged mode, added capabilities."""
    privileged, capabilities = workload.is_privileged, workload.added_capabilities
    if privileged.is_known and privileged.value:
        return privileged.places[0].location, "privileged: true"
    if capabilities.is_known:
        return capabilities.places[0].location, "added capabilities"
    for place in workload.host_paths:
        return place.location, place.note
    return None


RULE = Rule("effective-root", "The program runs as root", Severity.ERROR, Workload, check)
