"""The init signals the program's child processes past the program."""

from collections.abc import Iterator

from k8slint import POOL_CALLS, Finding, Related, Rule, Severity, Workload, children_at_risk, group_signal

FIXES = {
    "dumb-init": "write dumb-init --single-child -- (or set DUMB_INIT_SETSID=0), so that only the program is signalled",
    "supervisord": "take stopasgroup=true out of this program's settings, so that only the program is signalled",
    "by variable": "remove TINI_KILL_PROCESS_GROUP, so that only the program is signalled",
    "by flag": "leave -g out, so that only the program is signalled",
}


def check(workload: Workload) -> Iterator[Finding]:
    if workload.runs_to_completion or not workload.stop_signal.is_known or workload.stop_signal.value != "SIGTERM":
        return
    for process in workload.python_processes:
        # A shell that stays in between ends first and takes the program with it, whatever its children do.
        if process.arrives is not True or process.entry.finite is True:
            continue
        init, children = group_signal(workload, process), children_at_risk(workload, process)
        if not init.is_known or not children.is_known:
            continue
        found, step = children.value, init.value
        lost = found.lost if found.certain else f"where they are at work, {found.lost}"
        message = (
            f"{step.name} sends SIGTERM to {found.name} as well as to {process.entry.name}: when {workload.label} is "
            f"stopped, {lost}"
        )
        fix = FIXES[step.name if step.name in FIXES else "by flag" if step.group_signal else "by variable"]
        related = [Related(place.location, place.note) for place in (*init.places, *found.places)]
        if process.entry.location != step.location:
            related.append(Related(process.entry.location, f"{process.entry.name} is started here"))
        severity = Severity.ERROR if found.certain else Severity.WARNING
        yield Finding(RULE, step.start or step.location, message, fix, tuple(related), severity)


RULE = Rule(
    "group-signal-kills-pool",
    "The init signals the program's child processes past the program",
    Severity.ERROR,
    Workload,
    check,
    calls=POOL_CALLS,
)
