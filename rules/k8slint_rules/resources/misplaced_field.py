"""A field stands where Kubernetes does not know it, and has no effect."""

from collections.abc import Iterator

from k8slint import Finding, MisplacedField, Needs, Related, Rule, Severity, Workload, misplaced_fields


def check(workload: Workload) -> Iterator[Finding]:
    if workload.location is None or not workload.ours.or_else(False):
        return
    for one in misplaced_fields(workload):
        message = (
            f"{one.name} stands in {one.here}, where Kubernetes knows no such field ({workload.label}): kubectl apply "
            "refuses the manifest, and a client that does not check fields drops it, so that it has no effect"
        )
        yield Finding(RULE, one.location, message, _fix(one), (Related(workload.location, "the container"),))


def _fix(one: MisplacedField) -> str:
    if one.home:
        return f"move {one.name} into {one.home}"
    return f"write {one.instead} instead" if one.instead else f"remove {one.name}: this kind has no such setting"


RULE = Rule(
    "misplaced-field",
    "A field stands where Kubernetes does not know it, and has no effect",
    Severity.ERROR,
    Workload,
    check,
    needs=(Needs.KUBERNETES,),
)
