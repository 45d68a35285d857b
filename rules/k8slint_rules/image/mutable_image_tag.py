"""An image is named without a tag, or with latest."""

from collections.abc import Iterator

from k8slint import Finding, MutableImage, Naming, Project, Rule, Severity

FIX = "write the tag of one release, better with its digest: name:1.2.3@sha256:..."


def check(project: Project) -> Iterator[Finding]:
    for one in project.mutable_images():
        yield Finding(RULE, one.location, _message(one), FIX)


def _message(one: MutableImage) -> str:
    means = "" if ":" in one.image.rsplit("/", 1)[-1] else " without a tag, which means latest"
    user = f"{one.user}, like {one.others} more with this tag," if one.others else one.user
    if one.naming is Naming.CONTAINER and not one.rolls_out:
        return (
            f"{user} runs {one.image}{means}: it runs whatever the name stands for when a pod starts, so that two "
            "runs of the same manifest may differ, and the next one may break"
        )
    if one.naming is Naming.CONTAINER:
        return (
            f"{user} runs {one.image}{means}: it runs whatever the name stands for when a pod starts, so that "
            "replicas may differ, a new image starts no rollout, and undoing a rollout does not bring the old one back"
        )
    return (
        f"{one.naming.value} names {one.image}{means}: two builds of the same commit may give different images, and "
        "the next one may break"
    )


RULE = Rule(
    "mutable-image-tag",
    "An image is named without a tag, or with latest",
    Severity.WARNING,
    Project,
    check,
)
