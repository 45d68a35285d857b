"""A server with several workers answers a scrape with the metrics of one of them."""

from collections.abc import Iterator

from k8slint import (
    Copies,
    Finding,
    Needs,
    Process,
    Program,
    Related,
    Role,
    Rule,
    ScrapedMetrics,
    Severity,
    Workload,
    copies,
    lasting_programs,
    main_process_server,
    scrape_calls,
    scraped_metrics,
)

FIX_CODE = (
    "answer with a registry of its own, MultiProcessCollector(CollectorRegistry()), set PROMETHEUS_MULTIPROC_DIR to a "
    "folder on an emptyDir, and let gunicorn's child_exit call mark_process_dead; or run one worker a pod"
)
FIX_CELERY = (
    "set PROMETHEUS_MULTIPROC_DIR to a folder on an emptyDir, and let the server read a CollectorRegistry that a "
    "MultiProcessCollector fills; or use a pool of threads"
)
FIX_VARIABLE = "set PROMETHEUS_MULTIPROC_DIR to the mount of an emptyDir, or run one worker a pod"


def check(workload: Workload) -> Iterator[Finding]:
    for process, program in lasting_programs(workload):
        found = scraped_metrics(workload, process, program)
        several = copies(workload, process, program)
        if not several.has_several_workers:
            continue
        if found is not None:
            yield from _judge(workload, process, program, found, several)
        at = main_process_server(workload, process, program)
        if at is not None:
            many = f"{several.workers or 'its'} pool processes"
            message = (
                f"the main process of celery answers scrapes of {workload.label}, but the tasks count in {many}: "
                "what they count is never seen"
            )
            yield Finding(RULE, at, message, FIX_CELERY, several.related()[:1])


def _judge(
    workload: Workload, process: Process, program: Program, found: ScrapedMetrics, several: Copies
) -> Iterator[Finding]:
    count = f"{several.workers} " if several.workers else ""
    many = f"{count}{several.serving.value.what} of {workload.label} keep {count or 'as many '}registries"
    effect = "each scrape shows the counters of one worker, by chance, so that they seem to jump back and forth"
    numbers = several.related()[:1]
    if found.merges is False:
        even = " even with PROMETHEUS_MULTIPROC_DIR," if found.folder.is_known else ""
        message = f"{many}, and this answers with the one of its own process:{even} {effect}"
        yield Finding(RULE, found.location, message, FIX_CODE, numbers)
    elif found.folder.is_absent and workload.role is not Role.IMAGE:
        at = workload.location or found.location
        message = f"{many}, as PROMETHEUS_MULTIPROC_DIR is not set: {effect}"
        yield Finding(RULE, at, message, FIX_VARIABLE, (Related(found.location, "answers the scrape"), *numbers))
    elif found.folder.is_known and found.folder.places:
        yield from _folder(workload, process, program, found)


def _folder(workload: Workload, process: Process, program: Program, found: ScrapedMetrics) -> Iterator[Finding]:
    at, folder = found.folder.places[0].location, found.folder.value
    claim = found.on_claim(workload)
    if found.cannot_write(workload, process):
        message = (
            f"PROMETHEUS_MULTIPROC_DIR is {folder}, where {workload.label} cannot write, as its root is read-only "
            "and no volume is mounted there: the program ends at its first metric"
        )
        yield Finding(RULE, at, message, "mount an emptyDir there")
    elif claim is not None:
        message = (
            f"PROMETHEUS_MULTIPROC_DIR is {folder} on a persistent volume: the files of every process that ever ran "
            "stay, and are added to each scrape"
        )
        yield Finding(
            RULE, at, message, "use an emptyDir, which each pod gets anew", (Related(claim, "is mounted here"),)
        )
    elif found.keeps_dead_workers(workload, process, program):
        message = (
            f"no child_exit of gunicorn calls mark_process_dead: the gauges of workers of {workload.label} that are "
            "gone stay in each scrape until the pod ends"
        )
        fix = "def child_exit(server, worker): multiprocess.mark_process_dead(worker.pid)"
        yield Finding(RULE, at, message, fix, (), Severity.INFO, pedantic=True)


RULE = Rule(
    "prometheus-single-process-registry",
    "A scrape shows the metrics of one of several workers",
    Severity.WARNING,
    Workload,
    check,
    calls=scrape_calls(),
    needs=(Needs.PYTHON,),
)
