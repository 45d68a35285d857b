"""Every worker of a container loads the same model into memory of its own."""

from collections.abc import Iterator

from k8slint import (
    Concurrency,
    Confidence,
    Finding,
    ModelLoad,
    Needs,
    Process,
    Related,
    Rule,
    Severity,
    Workload,
    accelerator,
    concurrency,
    model_load_calls,
    model_loads,
)

FIX = "start one worker and more replicas, with threads where one worker waits"


def check(workload: Workload) -> Iterator[Finding]:
    if not workload.ours.or_else(False) or workload.runs_to_completion:
        return
    for process in workload.python_processes:
        program = workload.program(process)
        shared = concurrency(workload, process, program.value) if program.is_known else None
        # Celery forks its processes from one that has imported the program, and pools from one that runs it.
        if shared is None or not shared.is_known or not shared.value.what.endswith(" workers"):
            continue
        if shared.value.workers is None or shared.value.workers > 1:
            loads = [one for one in model_loads(program.value) if not one.at_import or shared.value.preload is False]
            copied = [one for one in loads if not one.device or accelerator(workload)]
            yield from _copied(workload, process, shared.value, copied)


def _copied(workload: Workload, process: Process, shared: Concurrency, loads: list[ModelLoad]) -> Iterator[Finding]:
    if not loads:
        return
    first = max(loads, key=lambda one: one.is_large)
    limit = workload.quantity("limits", "memory")
    count = f"each of {shared.workers} {shared.what}" if shared.workers else f"each of the {shared.what}"
    more = f" and {len(loads) - 1} more" if len(loads) > 1 else ""
    memory = "GPU memory" if first.device else "memory"
    against = f", against limits.memory {limit.value.text}" if limit.is_known and not first.device else ""
    message = (
        f"{workload.label}: {count} loads {first.written}{more} into {memory} of its own{against}: the model is there "
        "once for every worker"
    )
    is_shared = process.entry.server == "gunicorn" and not first.device
    fix = f"{FIX}; or load it at import with --preload, which shares it" if is_shared else FIX
    start = shared.location or process.entry.location
    related = [Related(start, f"the {shared.what} are started here")]
    related.extend(Related(place.location, "limits.memory") for place in limit.places)
    related.extend(Related(one.location, f"loads {one.written}") for one in loads[:5] if one is not first)
    severity = Severity.WARNING if first.is_large else Severity.INFO
    yield Finding(RULE, first.location, message, fix, tuple(related), severity, pedantic=not first.is_large)


RULE = Rule(
    "model-copied-per-worker",
    "Every worker loads the same model into memory of its own",
    Severity.WARNING,
    Workload,
    check,
    Confidence.MEDIUM,
    calls=model_load_calls(),
    needs=(Needs.PYTHON,),
)
