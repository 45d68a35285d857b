"""A container that serves requests has no readiness probe."""

from collections.abc import Iterator

from k8slint import (
    Finding,
    Location,
    Needs,
    Related,
    Repair,
    Role,
    Rule,
    Safety,
    Severity,
    Workload,
    health_routes,
    readiness_field,
    serving,
)

FIX_READINESS = "add a readinessProbe for a route that answers once the program can serve"
FIX_LIVENESS = "add a livenessProbe for a route that asks nothing else, no database and no other service"


def check(workload: Workload) -> Iterator[Finding]:
    location = workload.location
    if location is None or workload.role is Role.INIT or workload.runs_to_completion or workload.brings_own_probes:
        return
    served = serving(workload) if workload.ours.or_else(False) else None
    if served is None:
        return
    related = tuple(Related(place.location, place.note) for place in served.places)
    has_liveness = not workload.probe("livenessProbe").is_absent
    if workload.probe("readinessProbe").is_absent:
        routes = () if has_liveness or workload.probe("startupProbe").is_known else _health_routes(workload)
        although = f", although the program has {routes[0].note}" if routes else ""
        message = (
            f"{workload.label} {served.how} and has no readinessProbe{although}: requests reach it before it "
            "is ready, and go on reaching it while it cannot answer"
        )
        fix = FIX_READINESS
        if not has_liveness:
            message += "; without a livenessProbe a hung process is never restarted"
            fix += ", and a livenessProbe for one that asks nothing else"
        place = _place(workload, "readinessProbe", location)
        runs = () if place.path == location.path else (Related(location, "the container that this goes into"),)
        field = readiness_field(workload)
        repair = Repair("ask the program's own route", Safety.UNSAFE, (field,)) if field is not None else None
        yield Finding(RULE, place, message, fix, (*runs, *related, *routes, *_docker_only(workload)), repair=repair)
    elif not has_liveness:
        message = f"{workload.label} has no livenessProbe: a hung process is never restarted"
        place = _place(workload, "livenessProbe", location)
        yield Finding(RULE, place, message, FIX_LIVENESS, related, Severity.INFO, pedantic=True)


def _place(workload: Workload, probe: str, location: Location) -> Location:
    """Where the probe is left out: a chart's values, where they do, else the container's name."""
    setting = workload.container.setting(probe) if workload.container is not None else None
    return location if setting is None or setting.path == location.path else setting


def _health_routes(workload: Workload) -> tuple[Related, ...]:
    places = (place for _, program in workload.programs() for place in health_routes(program))
    return tuple(Related(place.location, place.note) for place in places)


def _docker_only(workload: Workload) -> tuple[Related, ...]:
    health = workload.stage.healthcheck if workload.stage is not None else None
    if health is None or health.value.strip().upper() == "NONE":
        return ()
    return (Related(health.location, "HEALTHCHECK is for Docker, Kubernetes ignores it"),)


RULE = Rule(
    "probes-missing",
    "A container that serves requests has no readiness probe",
    Severity.WARNING,
    Workload,
    check,
    fixable=Safety.UNSAFE,
    needs=(Needs.KUBERNETES,),
)
