"""The container starts with uv run, which installs what the image lacks."""

from collections.abc import Iterator

from k8slint import AtStart, Finding, Needs, Related, Rule, Severity, UvRun, Workload, read_only_root, uv_runs

SAYS = {
    AtStart.NO_CACHE: "cannot create its cache on the read-only root file system and ends with exit code 2, also with "
    "--no-sync: the program never starts",
    AtStart.EVERYTHING: "installs all packages, as no command of the image's build does: every new pod waits for the "
    "download, and does not start where the package index cannot be reached",
    AtStart.DEV_GROUP: "installs the dev group, which the image was built without: every new pod waits for the "
    "download, and does not start where the package index cannot be reached",
    AtStart.PROJECT: "builds and installs the project, which the image was built without: every new pod waits for the "
    "download of the build tools, and does not start where the package index cannot be reached",
    AtStart.NOTHING: "compares the environment with the lock file and would change it where the two differ",
}
FIX = 'start the program itself, with ENV PATH="/app/.venv/bin:$PATH", or add --no-sync'
FIX_CACHE = 'start the program itself, with ENV PATH="/app/.venv/bin:$PATH", or set UV_CACHE_DIR to a writable volume'


def check(workload: Workload) -> Iterator[Finding]:
    root = read_only_root(workload)
    for one in uv_runs(workload):
        message = f"at every start of {workload.label}, uv run {SAYS[one.what]}"
        fix = FIX_CACHE if one.what is AtStart.NO_CACHE else FIX
        yield Finding(
            RULE, one.location, message, fix, _related(one), _severity(one, root.or_else(False)), pedantic=_is_mild(one)
        )


def _severity(one: UvRun, read_only: bool) -> Severity:
    if one.what is AtStart.NOTHING:
        return Severity.INFO
    return Severity.ERROR if one.what is AtStart.NO_CACHE or read_only else Severity.WARNING


def _is_mild(one: UvRun) -> bool:
    return one.what is AtStart.NOTHING


def _related(one: UvRun) -> tuple[Related, ...]:
    if one.because is None:
        return ()
    note = "the root file system is read-only" if one.what is AtStart.NO_CACHE else "the image is built without it"
    return (Related(one.because, note),)


RULE = Rule(
    "uv-run-syncs-at-start",
    "The container starts with uv run, which installs what the image lacks",
    Severity.ERROR,
    Workload,
    check,
    needs=(Needs.DOCKERFILE,),
)
