"""A program downloads a model each time that a pod starts."""

from collections.abc import Iterator

from k8slint import DOWNLOAD_CALLS, Confidence, Finding, Needs, Rule, Severity, Workload, downloads

FIX = (
    "fetch it in the image's build and set HF_HUB_OFFLINE=1 where the hub is Hugging Face's, or mount it from a volume"
)


def check(workload: Workload) -> Iterator[Finding]:
    for one in downloads(workload):
        message = (
            f"every new pod of {workload.label} downloads {one.what} from {one.where} before it is ready: it starts as "
            "late as the download ends, and not at all where the other end is down or limits requests"
        )
        yield Finding(RULE, one.location, message, FIX)


RULE = Rule(
    "download-at-startup",
    "A program downloads a model each time that a pod starts",
    Severity.WARNING,
    Workload,
    check,
    Confidence.MEDIUM,
    calls=DOWNLOAD_CALLS,
    needs=(Needs.KUBERNETES, Needs.PYTHON),
)
