"""An image brings CUDA libraries to containers that never get a GPU."""

from collections.abc import Iterator

from k8slint import Confidence, Finding, Needs, Project, Related, Rule, Severity

FIX = "install the CPU build: --index-url https://download.pytorch.org/whl/cpu, with uv an index of that address"
FIX_EXTRA = "install the package without the extra that adds the CUDA libraries"


def check(project: Project) -> Iterator[Finding]:
    for one in project.cuda_wheels():
        names = one.users[0].label + (f" and {len(one.users) - 1} more" if len(one.users) > 1 else "")
        brought = one.what if one.gib is None else f"about {one.gib} GiB with {one.what}"
        message = (
            f"{one.package} from PyPI brings {brought} into the image of {names}, "
            "which asks for no GPU: each node pulls them, and a pod on a new node waits for that"
        )
        related = [Related(one.asked, "asked for here")] if one.asked != one.location else []
        related.extend(
            Related(user.location, f"{user.label} asks for no GPU") for user in one.users if user.location is not None
        )
        fix = FIX_EXTRA if "[" in one.package else FIX
        yield Finding(RULE, one.location, message, fix, tuple(related), None, Confidence.MEDIUM)


RULE = Rule(
    "cuda-wheels-without-gpu",
    "An image brings CUDA libraries to containers without a GPU",
    Severity.WARNING,
    Project,
    check,
    Confidence.MEDIUM,
    needs=(Needs.DOCKERFILE, Needs.KUBERNETES),
)
