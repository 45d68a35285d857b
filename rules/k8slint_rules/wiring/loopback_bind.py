"""The server listens on the loopback address, where neither the kubelet nor a Service can reach it."""

from collections.abc import Iterator

from k8slint import (
    Caller,
    Finding,
    Listener,
    Needs,
    Process,
    Related,
    Repair,
    Rule,
    Safety,
    Severity,
    Words,
    Workload,
    callers,
    has_proxy,
    listeners,
    listening_calls,
)


def check(workload: Workload) -> Iterator[Finding]:
    if workload.runs_to_completion or not workload.processes.is_known or not workload.processes.value:
        return
    found = [_unreachable(workload, process) for process in workload.processes.value]
    if not all(found):
        return  # One of the ways that the container may go is fine, and it is not known which one it goes.
    for listener, outside in [one for one in found if one is not None]:
        default = " (its default)" if listener.is_default else ""
        message = (
            f"{listener.what} listens on {listener.host.value}{default} in {workload.label}: {_who(outside)} to the "
            f"pod's IP and {_consequence(outside)}"
        )
        related = tuple(Related(one.location, f"{one.name} connects from outside") for one in outside)
        fix = f"listen on all interfaces: {listener.fix}"
        change = Words(listener.location, listener.host.value, "0.0.0.0")
        is_code = listener.is_default or listener.location.path.endswith(".py")
        repair = None if is_code else Repair("listen on all interfaces", Safety.SAFE, (change,))
        yield Finding(RULE, listener.location, message, fix, related, repair=repair)


def _unreachable(workload: Workload, process: Process) -> tuple[Listener, tuple[Caller, ...]] | None:
    """What listens on loopback only, and who tries to connect to it from outside."""
    if not process.entry.is_python or has_proxy(workload, process):
        return None
    found = listeners(workload, process)
    pod = workload.owner.pod if workload.owner is not None else None
    alone = len(found) == 1 and pod is not None and len(pod.containers) == 1
    for listener in found:
        if not listener.is_loopback:
            continue
        others = [one.port for one in found if not one.is_loopback]
        if None in others or listener.port in others:
            continue
        outside = tuple(one for one in callers(workload) if _connects(one, listener, alone))
        if outside:
            return listener, outside
    return None


def _connects(caller: Caller, listener: Listener, alone: bool) -> bool:
    """Whether a caller means this listener: by its port, or because there is nothing else that it could mean."""
    if caller.port is not None and listener.port is not None:
        return caller.port == listener.port and (alone or not caller.name.startswith("Service "))
    return alone


def _who(outside: tuple[Caller, ...]) -> str:
    services = list(dict.fromkeys(one.name for one in outside if one.name.startswith("Service ")))
    who = services + (["the kubelet"] if len(services) < len({one.name for one in outside}) else [])
    return f"{' and '.join(who)} connect{'s' if len(who) == 1 else ''}"


def _consequence(outside: tuple[Caller, ...]) -> str:
    names = {one.name for one in outside}
    refused = 'get "connection refused"' if len(names) > 1 else 'gets "connection refused"'
    if not names.isdisjoint(("livenessProbe", "startupProbe")):
        return f"{refused}, so the container is restarted over and over"
    if "readinessProbe" in names:
        return f"{refused}, so the pod never becomes ready"
    return f"{refused}: no request arrives"


RULE = Rule(
    "loopback-bind",
    "The server listens on 127.0.0.1, where nothing outside the pod can reach it",
    Severity.ERROR,
    Workload,
    check,
    calls=listening_calls(),
    fixable=Safety.SAFE,
    needs=(Needs.KUBERNETES,),
)
