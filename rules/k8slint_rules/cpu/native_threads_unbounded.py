"""A numeric library starts one thread per processor of the node under a CPU limit."""

from collections.abc import Iterator
from math import ceil

from k8slint import (
    Concurrency,
    Finding,
    Item,
    Level,
    NativeThreads,
    Needs,
    Process,
    Related,
    Repair,
    Rule,
    Safety,
    Severity,
    Workload,
    accelerator,
    concurrency,
    stalled_ms,
    unbounded_threads,
)


def check(workload: Workload) -> Iterator[Finding]:
    if not workload.python.or_else(False):
        return
    limit = workload.quantity("limits", "cpu")
    if not limit.is_known or not limit.value.value or not workload.processes.is_known or accelerator(workload):
        return
    found = [_judge(workload, process, limit.value.value) for process in workload.processes.value]
    if all(one is not None for one in found):
        yield from dict.fromkeys(one for one in found if one is not None)


def _judge(workload: Workload, process: Process, limit: float) -> Finding | None:
    program = workload.program(process)
    if not process.entry.is_python or not program.is_known or workload.location is None:
        return None
    loose = unbounded_threads(workload, process, program.value)
    computing = tuple(one for one in loose if one.computes)
    named = computing or loose
    if not named:
        return None
    shared = concurrency(workload, process, program.value).or_else(Concurrency(1, "process"))
    workers = shared.workers or 1
    cores = 16 if limit < 16 else 2 * ceil(limit)
    names = " and ".join(dict.fromkeys(one.what for one in named))
    where = f"in each of {workers} {shared.what}: {workers * cores} threads" if workers > 1 else f": {cores} threads"
    message = (
        f"{names} {'starts' if len(named) == 1 else 'start'} one thread per core of the node "
        f"{where} on a {cores}-core node against limits.cpu "
        f"{workload.quantity('limits', 'cpu').value.text} of {workload.label}"
    ).replace(" : ", ": ")
    if computing:
        stall = stalled_ms(limit, cores)
        message += f"; when they compute, the container stands still {stall:.0f} ms of every 100 ms"
    late = next((one.too_late for one in named if one.too_late is not None), None)
    if late is not None:
        message += "; the bound in the code comes after the import and has no effect"
    is_mild = not computing or workload.runs_to_completion or limit >= 8
    severity = Severity.ERROR if workers >= 8 else Severity.WARNING
    severity = Severity.INFO if is_mild else severity
    related = [Related(one.location, f"uses {one.package}") for one in named]
    related += [Related(late, "sets the bound too late")] if late is not None else []
    related += [Related(place.location, place.note) for place in workload.quantity("limits", "cpu").places]
    threads = max(1, ceil(limit / workers))
    fix = _fix(named, threads)
    entries = tuple(f'name: {name}\nvalue: "{threads}"' for name in _variables(named))
    env = Item(workload.location, Level.CONTAINER, ("env",), entries)
    repair = Repair(f"start {threads} threads in each process", Safety.UNSAFE, (env,)) if entries else None
    return Finding(RULE, workload.location, message, fix, tuple(related), severity, pedantic=is_mild, repair=repair)


def _variables(named: tuple[NativeThreads, ...]) -> list[str]:
    return list(dict.fromkeys(name for one in named for name in one.variables[:2]))


def _fix(named: tuple[NativeThreads, ...], threads: int) -> str:
    variables = _variables(named)
    fix = f"set env {', '.join(variables)} to {threads} in the manifest" if variables else ""
    if any(one.package == "onnxruntime" for one in named):
        own = f"give InferenceSession a SessionOptions with intra_op_num_threads = {threads}"
        fix = f"{fix}; {own}" if fix else own
    return fix


RULE = Rule(
    "native-threads-unbounded",
    "A numeric library starts one thread per core of the node, whatever the CPU limit",
    Severity.ERROR,
    Workload,
    check,
    fixable=Safety.UNSAFE,
    needs=(Needs.KUBERNETES, Needs.PYTHON),
)
