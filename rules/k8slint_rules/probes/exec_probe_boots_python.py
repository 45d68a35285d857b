"""A probe starts a new Python interpreter, and that takes longer than the probe has."""

from collections.abc import Iterator

from k8slint import Finding, Needs, Probe, Related, Rule, Severity, StartCost, Workload, probes, start_cost

SPARE = 3
SHARE = 0.05
CONSEQUENCES = {
    "livenessProbe": "healthy containers are restarted",
    "readinessProbe": "healthy pods get no requests",
    "startupProbe": "a container that starts well is restarted",
}
FIX = (
    "let the program touch a file as it works and test the file's age (find -mmin), or ask over HTTP; "
    "else set timeoutSeconds: 10 or more and periodSeconds: 60 or more"
)


def check(workload: Workload) -> Iterator[Finding]:
    if not workload.ours.or_else(False):
        return
    limit = workload.quantity("limits", "cpu")
    cpus = limit.value.value if limit.is_known else 1.0
    seen = set()
    for probe in probes(workload):
        costs = [cost for one in probe.commands if (cost := start_cost(one, cpus)) is not None]
        if not costs or not probe.timeout.is_known or not probe.period.is_known or probe.location in seen:
            continue
        seen.add(probe.location)
        cost = max(costs, key=lambda one: one.seconds)
        share = cost.cpu_seconds / probe.period.value / cpus if limit.is_known and cpus else 0.0
        timeout = probe.timeout.value
        if timeout >= SPARE * cost.seconds or (cost.seconds <= timeout / 2 and share <= SHARE):
            continue
        at = f" at limits.cpu {limit.value.text}" if limit.is_known else ""
        severity = Severity.ERROR if timeout == 1 and cost.seconds > timeout / 2 else Severity.WARNING
        related = [Related(place.location, place.note) for place in (*probe.timeout.places, *limit.places)]
        yield Finding(RULE, probe.location, _message(workload, probe, cost, at, share), FIX, tuple(related), severity)


def _message(workload: Workload, probe: Probe, cost: StartCost, at: str, share: float) -> str:
    timeout = f"timeoutSeconds {probe.timeout.value}{' (the default)' if probe.timeout_is_default else ''}"
    work = f" and {cost.what}" if cost.what else ""
    message = (
        f"{workload.label}: {probe.name} runs {_shown(probe.written)}, a new interpreter{work} every "
        f"{probe.period.value} s, which takes at least {cost.seconds:.1f} s{at} each time, with {timeout}"
    )
    consequence = CONSEQUENCES[probe.name]
    if cost.seconds >= probe.timeout.value:
        message += f": it cannot answer in time, and {consequence}"
    elif cost.seconds > probe.timeout.value / 2:
        message += f": under load it does not answer in time, and {consequence}"
    else:
        message += f": at least {share:.0%} of the limit go into the probe"
    if cost.asks_all_workers:
        message += "; without a destination it asks every worker, not only this one"
    return message


def _shown(command: str) -> str:
    text = " ".join(command.split())
    return f'"{text if len(text) <= 60 else text[:57] + "..."}"'


RULE = Rule(
    "exec-probe-boots-python",
    "A probe starts a Python interpreter and has no time for it",
    Severity.ERROR,
    Workload,
    check,
    needs=(Needs.KUBERNETES,),
)
