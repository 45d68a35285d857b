"""Every pod of a workload migrates the database when it starts."""

from collections.abc import Iterator

from k8slint import Finding, Migration, Needs, Project, Rule, Severity, migration_calls

FIX = (
    "run the migrations once, before the rollout, in a Job (a Helm pre-upgrade hook, an Argo CD PreSync hook), "
    "and take them out of the start"
)
FIX_CREATES = "create the tables once, in a Job before the rollout, by migrations that can also change them"


def check(project: Project) -> Iterator[Finding]:
    for one in project.migrations():
        yield _finding(one)


def _finding(one: Migration) -> Finding:
    replicas = one.workload.replica_range
    most, by = replicas.value.most, replicas.value.by
    pods = f"{most} pods" if by == "replicas" else f"up to {most} pods ({by})"
    where = f"{one.what} runs at the start of each of {pods} of {one.workload.label}"
    if one.only_creates:
        message = (
            f"{where}: those that start together on an empty database create the same tables at once, and all but one "
            "of them fail"
        )
        return Finding(RULE, one.location, message, FIX_CREATES, (), Severity.INFO)
    message = (
        f"{where}: pods that start together migrate one database at the same time, and each restart and scale-up is "
        "a migration"
    )
    return Finding(RULE, one.location, message, FIX)


RULE = Rule(
    "migrations-in-every-replica",
    "Every pod of a workload migrates the database when it starts",
    Severity.WARNING,
    Project,
    check,
    calls=migration_calls(),
    needs=(Needs.KUBERNETES,),
)
