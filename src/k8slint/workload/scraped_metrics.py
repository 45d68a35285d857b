"""Where prometheus_client keeps the metrics that a program answers to a scrape, when it runs in several processes."""

from __future__ import annotations

import posixpath
from functools import cache

from msgspec import Struct

from k8slint.fact import Fact, absent, unknown
from k8slint.location import Location
from k8slint.models.python import PythonFile
from k8slint.regex import regex
from k8slint.workload.detail import in_full
from k8slint.workload.gunicorn import gunicorn_settings
from k8slint.workload.knowledge import worker_rows
from k8slint.workload.mounts import can_write, claim_at, read_only_root
from k8slint.workload.process import Process
from k8slint.workload.program import Program
from k8slint.workload.workload import Workload

_COUNTS = ("inc", "dec", "observe")
_TASK = regex(r"(?:^|\.)(?:task|shared_task|periodic_task|task_(?:prerun|postrun|success|failure|retry)\.connect)$")


class ScrapedMetrics(Struct, frozen=True):
    """The call that answers a scrape, at ``location``.

    ``merges`` tells whether the program adds up the files of all processes, None where that is not known. ``folder`` is
    where those files are: absent where every process keeps its metrics in its own memory.
    """

    location: Location
    merges: bool | None
    folder: Fact[str]

    def keeps_dead_workers(self, workload: Workload, process: Process, program: Program) -> bool:
        """Whether gunicorn is known to tell nobody that a worker is gone, so that its gauges stay."""
        if process.entry.server != "gunicorn" or gunicorn_settings(workload, process).is_open:
            return False
        hook = worker_rows()["prometheus"]["hook"]
        texts = _texts(workload, process, program)
        return not any(hook in one for one in texts) and not program.may_mention(hook)

    def on_claim(self, workload: Workload) -> Location | None:
        """The mount of the persistent volume that the folder is on, None where it is not known to be on one."""
        return claim_at(workload, self.folder.or_else(""))

    def cannot_write(self, workload: Workload, process: Process) -> bool:
        """Whether a read-only root keeps the program from writing there."""
        path = posixpath.normpath(posixpath.join(process.entry.cwd, self.folder.or_else("")))
        return bool(read_only_root(workload).or_else(False)) and can_write(workload, path) is False


@cache
def scrape_calls() -> tuple[str, ...]:
    """The names of all calls that the model needs to see."""
    table = worker_rows()["prometheus"]
    return (*table["calls"], *table["own_server"], *table["metrics"])


def scraped_metrics(workload: Workload, process: Process, program: Program) -> ScrapedMetrics | None:
    """How a program answers a scrape; None where it is not seen to."""
    table = worker_rows()["prometheus"]
    for _, call in program.calls(*table["calls"]):
        merges = table["calls"][call.name]["merges"]
        if not merges and _mentions(workload, process, program):
            merges = None
        return ScrapedMetrics(call.location, merges, _folder(workload, process, program))
    return None


def main_process_server(workload: Workload, process: Process, program: Program) -> Location | None:
    """Where Celery's main process answers scrapes for tasks that count in its pool processes; None where it may not."""
    table = worker_rows()["prometheus"]
    if process.entry.server != "celery" or not any(True for _ in program.calls(*table["metrics"])):
        return None
    if not any(map(_counts_in_tasks, program.modules)):
        return None
    for module, call in program.calls(*table["own_server"]):
        function = next((one for one in module.functions if one.name == call.scope), None)
        signals = [str(one.value).split(".")[-2:] for one in function.decorators] if function is not None else []
        is_main = not call.scope or any(len(one) == 2 and one[0] in table["main_process"] for one in signals)
        if is_main and "if" not in call.guards and not _mentions(workload, process, program):
            return call.location
    return None


def _counts_in_tasks(short: PythonFile) -> bool:
    """Whether a task, or a handler of a signal that the pool processes get, counts something."""
    if not any(f".{name}(" in short.source.text for name in _COUNTS):
        return False
    module = in_full(short)
    scopes = {call.scope for call in module.calls if call.name.rpartition(".")[2] in _COUNTS}
    return any(
        _TASK.search(str(decorator.value)) is not None
        for function in module.functions
        if function.name in scopes
        for decorator in function.decorators
    )


def _mentions(workload: Workload, process: Process, program: Program) -> bool:
    """Whether the code, the server's settings or a script speak of several processes."""
    words = worker_rows()["prometheus"]["mentions"]
    texts = [one.lower() for one in _texts(workload, process, program)]
    return any(word.lower() in one for one in texts for word in words) or any(map(program.may_mention, words))


def _folder(workload: Workload, process: Process, program: Program) -> Fact[str]:
    name = worker_rows()["prometheus"]["variable"]
    for spelt in (name, name.lower()):
        found = workload.environment.get(spelt, process)
        if not found.is_absent:
            return found
    if any(f"{name.lower()}" in one.lower() for one in _texts(workload, process, program)) or program.may_mention(name):
        return unknown(f"the program may set {name}")
    return absent()


def _texts(workload: Workload, process: Process, program: Program) -> list[str]:
    """The code, the server's settings and the commands of the scripts on the way."""
    settings = workload.settings(process)
    modules = (*program.modules, *((settings,) if settings is not None else ()))
    commands = [" ".join(ran) for step in process.steps for ran, _ in step.commands]
    return [*(one.source.text for one in modules), *commands]
