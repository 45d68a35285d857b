"""An image is built from packages that nothing pins."""

from collections.abc import Iterator

from k8slint import Confidence, Finding, Install, Needs, Related, Requirement, Rule, Severity, Workload

PINS = ("-c", "--constraint", "--constraints", "--override", "--overrides", "--require-hashes", "--no-deps")
PIN_VARIABLES = ("PIP_CONSTRAINT", "PIP_REQUIRE_HASHES", "UV_CONSTRAINT", "UV_REQUIRE_HASHES", "UV_OVERRIDE")
LOCKED = {
    "uv sync": ("--locked", "--frozen"),
    "pipenv": ("--deploy", "--ignore-pipfile", "sync"),
    "pdm": ("--frozen-lockfile", "--no-lock"),
}
LOCK_VARIABLES = ("UV_LOCKED", "UV_FROZEN", "UV_NO_SYNC", "PIPENV_IGNORE_PIPFILE", "PDM_FROZEN_LOCKFILE")
FIX = "pin every package to a version: uv pip compile or pip-compile writes such a file, on request with hashes"


def check(workload: Workload) -> Iterator[Finding]:
    seen: list[Install] = []
    for install in workload.installs:
        if install.tool in ("pip", "uv pip"):
            yield from _by_pip(install, seen)
        else:
            yield from _by_lock(install)
        seen.append(install)


def _by_pip(install: Install, before: list[Install]) -> Iterator[Finding]:
    is_bound = any(file.values("-c", "--constraint", "--require-hashes") for file in install.files)
    if install.has(*PINS) or is_bound or not install.variable(*PIN_VARIABLES).is_absent:
        return
    for file in install.files:
        asked = [one for one in file.packages if one.is_for_linux]
        yield from _finding(install, file.path, asked)
    is_first = not any(one.files or one.tool not in ("pip", "uv pip") for one in before)
    if install.paths and not install.files and is_first and install.project.is_known:
        yield from _finding(install, install.project.value.path, list(install.project.value.packages))


def _finding(install: Install, path: str, asked: list[Requirement]) -> Iterator[Finding]:
    loose = [one for one in asked if not one.is_pinned]
    if not loose:
        return
    count = f"{len(loose)} of {len(asked)} packages" if len(asked) > 1 else "its only package"
    message = (
        f"{path} leaves the version of {count} open, {loose[0].name} for one: two builds of the same commit may "
        "install different versions, and a rebuild may break what worked"
    )
    related = (Related(loose[0].location, f"{loose[0].written[:60]} fits more than one version"),)
    yield Finding(RULE, install.location, message, FIX, related)


def _by_lock(install: Install) -> Iterator[Finding]:
    if install.lock.is_absent:
        message = (
            f"{install.tool} installs without the lock file, which the repository has and this image does not copy: "
            "each build resolves the versions anew, and two builds of the same commit may differ"
        )
        yield Finding(RULE, install.location, message, "copy the lock file beside pyproject.toml before this command")
        return
    options = LOCKED.get(install.tool)
    if options is None or install.has(*options) or any(word in options for word in install.command.words):
        return
    if not install.variable(*LOCK_VARIABLES).is_absent or not install.lock.is_known:
        return
    message = (
        f"{install.tool} here takes a lock file that no longer fits the project for out of date and resolves anew, in "
        "silence: the image may then hold versions that nobody has tested"
    )
    fix = f"add {options[0]}: the build then fails where the lock file does not fit"
    yield Finding(RULE, install.location, message, fix, (), Severity.INFO, Confidence.HIGH, pedantic=True)


RULE = Rule(
    "unlocked-install",
    "An image is built from packages that nothing pins",
    Severity.WARNING,
    Workload,
    check,
    needs=(Needs.DOCKERFILE,),
)
