"""The pod lacks a setting that the Compose service of the same program has."""

from collections.abc import Iterator

from k8slint import CHILD_CALLS, Finding, Needs, Related, Rule, Severity, Workload, lost_settings, shared_memory_calls


def check(workload: Workload) -> Iterator[Finding]:
    lost = lost_settings(workload)
    if not lost or workload.location is None or not workload.ours.or_else(False):
        return
    each = "; ".join(f"{one.setting} there, {one.instead}" for one in lost)
    message = f"{workload.label} lacks what {lost[0].location.path} sets for the same program: {each}"
    related = tuple(Related(one.location, f"{one.setting} in the Compose file") for one in lost)
    confidence = workload.link.value.confidence if workload.link.is_known else None
    fix = f"set {' and '.join(one.fix for one in lost)}"
    yield Finding(RULE, workload.location, message, fix, related, confidence=confidence)


RULE = Rule(
    "compose-setting-lost",
    "The pod lacks a setting that the Compose service of the same program has",
    Severity.WARNING,
    Workload,
    check,
    calls=(*CHILD_CALLS, *shared_memory_calls()),
    needs=(Needs.KUBERNETES,),
)
