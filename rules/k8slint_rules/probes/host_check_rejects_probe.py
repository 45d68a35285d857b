"""A probe is refused because the program answers to named hosts only, and the kubelet names the pod's IP."""

from collections.abc import Iterator

from k8slint import (
    Field,
    Finding,
    HostCheck,
    Level,
    Needs,
    Probe,
    Related,
    Repair,
    Role,
    Rule,
    Safety,
    Severity,
    Workload,
    asks_program,
    host_checks,
    probes,
)

CONSEQUENCES = {
    "livenessProbe": "the container is restarted again and again",
    "readinessProbe": "the pod never gets requests",
    "startupProbe": "the container is restarted again and again",
}


def check(workload: Workload) -> Iterator[Finding]:
    if not workload.ours.or_else(False) or workload.role is Role.INIT:
        return
    refused = [(probe, one) for probe in probes(workload) for one in _refusing(workload, probe)][:10]
    for check in dict.fromkeys(one for _, one in refused):
        of_check = [probe for probe, one in refused if one == check]
        first = of_check[0]
        port = f":{first.port.value}" if first.port.is_known else ""
        sent = first.header_host.value if first.header_host.is_known else f"<pod IP>{port}"
        what = " and ".join(dict.fromkeys(CONSEQUENCES[probe.name] for probe in of_check))
        names = " and ".join(probe.name for probe in of_check)
        message = (
            f"{workload.label}: {names} GET {first.path.value} with Host: {sent}, "
            f"but {check.name} admits only {_shown(check.hosts)}: {check.who} answers 400, so {what}"
        )
        related = [Related(check.location, f"{check.name}")]
        related.extend(Related(probe.location, f"{probe.name} too") for probe in of_check[1:])
        repair = _repair(workload, of_check, check)
        yield Finding(RULE, first.location, message, _fix(check), tuple(related), repair=repair)


def _refusing(workload: Workload, probe: Probe) -> Iterator[HostCheck]:
    """The checks that a probe does not pass; none where it may ask another program than the container's own."""
    is_asked = probe.kind == "httpGet" and probe.path.is_known and probe.host.is_absent
    if not is_asked or probe.header_host.is_unknown or not asks_program(workload, probe):
        return
    for one in host_checks(workload, probe.path.value):
        name = probe.header_host.value.rsplit(":", 1)[0] if probe.header_host.is_known else ""
        if not one.admits(name):
            yield one


def _repair(workload: Workload, refused: list[Probe], check: HostCheck) -> Repair | None:
    """The header in each probe that names no host."""
    host = _concrete(check)
    is_name = host.replace(".", "").replace("-", "").isalnum() and not host.replace(".", "").isdigit()
    if workload.location is None or not is_name or any(probe.header_host.is_known for probe in refused):
        return None
    header = f"- name: Host\n  value: {host}"
    changes = tuple(
        Field(workload.location, Level.CONTAINER, (probe.name, "httpGet", "httpHeaders"), header)
        for probe in dict.fromkeys(refused)
    )
    return Repair(f"ask for {host}", Safety.SAFE, changes)


def _concrete(check: HostCheck) -> str:
    """The first name that is no pattern."""
    return next((host for host in check.hosts if not host.startswith((".", "*"))), "")


def _fix(check: HostCheck) -> str:
    concrete = _concrete(check)
    header = f"httpHeaders: [{{name: Host, value: {concrete}}}]" if concrete else "a Host header that is admitted"
    return f"add {header} to the probe, or the pod's IP (status.podIP through the downward API) to the list"


def _shown(hosts: tuple[str, ...]) -> str:
    return ", ".join(hosts[:3]) + (f" and {len(hosts) - 3} more" if len(hosts) > 3 else "")


RULE = Rule(
    "host-check-rejects-probe",
    "The program refuses probes because of their Host header",
    Severity.ERROR,
    Workload,
    check,
    fixable=Safety.SAFE,
    needs=(Needs.KUBERNETES, Needs.PYTHON),
)
