"""Workers that are never replaced keep the memory that they have ever needed."""

from collections.abc import Iterator

from k8slint import (
    Confidence,
    Finding,
    Options,
    Recycling,
    Related,
    Repair,
    Replaced,
    Role,
    Rule,
    Safety,
    Severity,
    Workload,
    model_load_calls,
    model_loads,
    recycling,
    tunes_allocator,
)

SETTINGS = {
    "gunicorn workers": "--max-requests 1000 --max-requests-jitter 100",
    "Celery's pool processes": "--max-tasks-per-child 1000, or --max-memory-per-child with KiB",
}
OPTIONS = {
    "gunicorn workers": ("--max-requests", "1000", "--max-requests-jitter", "100"),
    "Celery's pool processes": ("--max-tasks-per-child", "1000"),
}


def check(workload: Workload) -> Iterator[Finding]:
    if not workload.ours.or_else(False) or workload.role is Role.INIT or workload.runs_to_completion:
        return
    for one in recycling(workload):
        if one.replaced is Replaced.NEVER:
            yield _never(workload, one)
            continue
        if one.replaced is Replaced.EVERY_TASK:
            message = (
                f"worker_max_memory_per_child is in KiB: {one.written} of them are less than a child has before its "
                "first task, so every task starts a new process"
            )
            fix = "write KiB: 400000 for about 400 MB"
        else:
            message = (
                f"{workload.label}: with {one.written} a single uvicorn ends, and the container with it, so the pod "
                "answers nobody until Kubernetes has restarted it, later each time"
            )
            fix = "leave it out, or start two workers or more: uvicorn then replaces one while the others answer"
        yield Finding(RULE, one.location, message, fix)


def _never(workload: Workload, one: Recycling) -> Finding:
    limit = workload.quantity("limits", "memory")
    # A model that every new worker loads again can cost more than what replacing it gives back.
    loads = one.program is not None and bool(model_loads(one.program))
    is_loud = one.heavy is not None and limit.is_known and not loads and not tunes_allocator(workload)
    why = f", and the program {one.heavy.note}, which makes and drops much of it" if one.heavy is not None else ""
    message = f"{workload.label}: {one.workers} are never replaced: what they once needed of memory they keep{why}"
    related = [Related(one.heavy.location, one.heavy.note)] if one.heavy is not None else []
    if limit.is_known:
        message += f"; once that reaches limits.memory {limit.value.text}, one is killed in the middle of its work"
        related.extend(Related(place.location, "limits.memory") for place in limit.places)
    severity = Severity.WARNING if is_loud else Severity.INFO
    fix = f"add {SETTINGS[one.workers]}"
    repair = None
    if one.last_word is not None:
        options = Options(one.last_word.location, one.last_word.written, OPTIONS[one.workers])
        repair = Repair(f"replace {one.workers} now and then", Safety.UNSAFE, (options,))
    return Finding(RULE, one.location, message, fix, tuple(related), severity, pedantic=not is_loud, repair=repair)


RULE = Rule(
    "no-worker-recycling",
    "Workers are never replaced, or too often",
    Severity.WARNING,
    Workload,
    check,
    Confidence.MEDIUM,
    calls=model_load_calls(),
    fixable=Safety.UNSAFE,
)
