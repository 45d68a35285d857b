"""All processes of a program together may open more connections than the database takes."""

from collections.abc import Iterator

from k8slint import (
    ConnectionPool,
    Copies,
    DatabaseLimit,
    Finding,
    Needs,
    Related,
    Rule,
    Severity,
    Workload,
    copies,
    database_limit,
    largest_pool,
    lasting_programs,
    pool_calls,
)

FIX = "make the pool smaller (pool_size, max_overflow, max_size), or put PgBouncer or another pooler in between"


def check(workload: Workload) -> Iterator[Finding]:
    for process, program in lasting_programs(workload):
        found = copies(workload, process, program)
        pool = largest_pool(workload, process, program)
        limit = database_limit(workload, pool.value.kind) if pool.is_known else None
        if limit is None or not limit.is_known or found.total is None:
            continue
        if found.total * pool.value.most > limit.value.connections:
            related = (*found.related(), *(Related(one.location, one.note) for one in limit.places[:1]))
            yield _finding(workload, found, pool.value, limit.value, related)


def _finding(
    workload: Workload, found: Copies, pool: ConnectionPool, limit: DatabaseLimit, related: tuple[Related, ...]
) -> Finding:
    total = (found.total or 0) * pool.most
    most = "at most " if found.replicas.value.by != "replicas" else ""
    processes = f" x {found.workers} {found.serving.value.what}" if found.has_several_workers else ""
    takes = f"{limit.name} takes {limit.connections}" + (" by default" if limit.is_default else "")
    sizes = f"({pool.sizes})" if "+" in pool.sizes else pool.sizes
    message = (
        f"{workload.label} may open {total} connections ({most}{found.pods} pods{processes} x {sizes} of "
        f"{pool.what}), and {takes}: under load the last to ask get an error instead of a connection"
    )
    severity = Severity.WARNING if total > 2 * limit.connections else Severity.INFO
    return Finding(RULE, pool.location, message, FIX, related, severity)


RULE = Rule(
    "connection-pool-overflow",
    "All processes together may open more connections than the database takes",
    Severity.WARNING,
    Workload,
    check,
    calls=pool_calls(),
    needs=(Needs.KUBERNETES, Needs.PYTHON),
)
