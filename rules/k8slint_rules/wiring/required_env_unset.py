"""The program needs a variable as soon as it starts, and nobody sets it."""

from collections.abc import Iterator

from k8slint import ENVIRONMENT_READS, Finding, Needs, Related, Rule, Severity, Workload, unset_variables


def check(workload: Workload) -> Iterator[Finding]:
    if workload.location is None or not workload.ours.or_else(False) or not workload.processes.is_known:
        return
    per_process = [unset_variables(workload, one) for one in workload.processes.value]
    if not all(per_process):
        return  # One of the ways that the container may go does without.
    variables = list({one.name: one for found in per_process for one in found}.values())
    names = [one.name for one in variables]
    read = ", ".join(dict.fromkeys(f"{one.location.path}:{one.location.line}" for one in variables[:3]))
    similar = next((one for one in variables if one.similar), None)
    instead = f" ({similar.similar} is set, {similar.name} is not)" if similar is not None else ""
    message = (
        f"{workload.label} gets no {' and no '.join(names[:4])}{' and more' if len(names) > 4 else ''}, which {read} "
        f"read{'s' if ',' not in read else ''} at the start without a default{instead}: neither the manifest nor the "
        "image nor a script sets it, the program ends with an error, and the container is restarted over and over"
    )
    fix = f"set {names[0]} in env, or give the read a default"
    related = tuple(Related(one.location, f"needs {one.name}") for one in variables)
    yield Finding(RULE, workload.location, message, fix, related)


RULE = Rule(
    "required-env-unset",
    "The program needs a variable at its start that nobody sets",
    Severity.ERROR,
    Workload,
    check,
    calls=ENVIRONMENT_READS,
    needs=(Needs.KUBERNETES, Needs.PYTHON),
)
