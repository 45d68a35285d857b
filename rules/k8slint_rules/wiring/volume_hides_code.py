"""A volume is mounted over the files that the program consists of."""

from collections.abc import Iterator

from k8slint import Finding, Needs, Rule, Severity, Workload, hidden_files

NAMES = {"configMap": "a ConfigMap", "secret": "a Secret", "emptyDir": "an empty folder", "downwardAPI": "pod fields"}


def check(workload: Workload) -> Iterator[Finding]:
    confidence = workload.link.value.confidence if workload.link.is_known else None
    for one in hidden_files(workload):
        what = f"{one.path} ({one.file})" if one.file and not one.path.endswith(f"/{one.file}") else one.path
        message = (
            f"{NAMES[one.kind]} is mounted at {one.mount} in {workload.label}, over what the image has there, {what} "
            "included: the container cannot start, no such file"
        )
        fix = "mount single files with subPath, or the volume at a folder of its own"
        yield Finding(RULE, one.location, message, fix, confidence=confidence)


RULE = Rule(
    "volume-hides-code",
    "A volume is mounted over the files that the program consists of",
    Severity.ERROR,
    Workload,
    check,
    needs=(Needs.KUBERNETES, Needs.PYTHON),
)
